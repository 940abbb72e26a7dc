import Compute

/// `TokenScores`, and what a sweep does not pay for: what two models make of every scored token of a text,
/// in window order, without a logit.
public struct DivergenceScores: Sendable {
  /// What a sweep has too.
  public private(set) var tokens = TokenScores()
  /// KL(q ‖ p), nats.
  public private(set) var reverseKLD: [Double] = []
  /// How many of the base's five most likely tokens are among the model's five.
  public private(set) var sharedTopFive: [Int8] = []

  /// No tokens yet.
  public init() {}

  /// Adds the tokens that follow.
  public mutating func append(_ details: [TokenDetail]) {
    tokens.append(details.map(\.statistics))
    reverseKLD += details.map(\.reverseKLD)
    sharedTopFive += details.map { Int8($0.sharedTopFive) }
  }

  /// The tokens at `places`.
  func at(_ places: [Int]) -> DivergenceScores {
    var part = DivergenceScores()
    part.tokens = tokens.at(places)
    part.reverseKLD = places.map { reverseKLD[$0] }
    part.sharedTopFive = places.map { sharedTopFive[$0] }
    return part
  }
}
