/// How far a model is from its base on one domain: as a whole, by the kind of token, and by how sure the
/// base is of what follows.
public struct DomainDivergence: Sendable {
  /// The text.
  public let domain: HeldoutDomain
  /// Every scored token, in window order.
  public let scores: DivergenceScores
  /// The scores that a sweep keeps.
  public let evaluation: Evaluation

  /// The scores of the tokens of `domain`.
  public init(domain: HeldoutDomain, scores: DivergenceScores) {
    self.domain = domain
    self.scores = scores
    evaluation = DomainScores(domain: domain, scores: scores.tokenScores).evaluation
  }

  /// The statistics of all tokens.
  public var statistics: DivergenceStatistics {
    DivergenceStatistics(scores, windows: domain.scoredOfWindow)
  }

  /// Some of the tokens, what they have in common, and their statistics.
  public struct Group: Sendable {
    /// A class of tokens, or a range of the base's confidence.
    public let name: String
    /// Share of all scored tokens.
    public let share: Double
    /// Their statistics.
    public let statistics: DivergenceStatistics
  }

  /// By the class of the token that follows; classes without a token are left out.
  public var byClass: [Group] {
    TokenClass.allCases.compactMap { wanted in
      group(wanted.rawValue) { scores.classes[$0] == wanted }
    }
  }

  /// Where the base's confidence is cut: the probability of its most likely token.
  public static let confidenceEdges = [0, 0.25, 0.5, 0.75, 0.9, 1]

  /// By the probability of the base's most likely token; ranges without a token are left out.
  public var byConfidence: [Group] {
    zip(Self.confidenceEdges, Self.confidenceEdges.dropFirst()).compactMap { low, high in
      group("\(low)-\(high)") { place in
        let confidence = scores.confidence[place]
        return confidence >= low && (confidence < high || high == 1)
      }
    }
  }

  private func group(_ name: String, _ isInside: (Int) -> Bool) -> Group? {
    var (places, windows): ([Int], [Int]) = ([], [])
    var start = 0
    for count in domain.scoredOfWindow {
      let inside = (start..<start + count).filter(isInside)
      places += inside
      windows.append(inside.count)
      start += count
    }
    guard !places.isEmpty else { return nil }
    return Group(
      name: name, share: Double(places.count) / Double(scores.count),
      statistics: DivergenceStatistics(scores.at(places), windows: windows))
  }
}
