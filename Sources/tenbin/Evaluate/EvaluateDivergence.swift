import Analysis
import ArgumentParser
import Basics
import Foundation
import Model
import Report

extension EvaluateCommand {
  struct Divergence: ParsableCommand {
    /// What of the divergence is printed.
    enum Show: String, ExpressibleByArgument, CaseIterable {
      case summary, statistics, classes, confidence
    }

    static let configuration = CommandConfiguration(
      abstract: "KL divergence of a model from its base, token by token.",
      discussion: """
        No logits are stored: both models are read once, layer by layer. --show statistics prints the
        lines of llama-perplexity's --kl-divergence, reverse KL and top-5 agreement, each with the error
        over windows and the one that takes tokens for independent; classes and confidence print the
        main lines by the kind of token and by the probability of the base's most likely one.

        Examples:
          tenbin evaluate divergence BASE_DIR CHECKPOINT_DIR --heldout heldout.jsonl
          tenbin evaluate divergence BASE_DIR DIR --heldout wiki.txt --show statistics
        """)

    @Argument(help: "The base model's folder.", completion: .directory)
    var base: String
    @Argument(help: "The model folder or GPTQ checkpoint to compare.", completion: .directory)
    var model: String
    @OptionGroup var heldout: HeldoutOptions

    @Option(help: "summary, statistics, classes (kinds of tokens) or confidence (of the base).")
    var show = Show.summary

    func run() throws {
      let engine = try heldout.compute.engine()
      let directory = try HubCache().model(base)
      let domains = try heldout.domains(tokenizer: directory)
      let scored = try Decoder.open(HubCache().model(model), engine: engine, warn: Terminal.warn)
      let base = try Decoder.open(directory, engine: engine, warn: Terminal.warn)
      try heldout.check([scored, base], domains, model)
      let divergence = try showingProgress { progress in
        try Scoring(scored, base: base).divergence(domains, progress: progress)
      }
      let table =
        switch show {
        case .summary: Table(summary: divergence)
        case .statistics: Table(statistics: divergence)
        case .classes: Table(divergence, by: .tokenClass)
        case .confidence: Table(divergence, by: .confidence)
        }
      try Terminal.print(table, as: heldout.format)
    }
  }
}

extension Table {
  /// A row a domain.
  fileprivate init(summary: [DomainDivergence]) {
    self.init(
      columns: [
        .init("domain"), .init("tokens_scored"), .init("perplexity"), .init("nll_delta"),
        .init("kld_mean"), .init("kld_median"), .init("kld_p99"), .init("same_top_p"),
        .init("delta_p_rms"), .init("reverse_kld_mean"), .init("top5_agreement"),
      ],
      rows: summary.map { divergence in
        let evaluation = divergence.evaluation
        let statistics = divergence.statistics
        return [
          .text(evaluation.domain), .integer(evaluation.tokensScored),
          .estimate(evaluation.perplexity, stderr: evaluation.perplexityStderr),
          .estimate(evaluation.nllDelta, stderr: evaluation.nllDeltaStderr),
          .estimate(evaluation.kldMean, stderr: evaluation.kldStderr),
          .number(evaluation.kldMedian), .number(evaluation.kldP99),
          .estimate(evaluation.sameTopP, stderr: evaluation.sameTopPStderr),
          .number(evaluation.deltaPRms), .line(statistics["reverse_kld_mean"]),
          .line(statistics["top5_agreement"]),
        ]
      })
  }

  /// A row a domain and statistic.
  fileprivate init(statistics: [DomainDivergence]) {
    self.init(
      columns: [
        .init("domain"), .init("tokens_scored"), .init("statistic"), .init("value"),
        .init("value_stderr", title: "stderr"), .init("naive_stderr"),
      ],
      rows: statistics.flatMap { divergence -> [[Table.Cell]] in
        let statistics = divergence.statistics
        return statistics.lines.map { line -> [Table.Cell] in
          [
            .text(divergence.domain.name), .integer(statistics.count), .text(line.name),
            .known(line.value), .known(line.stderr), .known(line.naiveStderr),
          ]
        }
      })
  }

  /// A row a domain and group of its tokens.
  fileprivate init(_ divergences: [DomainDivergence], by kind: TokenGroup.Kind) {
    let names = [
      "ln_ppl_ratio", "kld_mean", "kld_median", "kld_p99", "kld_max", "delta_p_mean",
      "delta_p_rms", "same_top_p", "reverse_kld_mean", "top5_agreement",
    ]
    self.init(
      columns: [.init("domain"), .init(kind.rawValue), .init("tokens_scored"), .init("share")]
        + names.map { .init($0) },
      rows: divergences.flatMap { divergence -> [[Table.Cell]] in
        divergence.groups(by: kind).map { group -> [Table.Cell] in
          let size: [Table.Cell] = [
            .text(divergence.domain.name), .text(group.name), .integer(group.statistics.count),
            .number(group.share),
          ]
          return size + names.map { .line(group.statistics[$0]) }
        }
      })
  }
}

extension Table.Cell {
  /// A line with its error over windows, where it is a mean.
  fileprivate static func line(_ line: DivergenceStatistics.Line?) -> Table.Cell {
    guard let line else { return .missing }
    guard line.naiveStderr != nil else { return .known(line.value) }
    return .estimate(line.value, stderr: line.stderr ?? .nan)
  }
}
