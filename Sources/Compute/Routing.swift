import Foundation
import Tensor

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

  /// The experts that `rule` chooses from `logits`, (T, experts), of T tokens. Ties are broken as
  /// `torch.topk` breaks them on a CPU.
  public init(choosing logits: Matrix<Float>, _ rule: RoutingRule) {
    let count = rule.expertsPerToken
    var choice = LargestChoice()
    var experts: [Int32] = []
    var weights: [Float] = []
    experts.reserveCapacity(logits.rows * count)
    weights.reserveCapacity(logits.rows * count)
    for token in 0..<logits.rows {
      let row = logits.elements[token * logits.columns..<(token + 1) * logits.columns]
      let chosen = choice.places(of: row, count: count)
      let largest = row[row.startIndex + Int(chosen[0])]
      let exponentials = chosen.map { exp(row[row.startIndex + Int($0)] - largest) }
      let sum =
        rule.softmax == .chosen || rule.isNormalized
        ? exponentials.reduce(0, +) : row.reduce(0) { $0 + exp($1 - largest) }
      experts += chosen
      for exponential in exponentials { weights.append(exponential / sum) }
    }
    self.init(experts: experts, weights: weights, expertsPerToken: count)
  }

  /// The number of tokens.
  public var tokens: Int { experts.count / expertsPerToken }

  /// The tokens of each of `count` experts, ascending, and what its outputs are multiplied with for
  /// each.
  public func tokensByExpert(_ count: Int) -> [ExpertTokens] {
    var result = [ExpertTokens](repeating: ExpertTokens(), count: count)
    for place in experts.indices {
      let expert = Int(experts[place])
      result[expert].rows.append(Int32(place / expertsPerToken))
      result[expert].weights.append(weights[place])
    }
    return result
  }

  /// How many tokens have other experts than in `other`, a routing of the same tokens: the order of a
  /// token's experts does not count.
  public func difference(from other: Routing) -> Int {
    precondition(
      experts.count == other.experts.count && expertsPerToken == other.expertsPerToken,
      "the same tokens")
    return (0..<tokens).count { token in
      let places = token * expertsPerToken..<(token + 1) * expertsPerToken
      return Set(experts[places]) != Set(other.experts[places])
    }
  }
}

/// The tokens that were sent to one expert.
public struct ExpertTokens: Sendable, Equatable {
  /// Their rows, ascending.
  public var rows: [Int32] = []
  /// What the expert's outputs are multiplied with for each.
  public var weights: [Float] = []

  /// No tokens.
  public init() {}

  /// Which of these tokens are among `other`'s, by their places in the one list and in the other.
  public func places(sharedWith other: ExpertTokens) -> (mine: [Int32], theirs: [Int32]) {
    var shared: (mine: [Int32], theirs: [Int32]) = ([], [])
    var theirs = other.rows.startIndex
    for (mine, row) in rows.enumerated() {
      while theirs < other.rows.count, other.rows[theirs] < row { theirs += 1 }
      guard theirs < other.rows.count, other.rows[theirs] == row else { continue }
      shared.mine.append(Int32(mine))
      shared.theirs.append(Int32(theirs))
    }
    return shared
  }
}
