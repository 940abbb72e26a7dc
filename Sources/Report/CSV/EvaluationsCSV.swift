import Analysis
import Results

/// `evaluations.csv`: one row a trial, domain and metric; the base model first, as trial `base`.
public enum EvaluationsCSV {
  /// The header, in order. No column holds a time.
  public static var columnNames: [String] { columns.map(\.name) }

  /// The file's text: base, then trials by number; domains as they were evaluated.
  public static func text(_ results: StudyResults) -> String {
    CSVColumn.csv(columns, rows(results))
  }

  /// The same rows as a JSON array of objects; `trial` is a number, or "base".
  public static func json(_ results: StudyResults) -> String {
    CSVColumn.json(columns, rows(results))
  }

  private struct Row: Sendable {
    let trial: String
    let domain: String
    let metric: String
    let value: String
    var stderr = ""
  }

  private static let columns: [CSVColumn<Row>] = [
    .init("trial", .either) { $0.trial },
    .text("domain") { $0.domain },
    .text("metric") { $0.metric },
    .init("value", .number) { $0.value },
    .init("stderr", .number) { $0.stderr },
  ]

  private static func rows(_ results: StudyResults) -> [Row] {
    rows(results.base, of: "base")
      + results.trials.sorted { $0.number < $1.number }
      .flatMap { rows($0.evaluations, of: String($0.number)) }
  }

  private static func rows(_ evaluations: [Evaluation], of trial: String) -> [Row] {
    evaluations.flatMap { evaluation in
      EvaluationMetric.all(of: evaluation).map { metric in
        Row(
          trial: trial, domain: evaluation.domain, metric: metric.name,
          value: NumberText.shortest(metric.value(evaluation)),
          stderr: metric.stderr.map { NumberText.shortest($0(evaluation)) } ?? "")
      } + [
        Row(
          trial: trial, domain: evaluation.domain, metric: "tokens_scored",
          value: String(evaluation.tokensScored))
      ]
    }
  }
}
