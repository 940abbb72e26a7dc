import Compute

/// What an evaluation keeps of every scored token, in window order: long texts are scored part by part,
/// and this is all that is kept of a part.
public struct TokenScores: Sendable {
  /// −log p(y) of the base p, nats.
  public private(set) var baseNLL: [Double] = []
  /// −log q(y) of the model q, nats.
  public private(set) var nll: [Double] = []
  /// KL(p ‖ q), nats.
  public private(set) var kld: [Double] = []
  /// q(y) − p(y).
  public private(set) var deltaP: [Double] = []
  /// The probability of the base's most likely token.
  public private(set) var confidence: [Double] = []
  /// Whether both models rank the same token first.
  public private(set) var sameTop: [Bool] = []

  /// The scores of `statistics`.
  public init(_ statistics: [TokenStatistics] = []) {
    append(statistics)
  }

  /// How many tokens there are.
  public var count: Int { nll.count }

  /// −log q(y) + log p(y), nats.
  public var delta: [Double] { zip(nll, baseNLL).map { $0 - $1 } }

  /// 1 where both models rank the same token first, else 0.
  public var agreement: [Double] { sameTop.map { $0 ? 1 : 0 } }

  /// Adds the tokens that follow.
  public mutating func append(_ statistics: [TokenStatistics]) {
    baseNLL += statistics.map(\.baseNLL)
    nll += statistics.map(\.nll)
    kld += statistics.map(\.kld)
    deltaP += statistics.map(\.deltaProbability)
    confidence += statistics.map(\.confidence)
    sameTop += statistics.map(\.sameTop)
  }

  /// The tokens at `places`.
  func at(_ places: [Int]) -> TokenScores {
    var part = TokenScores()
    part.baseNLL = places.map { baseNLL[$0] }
    part.nll = places.map { nll[$0] }
    part.kld = places.map { kld[$0] }
    part.deltaP = places.map { deltaP[$0] }
    part.confidence = places.map { confidence[$0] }
    part.sameTop = places.map { sameTop[$0] }
    return part
  }
}
