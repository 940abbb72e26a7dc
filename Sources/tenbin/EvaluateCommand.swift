import Analysis
import ArgumentParser
import Basics
import Calib
import Compute
import Foundation
import Model
import Report
import Sweep
import Tokenizers

/// `tenbin evaluate`: what a model, quantized or not, makes of held-out text.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Scores a model on held-out text.",
    subcommands: [Perplexity.self, Divergence.self])
}

/// The text that models are scored on.
struct HeldoutOptions: ParsableArguments {
  @Option(parsing: .upToNextOption, help: "Held-out text, one domain per file: .jsonl, .txt, .xml.")
  var data: [String]

  @Option(help: "The window of the `blocks` convention, in tokens.")
  var context = 512

  @Option(help: "Score no more than this many tokens of each file.")
  var maxTokens: Int?

  @OptionGroup var compute: ComputeOptions

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  /// Refuses to score more than there is memory for.
  func check(_ models: [Decoder], _ domains: [HeldoutDomain], _ name: String) throws(InputError) {
    let counts = domains.map { $0.windows.map(\.count) }
    let plans = models.map {
      MemoryPlan(config: $0.config, calibration: [], evaluation: counts, trials: [])
    }
    // The hidden states of each are kept until the last one's are there.
    let states = plans.reduce(0) { $0 + $1.states }
    let fixed = plans.map(\.fixed).max() ?? 0
    try MemoryLimits.current.check(
      plan: states + fixed, for: "score \(name)", smaller: ("give fewer --max-tokens", fixed))
  }

  /// The held-out text in the tokens of the model in `directory`.
  func domains(tokenizer directory: URL) throws -> [HeldoutDomain] {
    let config = try ModelConfig(directory: directory)
    let domains = try [HeldoutDomain](
      reading: data, tokenizer: Tokenizer(directory: directory), model: config, context: context,
      maxTokens: maxTokens
    ) { Terminal.say("note: \($0)") }
    for domain in domains {
      let longest = domain.windows.map(\.count).max() ?? 0
      if let note = config.positionNote(longest, of: "windows of \(domain.name)") {
        Terminal.say("note: \(note)")
      }
    }
    return domains
  }

  /// Runs `scoring` on `domains` with a line of progress.
  func evaluate(_ scoring: Scoring, _ domains: [HeldoutDomain]) throws -> [Evaluation] {
    let line = ProgressLine()
    line.start()
    defer { line.clear() }
    let evaluations = try scoring.evaluate(domains) { done, total in
      let share = Double(done) / Double(max(1, total))
      // All but the last word, which is `complete`'s.
      if done < total { line.show(share: share, own: share, "of the text") }
    }
    line.complete()
    return evaluations
  }
}

extension EvaluateCommand {
  struct Perplexity: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Perplexity of a model folder or a GPTQ checkpoint, in float32.",
      discussion: """
        Convention `blocks`: documents joined in order and cut into windows of --context tokens;
        tokens 2 to N of each window are scored.

        Example:
          tenbin evaluate perplexity MODEL_DIR --data heldout.jsonl --format json
        """)

    @Argument(
      help: "The model's folder or its name on the Hub; a GPTQ checkpoint, too.",
      completion: .directory)
    var model: String
    @OptionGroup var heldout: HeldoutOptions

    func run() throws {
      let engine = try heldout.compute.engine()
      let directory = try HubCache().model(model)
      let domains = try heldout.domains(tokenizer: directory)
      let decoder = try Decoder.open(
        directory, engine: engine, warn: Terminal.warn)
      try heldout.check([decoder], domains, model)
      let evaluations = try heldout.evaluate(Scoring(decoder), domains)
      let table = Table(
        columns: [
          .init("domain"), .init("tokens_scored"), .init("perplexity"), .init("nll_per_token"),
          .init("bits_per_character"),
        ],
        rows: evaluations.map { evaluation in
          [
            .text(evaluation.domain), .integer(evaluation.tokensScored),
            .estimate(evaluation.perplexity, stderr: evaluation.perplexityStderr),
            .estimate(evaluation.nllPerToken, stderr: evaluation.nllStderr),
            .number(evaluation.bitsPerCharacter),
          ]
        })
      try Terminal.print(table.render(as: heldout.format))
    }
  }

  struct Divergence: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "KL divergence of a model from its base, token by token.",
      discussion: """
        Example:
          tenbin evaluate divergence BASE_DIR CHECKPOINT_DIR --data heldout.jsonl
        """)

    @Argument(help: "The base model's folder.", completion: .directory)
    var base: String
    @Argument(help: "The model folder or GPTQ checkpoint to compare.", completion: .directory)
    var model: String
    @OptionGroup var heldout: HeldoutOptions

    func run() throws {
      let engine = try heldout.compute.engine()
      let directory = try HubCache().model(base)
      let domains = try heldout.domains(tokenizer: directory)
      let scored = try Decoder.open(
        HubCache().model(model), engine: engine, warn: Terminal.warn)
      let base = try Decoder.open(directory, engine: engine, warn: Terminal.warn)
      try heldout.check([scored, base], domains, model)
      let evaluations = try heldout.evaluate(Scoring(scored, base: base), domains)
      let table = Table(
        columns: [
          .init("domain"), .init("tokens_scored"), .init("perplexity"), .init("nll_delta"),
          .init("kld_mean"), .init("kld_median"), .init("kld_p99"), .init("same_top_p"),
          .init("delta_p_rms"),
        ],
        rows: evaluations.map { evaluation in
          [
            .text(evaluation.domain), .integer(evaluation.tokensScored),
            .estimate(evaluation.perplexity, stderr: evaluation.perplexityStderr),
            .estimate(evaluation.nllDelta, stderr: evaluation.nllDeltaStderr),
            .estimate(evaluation.kldMean, stderr: evaluation.kldStderr),
            .number(evaluation.kldMedian), .number(evaluation.kldP99),
            .estimate(evaluation.sameTopP, stderr: evaluation.sameTopPStderr),
            .number(evaluation.deltaPRms),
          ]
        })
      try Terminal.print(table.render(as: heldout.format))
    }
  }
}
