import Analysis
import ArgumentParser
import Basics
import Compute
import Foundation
import Model
import Report
import Tensor

extension BenchCommand {
  /// One engine's logits against another's.
  struct Agreement: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Holds what a device makes of a model against the CPU in float32, token by token.",
      discussion: """
        Both run the same model over the same text; kld_mean is the divergence of the device's
        distributions from the CPU's. For small models: all logits of a few windows are in memory.

        Example:
          tenbin bench agreement MODEL_DIR --heldout heldout.jsonl --device cuda
        """)

    @Argument(help: "The model folder or GPTQ checkpoint.", completion: .directory)
    var model: String
    @OptionGroup var heldout: HeldoutOptions

    func run() throws {
      let engine = try heldout.compute.engine()
      let cpu = try CPUEngine.opened(threads: heldout.compute.threads)
      let directory = URL(fileURLWithPath: model)
      let domains = try heldout.domains(tokenizer: directory)
      let reference = try Decoder.open(directory, engine: cpu, warn: Terminal.warn)
      let other = try Decoder.open(directory, engine: engine, warn: { _ in })
      let evaluations = try domains.map { try compare($0, reference, other, cpu) }
      let table = Table(
        columns: [
          .init("domain"), .init("tokens_scored"), .init("cpu_perplexity"), .init("perplexity"),
          .init("kld_mean"), .init("kld_p99"), .init("same_top_p"),
        ],
        rows: evaluations.map { evaluation in
          [
            .text(evaluation.domain), .integer(evaluation.tokensScored),
            .number(exp(evaluation.nllPerToken - evaluation.nllDelta), .significant(7)),
            .number(evaluation.perplexity, .significant(7)),
            .estimate(evaluation.kldMean, stderr: evaluation.kldStderr),
            .number(evaluation.kldP99),
            .estimate(evaluation.sameTopP, stderr: evaluation.sameTopPStderr),
          ]
        })
      try Terminal.print(table, as: heldout.format)
    }

    /// The statistics of the text's tokens, the CPU's distributions being the base.
    private func compare(
      _ domain: HeldoutDomain, _ reference: Decoder, _ other: Decoder, _ cpu: CPUEngine
    ) throws(InputError) -> Evaluation {
      let together = 8
      var statistics: [TokenStatistics] = []
      for first in stride(from: 0, to: domain.windows.count, by: together) {
        let windows = Array(domain.windows[first..<min(first + together, domain.windows.count)])
        let (base, trial) = (try reference.logits(windows), try other.logits(windows))
        if let failure = other.engine.failure { throw failure }
        var start = 0
        for window in windows {
          let rows = start..<start + window.count - 1
          var tokens = cpu.makeTokenStatistics(targets: Array(window.dropFirst()))
          cpu.accumulate(
            base: cpu.upload(base.rows(in: rows)), trial: cpu.upload(trial.rows(in: rows)),
            firstToken: 0, into: &tokens)
          statistics += cpu.tokenStatistics(tokens)
          start += window.count
        }
      }
      return Evaluation(
        domain: domain.name, statistics: statistics, counts: domain.windows.map { $0.count - 1 },
        documents: domain.documents, characters: domain.characters)
    }
  }
}
