import Foundation

/// Likelihoods and divergences. With base logits a, trial logits b and the true next token t:
/// `nll = lse(b) − b[t]`, `kld = Σ p_a·(a − b) − lse(a) + lse(b)` where p_a = softmax(a).
extension TokenStatistics {
  /// −log softmax(trial)[target], in nats.
  public var nll: Double { trial.logSumExp - trial.target }

  /// −log softmax(base)[target], in nats.
  public var baseNLL: Double { base.logSumExp - base.target }

  /// KL(base ‖ trial), in nats.
  public var kld: Double { meanDifference - base.logSumExp + trial.logSumExp }

  /// The probability of the base's most likely token.
  public var confidence: Double { exp(base.largest - base.logSumExp) }

  /// Whether base and trial rank the same token first.
  public var sameTop: Bool { base.top == trial.top }

  /// softmax(trial)[target] − softmax(base)[target].
  public var deltaProbability: Double { exp(-nll) - exp(-baseNLL) }
}
