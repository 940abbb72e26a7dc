import Analysis

/// Whether one trial is better than another in one metric, as far as the measurements can tell.
public struct Comparison: Sendable, Equatable {
  /// What is compared.
  public let metric: DiagnosisMetric
  /// First minus second, nats per token; positive: the first is worse.
  public let difference: Double
  /// Standard error of `difference` over held-out text and calibration draws; NaN where none is known.
  public let stderr: Double
  /// What a difference must exceed, nats per token; infinite where its scatter cannot be estimated.
  public let noise: Double
  /// What may be said of the first trial.
  public let verdict: Verdict

  /// Judges a difference of `scatter`, one of so many `comparisons`; nothing below `floor` counts.
  init(
    _ metric: DiagnosisMetric, difference: Double, scatter: Scatter, floor: Double,
    comparisons: Int
  ) {
    self.metric = metric
    self.difference = difference
    stderr = scatter.stderr
    noise = max(scatter.reach(comparisons: comparisons), floor)
    verdict = Verdict(of: difference, noise: noise)
  }

  /// Whether a trial is worse than the base it is measured against beyond the held-out text's noise;
  /// `freedom` are the degrees of freedom of its errors.
  static func isWorseThanBase(_ evaluation: Evaluation, freedom: Double) -> Bool {
    evaluation.nllDelta
      > Scatter(stderr: evaluation.nllDeltaStderr, freedom: freedom).reach()
  }
}
