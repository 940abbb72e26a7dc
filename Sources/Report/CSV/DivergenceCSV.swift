import Analysis
import Results

/// `divergence.csv`: one row a trial, domain, group of tokens and statistic of how far the trial is from
/// the base.
public enum DivergenceCSV {
  /// The header, in order. No column holds a time.
  public static var columnNames: [String] { columns.map(\.name) }

  /// The file's text: trials by number; domains as they were evaluated; all tokens first.
  public static func text(_ results: StudyResults) -> String {
    CSVColumn.csv(columns, rows(results))
  }

  /// The same rows as a JSON array of objects.
  public static func json(_ results: StudyResults) -> String {
    CSVColumn.json(columns, rows(results))
  }

  private struct Row: Sendable {
    let trial: Int
    let domain: String
    let part: DivergenceSummary.Part
    let line: DivergenceStatistics.Line
  }

  private static let columns: [CSVColumn<Row>] = [
    .integer("trial") { $0.trial },
    .text("domain") { $0.domain },
    .text("tokens") { $0.part.kind?.rawValue ?? "all" },
    .text("group") { $0.part.name },
    .integer("tokens_scored") { $0.part.tokens },
    .text("statistic") { $0.line.name },
    .number("value") { $0.line.value },
    .number("stderr") { $0.line.stderr },
    .number("naive_stderr") { $0.line.naiveStderr },
  ]

  private static func rows(_ results: StudyResults) -> [Row] {
    results.trials.sorted { $0.number < $1.number }.flatMap { trial in
      trial.evaluations.flatMap { evaluation in
        (evaluation.divergence?.parts ?? []).flatMap { part in
          part.lines.map {
            Row(trial: trial.number, domain: evaluation.domain, part: part, line: $0)
          }
        }
      }
    }
  }
}
