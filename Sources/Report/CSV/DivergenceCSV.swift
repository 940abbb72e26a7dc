import Analysis
import Results

/// `divergence.csv`: one row a trial, domain, group of tokens and statistic of how far the trial is from
/// the base.
public enum DivergenceCSV {
  /// The header, in order. No column holds a time.
  public static let columnNames = [
    "trial", "domain", "tokens", "group", "tokens_scored", "statistic", "value", "stderr",
    "naive_stderr",
  ]

  /// The file's text: trials by number; domains as they were evaluated; all tokens first.
  public static func text(_ results: StudyResults) -> String {
    var csv = CSVText(columns: columnNames)
    func number(_ value: Double?) -> String { value.map(NumberText.shortest) ?? "" }
    for trial in results.trials.sorted(by: { $0.number < $1.number }) {
      for evaluation in trial.evaluations {
        for part in evaluation.divergence?.parts ?? [] {
          for line in part.lines {
            csv.append([
              String(trial.number), evaluation.domain, part.kind?.rawValue ?? "all", part.name,
              String(part.tokens), line.name, number(line.value), number(line.stderr),
              number(line.naiveStderr),
            ])
          }
        }
      }
    }
    return csv.text
  }
}
