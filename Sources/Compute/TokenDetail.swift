import CKernels
import Foundation
import Tensor

/// What one predicted token tells about a model against its base, in full: `TokenStatistics`, and what
/// a sweep does not pay for.
public struct TokenDetail: Sendable, Equatable {
  /// Likelihoods, KL divergence, the largest logits.
  public var statistics: TokenStatistics
  /// KL(trial ‖ base), nats: Σ softmax(b)·(b − a) − lse(b) + lse(a) of base logits a and trial logits b.
  public var reverseKLD: Double
  /// How many of the base's five most likely tokens are among the trial's five.
  public var sharedTopFive: Int

  /// A token of which all is known.
  public init(statistics: TokenStatistics, reverseKLD: Double, sharedTopFive: Int) {
    self.statistics = statistics
    self.reverseKLD = reverseKLD
    self.sharedTopFive = sharedTopFive
  }
}

/// Takes the logits of some tokens in, vocabulary tile by vocabulary tile, on the host: logits of an
/// engine with memory of its own come down for it.
public struct TokenDetails: Sendable {
  private var states: [tenbin_token_detail]
  private let targets: [Int32]

  /// Details of tokens of which nothing has been seen; `targets` are the true next ones.
  public init(targets: [Int32]) {
    states = [tenbin_token_detail](repeating: tenbin_token_detail_empty(), count: targets.count)
    self.targets = targets
  }

  /// Takes one vocabulary tile of the base's and a trial's logits, both (T, tile); `firstToken` is the
  /// vocabulary index of the tile's first column.
  public mutating func accumulate(
    base: Matrix<Float>, trial: Matrix<Float>, firstToken: Int
  ) {
    let (columns, targets) = (Int32(base.columns), targets)
    updateTokens(&states, base: base, trial: trial) { token, state, base, trial in
      tenbin_token_detail_update(
        state, base, trial, columns, Int32(firstToken), targets[token])
    }
  }

  /// The tokens, once their whole vocabulary has been seen.
  public var tokens: [TokenDetail] {
    states.map { detail in
      let statistics = TokenStatistics(detail.state)
      let (base, trial) = (statistics.base.logSumExp, statistics.trial.logSumExp)
      let theirs = Self.array(detail.trial_places)
      return TokenDetail(
        statistics: statistics,
        reverseKLD: detail.reverse_difference / detail.state.trial.sum - trial + base,
        sharedTopFive: Self.array(detail.base_places).count { theirs.contains($0) })
    }
  }

  /// The places of a C array, without those that a small vocabulary left empty.
  private static func array(_ places: (Int32, Int32, Int32, Int32, Int32)) -> [Int32] {
    [places.0, places.1, places.2, places.3, places.4].filter { $0 >= 0 }
  }
}

extension TokenStatistics {
  /// The statistics that a state of the C kernels holds.
  init(_ state: tenbin_token_state) {
    func logits(_ softmax: tenbin_running_softmax, _ target: Float) -> TokenStatistics.Logits {
      .init(
        logSumExp: softmax.max + log(softmax.sum), largest: softmax.max, target: Double(target),
        top: softmax.top)
    }
    self.init(
      base: logits(state.base, state.base_target), trial: logits(state.trial, state.trial_target),
      meanDifference: state.weighted_difference / state.base.sum)
  }
}
