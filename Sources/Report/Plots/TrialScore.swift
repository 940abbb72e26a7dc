import Analysis
import Results

/// The one number by which a plot of many trials ranks them: KL divergence from the base on the main
/// domain or, where there is no base, perplexity.
struct TrialScore {
  private let findings: Findings
  private let hasBase: Bool

  init(_ findings: Findings) {
    self.findings = findings
    hasBase = findings.results.mainBase != nil
  }

  /// The column of trials.csv that holds it.
  var column: String { hasBase ? "kld_mean" : "perplexity" }
  /// The column of its standard error.
  var stderrColumn: String { hasBase ? "kld_stderr" : "perplexity_stderr" }
  /// The title of an axis.
  var axis: Bilingual {
    hasBase
      ? PlotWords.kldUnitAxis : PlotWords.perplexityAxis(findings.results.mainDomain ?? "")
  }

  /// A trial's score; nil where it has none, or none with a place on a logarithmic axis.
  func value(_ trial: TrialResult) -> Double? {
    guard let evaluation = findings.results.mainEvaluation(trial) else { return nil }
    let value = hasBase ? evaluation.kldMean : evaluation.perplexity
    return value > 0 && value.isFinite ? value : nil
  }

  /// Its standard error; NaN where none is known.
  func stderr(_ trial: TrialResult) -> Double {
    guard let evaluation = findings.results.mainEvaluation(trial) else { return .nan }
    return hasBase ? evaluation.kldStderr : evaluation.perplexityStderr
  }

  /// The score and one standard error to both sides, as far as a logarithmic axis has a place for them.
  func reach(_ trial: TrialResult) -> [Double] {
    guard let value = value(trial) else { return [] }
    let stderr = stderr(trial)
    guard stderr.isFinite, stderr >= 0, (value + stderr).isFinite else { return [value] }
    return [value - stderr > value / 20 ? value - stderr : value, value, value + stderr]
  }

  /// Whether two trials are indistinguishable by it, differences being taken window by window.
  func isTie(_ first: TrialResult, _ second: TrialResult) -> Bool {
    let metric: DiagnosisMetric = hasBase ? .kld : .nll
    return findings.standings.compare(first, second, metric)?.verdict ?? .tie == .tie
  }

  /// Score and standard error as fields of a CSV.
  func fields(_ trial: TrialResult) -> [String] {
    [NumberText.shortest(value(trial) ?? .nan), NumberText.shortest(stderr(trial))]
  }

  /// A trial's tooltip: its settings and its score.
  func tooltip(_ trial: TrialResult) -> String {
    PlotWords.tooltip(
      trial, findings.names,
      [(column, value(trial) ?? .nan), (stderrColumn, stderr(trial))])
  }
}
