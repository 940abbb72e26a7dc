import Analysis
import ArgumentParser
import Basics
import Calib
import Foundation
import Model
import Report
import Sweep
import Tokenizers

/// The text that models are scored on.
struct HeldoutOptions: ParsableArguments {
  @Option(
    name: .customLong("heldout"), parsing: .upToNextOption,
    help: "Held-out text, one domain per file: .jsonl, .txt, .xml.")
  var data: [String]

  @Option(
    help: ArgumentHelp(
      "Which tokens are scored, and from how much before them: \(ScoringConvention.Name.list).",
      discussion: "Formulas: docs/metrics.md. Only numbers of one convention can be compared."))
  var convention = ScoringConvention.Name.blocks

  @Option(help: "Tokens of a window.")
  var context = 512

  @Option(help: "Of `strided`: a window begins every so many tokens (default: half of --context).")
  var stride: Int?

  @Option(
    name: .customLong("heldout-tokens"), help: "Score no more than this many tokens of each file.")
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
      plan: states + fixed, for: "score \(name)", smaller: ("give fewer --heldout-tokens", fixed))
  }

  /// The held-out text in the tokens of the model in `directory`.
  func domains(tokenizer directory: URL) throws -> [HeldoutDomain] {
    let config = try ModelConfig(directory: directory)
    let convention = try ScoringConvention(convention, stride: stride, context: context)
    let domains = try [HeldoutDomain](
      reading: data, tokenizer: Tokenizer(directory: directory), model: config, context: context,
      maxTokens: maxTokens, convention: convention, wholeWindows: true
    ) { Terminal.say("note: \($0)") }
    for domain in domains {
      let longest = domain.windows.map(\.count).max() ?? 0
      if let note = config.positionNote(longest, of: "windows of \(domain.name)") {
        Terminal.say("note: \(note)")
      }
    }
    return domains
  }
}

extension ScoringConvention.Name: ExpressibleByArgument {
  /// All of them, for a sentence.
  static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
