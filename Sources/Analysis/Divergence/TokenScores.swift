import Compute

/// What an evaluation needs of every scored token, in window order: long texts are scored part by
/// part, and this is all that is kept of a part.
public struct TokenScores: Sendable {
  /// −log q(y), nats.
  public private(set) var nll: [Double] = []
  /// −log q(y) + log p(y), nats.
  public private(set) var delta: [Double] = []
  /// KL(p ‖ q), nats.
  public private(set) var kld: [Double] = []
  /// 1 where both models rank the same token first, else 0.
  public private(set) var agreement: [Double] = []
  /// Σ (q(y) − p(y))².
  private(set) var squares = 0.0

  /// The scores of `statistics`.
  public init(_ statistics: [TokenStatistics] = []) {
    append(statistics)
  }

  /// Scores that were gathered otherwise, a value a token each.
  init(nll: [Double], baseNLL: [Double], kld: [Double], sameTop: [Bool], deltaP: [Double]) {
    self.nll = nll
    delta = zip(nll, baseNLL).map { $0 - $1 }
    self.kld = kld
    agreement = sameTop.map { $0 ? 1 : 0 }
    squares = deltaP.reduce(0) { $0 + $1 * $1 }
  }

  /// Adds the tokens that follow.
  public mutating func append(_ statistics: [TokenStatistics]) {
    nll += statistics.map(\.nll)
    delta += statistics.map { $0.nll - $0.baseNLL }
    kld += statistics.map(\.kld)
    agreement += statistics.map { $0.sameTop ? 1 : 0 }
    for token in statistics { squares += token.deltaProbability * token.deltaProbability }
  }
}
