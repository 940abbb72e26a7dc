import Analysis
import ArgumentParser
import Basics
import Foundation
import Model
import Report

extension EvaluateCommand {
  struct Perplexity: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Perplexity of a model folder or a GPTQ checkpoint, in float32.",
      discussion: """
        Three errors: ± is the standard error over documents, naive_stderr that of other tools, as if
        tokens were independent, low and high the ends of a bootstrap over documents.

        Examples:
          tenbin evaluate perplexity MODEL_DIR --heldout heldout.jsonl --format json
          tenbin evaluate perplexity MODEL_DIR --heldout wiki.txt --convention llama.cpp
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
      let scores = try showingProgress { try Scoring(decoder).score(domains, progress: $0) }
      let table = Table(
        columns: [
          .init("domain"), .init("tokens_scored"), .init("perplexity"), .init("nll_per_token"),
          .init("bits_per_character"), .init("bits_per_byte"),
          .init("perplexity_naive_stderr", title: "naive_stderr"),
          .init("perplexity_low", title: "low"), .init("perplexity_high", title: "high"),
          .init("convention"),
        ],
        rows: scores.map { score in
          let evaluation = score.evaluation
          let bootstrap = score.bootstrap
          return [
            .text(evaluation.domain), .integer(evaluation.tokensScored),
            .estimate(evaluation.perplexity, stderr: evaluation.perplexityStderr),
            .estimate(evaluation.nllPerToken, stderr: evaluation.nllStderr),
            .number(evaluation.bitsPerCharacter), .known(score.bitsPerByte),
            .known(score.naiveStderr), .known(bootstrap?.low), .known(bootstrap?.high),
            .text(heldout.convention.rawValue),
          ]
        })
      try Terminal.print(table, as: heldout.format)
    }
  }
}

extension Table.Cell {
  /// A number where there is one.
  static func known(_ value: Double?) -> Table.Cell {
    guard let value, value.isFinite else { return .missing }
    return .number(value)
  }
}
