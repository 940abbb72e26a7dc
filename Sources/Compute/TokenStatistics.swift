import CKernels
import Glibc

/// What one predicted token tells about a trial against its base, gathered tile by tile of the
/// vocabulary with a running log-sum-exp.
///
/// With base logits a, trial logits b and the true next token t:
/// `nll = lse(b) − b[t]`, `kld = Σ p_a·(a − b) − lse(a) + lse(b)` where p_a = softmax(a).
public struct TokenStatistics: Sendable {
  var state: tenbin_token_state

  /// The statistics of a token of which nothing has been seen.
  public init() {
    state = tenbin_token_state_empty()
  }

  /// −log softmax(trial)[target], in nats.
  public var nll: Double { state.trial.max + log(state.trial.sum) - Double(state.trial_target) }

  /// −log softmax(base)[target], in nats.
  public var baseNLL: Double { state.base.max + log(state.base.sum) - Double(state.base_target) }

  /// KL(base ‖ trial), in nats.
  public var kld: Double {
    let difference = state.weighted_difference / state.base.sum
    return difference - (state.base.max + log(state.base.sum))
      + (state.trial.max + log(state.trial.sum))
  }

  /// Whether base and trial rank the same token first.
  public var sameTop: Bool { state.base.top == state.trial.top }

  /// softmax(trial)[target] − softmax(base)[target].
  public var deltaProbability: Double { exp(-nll) - exp(-baseNLL) }
}
