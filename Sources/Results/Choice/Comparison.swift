import Analysis

/// Whether one trial is better than another in one metric, as far as the measurements can tell.
public struct Comparison: Sendable, Equatable {
  /// What may be said of the first trial.
  public enum Verdict: Sendable, Equatable {
    case better
    case worse
    case tie
  }

  /// Nats per token that float noise in the Hessian alone moves a whole model by (about 0.5 % of
  /// perplexity, measured on the demo model): no smaller difference is called one.
  public static let floatNoise = CauseRanking.floatNoise
  /// The same of a KL divergence, as a share of the larger one.
  public static let relativeFloatNoise = CauseRanking.relativeFloatNoise

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
    verdict = abs(difference) <= noise ? .tie : (difference < 0 ? .better : .worse)
  }

  /// Whether a trial is worse than the base it is measured against beyond the held-out text's noise;
  /// `freedom` are the degrees of freedom of its errors.
  static func isWorseThanBase(_ evaluation: Evaluation, freedom: Double) -> Bool {
    evaluation.nllDelta
      > Scatter(stderr: evaluation.nllDeltaStderr, freedom: freedom).reach()
  }
}
