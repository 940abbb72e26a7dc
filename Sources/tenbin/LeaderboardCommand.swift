import Analysis
import ArgumentParser
import Foundation
import Report

/// `tenbin leaderboard`: what published scores say, and what they do not.
struct LeaderboardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leaderboard", abstract: "Reads published leaderboard scores.",
    subcommands: [Compare.self])

  struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tells differences from sampling error.",
      discussion: """
        Compares the models of each page pair by pair. A difference `exceeds` when the 95 % interval
        of two independent samples excludes 0; formulas and item counts: docs/leaderboard.md.

        Example:
          tenbin leaderboard compare notebooks-data/nejumi-scores.csv --verdict exceeds
        """)

    @Argument(help: "CSV files of scores.", completion: .file(extensions: ["csv"]))
    var files: [String]

    @Option(help: "Only these: exceeds, within_error, below_resolution or unknown.")
    var verdict: ScoreComparison.Verdict?

    @Option(help: "table, json, csv or markdown.")
    var format = OutputFormat.table

    func run() throws {
      var comparisons: [ScoreComparison] = []
      for file in files {
        comparisons += try ScoreTable(URL(fileURLWithPath: file)).comparisons()
      }
      if let verdict { comparisons = comparisons.filter { $0.verdict == verdict } }
      Terminal.print(table(comparisons).render(as: format))
    }

    private func table(_ comparisons: [ScoreComparison]) -> Table {
      Table(
        columns: [
          .init("model_a"), .init("variant_a"), .init("model_b"), .init("variant_b"),
          .init("category_group"), .init("category"), .init("score_a"), .init("score_b"),
          .init("difference"), .init("ci_low"), .init("ci_high"), .init("items"),
          .init("item_step"), .init("verdict"), .init("pairing_could_decide"),
        ],
        rows: comparisons.map { comparison in
          [
            .text(comparison.first.model), .text(comparison.first.variant),
            .text(comparison.second.model), .text(comparison.second.variant),
            .text(comparison.first.group), .text(comparison.first.category),
            .number(comparison.first.value, .decimals(4)),
            .number(comparison.second.value, .decimals(4)),
            comparison.stderr.map { .estimate(comparison.difference, stderr: $0) }
              ?? .number(comparison.difference, .decimals(4)),
            number(comparison.interval?.lowerBound, 4), number(comparison.interval?.upperBound, 4),
            number(comparison.items, 0), number(comparison.step, 5),
            .text(comparison.verdict.rawValue), .flag(comparison.pairingCouldDecide),
          ]
        })
    }

    private func number(_ value: Double?, _ decimals: Int) -> Table.Cell {
      value.map { .number($0, .decimals(decimals)) } ?? .missing
    }
  }
}

extension ScoreComparison.Verdict: ExpressibleByArgument {}
