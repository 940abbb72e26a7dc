import Analysis
import Sweep

/// Whether one trial is better than another, as far as the measurements can tell.
///
/// Both trials were scored on the same tokens as the base, so the difference of their `nll_delta`
/// is taken, far sharper than the difference of two perplexities. The error of that difference is
/// combined as if the two were independent: their errors grow on the same hard tokens, so the true
/// error is smaller. Without a base the plain `nll` and its far wider error must do.
public struct Comparison: Sendable, Equatable {
  /// What may be said of the first trial.
  public enum Verdict: Sendable, Equatable {
    case better
    case worse
    case tie
  }

  /// Standard errors by which two trials must differ to be told apart.
  public static let standardErrors = 2.0
  /// Nats a token that float noise in the Hessian alone moves a whole model by (about 0.5 % of
  /// perplexity, measured on the demo model): no smaller difference is called one.
  public static let floatNoise = 0.005

  /// First minus second, nats a token; positive: the first is worse.
  public let difference: Double
  /// Standard error of `difference`; NaN where none is known.
  public let stderr: Double
  /// What may be said of the first trial.
  public let verdict: Verdict

  /// Compares two evaluations on the same domain, `paired` where both know the base; nil where
  /// either has no number. `drawSpread` is what the calibration draw alone moves trials by.
  public init?(
    _ first: Evaluation, _ second: Evaluation, paired: Bool, drawSpread: Double = 0
  ) {
    let usesDelta = paired && first.nllDelta.isFinite && second.nllDelta.isFinite
    let values =
      usesDelta ? (first.nllDelta, second.nllDelta) : (first.nllPerToken, second.nllPerToken)
    let errors =
      usesDelta
      ? (first.nllDeltaStderr, second.nllDeltaStderr) : (first.nllStderr, second.nllStderr)
    difference = values.0 - values.1
    guard !difference.isNaN else { return nil }
    stderr = (errors.0 * errors.0 + errors.1 * errors.1).squareRoot()
    let noise = max(stderr.isNaN ? 0 : Self.standardErrors * stderr, Self.floatNoise, drawSpread)
    verdict = abs(difference) <= noise ? .tie : (difference < 0 ? .better : .worse)
  }

  /// Whether a trial is worse than the base it is measured against beyond the standard error.
  static func isWorseThanBase(_ evaluation: Evaluation) -> Bool {
    let stderr = evaluation.nllDeltaStderr.isNaN ? 0 : evaluation.nllDeltaStderr
    return evaluation.nllDelta > standardErrors * stderr
  }
}

extension StudyResults {
  /// Compares two trials on the main domain; nil where either was not scored.
  public func compare(_ first: TrialResult, _ second: TrialResult) -> Comparison? {
    guard let left = mainEvaluation(first), let right = mainEvaluation(second) else { return nil }
    return Comparison(
      left, right, paired: mainBase != nil, drawSpread: drawSpread(first, second))
  }
}
