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
    evaluation = DomainScores(domain: domain, scores: scores.tokens).evaluation
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

  /// The groups of that kind; those without a token are left out.
  public func groups(by kind: TokenGroup.Kind) -> [Group] {
    TokenGroup.all(of: domain, confidence: scores.tokens.confidence).filter { $0.kind == kind }
      .map { group in
        Group(
          name: group.name, share: Double(group.places.count) / Double(scores.tokens.count),
          statistics: DivergenceStatistics(scores.at(group.places), windows: group.windows))
      }
  }
}
