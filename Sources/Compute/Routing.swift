/// How a router chooses the experts of a token from its logits.
public struct RoutingRule: Sendable, Hashable {
  /// What the softmax is taken over.
  public enum Softmax: Sendable, Hashable {
    /// All experts; the largest are chosen then.
    case all
    /// The logits of those chosen.
    case chosen
  }

  /// Experts of a token.
  public var expertsPerToken: Int
  /// What the softmax is taken over.
  public var softmax: Softmax
  /// Whether the weights of those chosen are divided by their sum.
  public var isNormalized: Bool

  /// A rule.
  public init(expertsPerToken: Int, softmax: Softmax = .all, isNormalized: Bool) {
    self.expertsPerToken = expertsPerToken
    self.softmax = softmax
    self.isNormalized = isNormalized
  }
}

/// The experts of some tokens: k of each, token after token, by descending weight.
public struct Routing: Sendable, Equatable {
  /// Which experts.
  public var experts: [Int32]
  /// What their outputs are multiplied with.
  public var weights: [Float]
  /// k.
  public let expertsPerToken: Int

  /// `experts` and `weights` of whole tokens.
  public init(experts: [Int32], weights: [Float], expertsPerToken: Int) {
    precondition(
      experts.count == weights.count && expertsPerToken > 0
        && experts.count % expertsPerToken == 0, "k experts and weights for each token")
    self.experts = experts
    self.weights = weights
    self.expertsPerToken = expertsPerToken
  }

  /// The tokens of `expert`, ascending, and what its outputs are multiplied with for each.
  public func tokens(of expert: Int) -> (rows: [Int32], weights: [Float]) {
    var result: (rows: [Int32], weights: [Float]) = ([], [])
    for place in experts.indices where experts[place] == Int32(expert) {
      result.rows.append(Int32(place / expertsPerToken))
      result.weights.append(weights[place])
    }
    return result
  }
}
