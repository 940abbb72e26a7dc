import Compute

/// What two models make of every scored token of a text, in window order: a few numbers a token, and no
/// logits. 57 bytes a token are kept, whatever the vocabulary.
public struct DivergenceScores: Sendable {
  /// −log p(y) of the base p, nats.
  public private(set) var baseNLL: [Double] = []
  /// −log q(y) of the model q, nats.
  public private(set) var nll: [Double] = []
  /// KL(p ‖ q), nats.
  public private(set) var kld: [Double] = []
  /// KL(q ‖ p), nats.
  public private(set) var reverseKLD: [Double] = []
  /// q(y) − p(y).
  public private(set) var deltaP: [Double] = []
  /// The probability of the base's most likely token.
  public private(set) var confidence: [Double] = []
  /// How many of the base's five most likely tokens are among the model's five.
  public private(set) var sharedTopFive: [Int8] = []
  /// Whether both rank the same token first.
  public private(set) var sameTop: [Bool] = []
  /// What kind of text the scored token is.
  public private(set) var classes: [TokenClass] = []

  /// No tokens yet.
  public init() {}

  /// How many tokens there are.
  public var count: Int { nll.count }

  /// Adds the tokens that follow, with their classes.
  public mutating func append(_ details: [TokenDetail], classes: [TokenClass]) {
    precondition(details.count == classes.count, "a class for each token")
    for detail in details {
      let token = detail.statistics
      baseNLL.append(token.baseNLL)
      nll.append(token.nll)
      kld.append(token.kld)
      reverseKLD.append(detail.reverseKLD)
      deltaP.append(token.deltaProbability)
      confidence.append(detail.confidence)
      sharedTopFive.append(Int8(detail.sharedTopFive))
      sameTop.append(token.sameTop)
    }
    self.classes += classes
  }

  /// The same tokens as a sweep keeps them.
  var tokenScores: TokenScores {
    TokenScores(nll: nll, baseNLL: baseNLL, kld: kld, sameTop: sameTop, deltaP: deltaP)
  }

  /// The tokens at `places`.
  func at(_ places: [Int]) -> DivergenceScores {
    var part = DivergenceScores()
    part.baseNLL = places.map { baseNLL[$0] }
    part.nll = places.map { nll[$0] }
    part.kld = places.map { kld[$0] }
    part.reverseKLD = places.map { reverseKLD[$0] }
    part.deltaP = places.map { deltaP[$0] }
    part.confidence = places.map { confidence[$0] }
    part.sharedTopFive = places.map { sharedTopFive[$0] }
    part.sameTop = places.map { sameTop[$0] }
    part.classes = places.map { classes[$0] }
    return part
  }
}
