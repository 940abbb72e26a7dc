import Analysis
import Results

/// `evaluations.csv`: one row a trial, domain and metric; the base model first, as trial `base`.
public enum EvaluationsCSV {
  /// The header, in order. No column holds a time.
  public static let columnNames = ["trial", "domain", "metric", "value", "stderr"]

  /// The file's text: base, then trials by number; domains as they were evaluated.
  public static func text(_ results: StudyResults) -> String {
    var csv = CSVText(columns: columnNames)
    append(results.base, of: "base", to: &csv)
    for trial in results.trials.sorted(by: { $0.number < $1.number }) {
      append(trial.evaluations, of: String(trial.number), to: &csv)
    }
    return csv.text
  }

  private static func append(
    _ evaluations: [Evaluation], of trial: String, to csv: inout CSVText
  ) {
    for evaluation in evaluations {
      for metric in EvaluationMetric.all(of: evaluation) {
        csv.append([
          trial, evaluation.domain, metric.name, NumberText.shortest(metric.value(evaluation)),
          metric.stderr.map { NumberText.shortest($0(evaluation)) } ?? "",
        ])
      }
      csv.append([
        trial, evaluation.domain, "tokens_scored", String(evaluation.tokensScored), "",
      ])
    }
  }
}
