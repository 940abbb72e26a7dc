import Analysis
import ArgumentParser
import Basics
import Foundation
import Report

extension EvaluateCommand {
  struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "compare",
      abstract: "Scores of lm-eval's result files, beside another's.",
      discussion: """
        Reads results_….json of lm-eval, and what `evaluate tasks --output-results` writes. With --base
        a score exceeds where it is two standard errors of two independent samples away; runs with other
        shots, items or versions are not told apart.

        Examples:
          tenbin evaluate compare results_int4.json
          tenbin evaluate compare results_int4.json results_int8.json \\
            --base results_base.json
        """)

    @Argument(help: "Result files.", completion: .file(extensions: ["json"]))
    var results: [String]
    @Option(help: "The result file to compare with.", completion: .file(extensions: ["json"]))
    var base: String?
    @Option(help: "table, json, csv or markdown.")
    var format = OutputFormat.table

    func run() throws {
      let files = try results.map { try LMEvalResults(contentsOf: URL(fileURLWithPath: $0)) }
      guard let base else {
        return try Terminal.print(Table(results: zip(results, files)).render(as: format))
      }
      let other = try LMEvalResults(contentsOf: URL(fileURLWithPath: base))
      var rows: [(file: String, comparison: LMEvalComparison)] = []
      for (path, file) in zip(results, files) {
        let found = LMEvalComparison.all(file, base: other)
        guard !found.isEmpty else {
          throw InputError(
            .badData, asked: "compare \(path) with \(base)",
            found: "no score of one task, metric and filter in both",
            hint: "it has \(Self.names(file)), the base \(Self.names(other))")
        }
        rows += found.map { (path, $0) }
      }
      try Terminal.print(Table(comparisons: rows).render(as: format))
    }

    /// The first few scores of a file.
    private static func names(_ results: LMEvalResults) -> String {
      let names = results.tasks.flatMap { task in task.scores.map { "\(task.name) \($0.key)" } }
      return names.prefix(3).joined(separator: "; ") + (names.count > 3 ? " and others" : "")
    }
  }
}

extension Table {
  /// A row a score.
  fileprivate init(results: some Sequence<(String, LMEvalResults)>) {
    self.init(
      columns: ["results", "model", "task", "metric", "filter", "shots", "items", "score"]
        .map { .init($0) },
      rows: results.flatMap { path, file in
        file.tasks.flatMap { task in
          task.scores.map { score -> [Cell] in
            [
              .text(path), .text(file.model), .text(task.name), .text(score.metric),
              .text(score.filter), task.shots.map { .integer($0) } ?? .missing,
              task.items.map { .integer($0) } ?? .missing, .score(score.value, score.stderr),
            ]
          }
        }
      })
  }

  /// A row a score of both.
  fileprivate init(comparisons: [(file: String, comparison: LMEvalComparison)]) {
    self.init(
      columns: [
        "results", "task", "metric", "filter", "shots", "items", "score", "base_score",
        "difference", "verdict", "runs_differ_in",
      ].map { .init($0) },
      rows: comparisons.map { path, row -> [Cell] in
        [
          .text(path), .text(row.task.name), .text(row.score.metric), .text(row.score.filter),
          row.task.shots.map { .integer($0) } ?? .missing,
          row.task.items.map { .integer($0) } ?? .missing,
          .score(row.score.value, row.score.stderr), .score(row.base.value, row.base.stderr),
          .score(row.difference, row.stderr), .text(row.verdict.rawValue),
          row.mismatch.map { .text($0) } ?? .missing,
        ]
      })
  }
}

extension Table.Cell {
  /// A score; a missing one is N/A.
  fileprivate static func score(_ value: Double, _ stderr: Double?) -> Table.Cell {
    guard value.isFinite else { return .missing }
    return .estimate(value, stderr: stderr ?? .nan)
  }
}
