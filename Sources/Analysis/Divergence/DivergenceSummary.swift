/// What a study keeps of a trial's divergence from the base on one domain: the lines of llama-perplexity's
/// table, and the main ones by the kind of token and by how sure the base is. Formulas: docs/metrics.md.
public struct DivergenceSummary: Sendable, Codable, Equatable {
  /// The lines of some of the tokens.
  public struct Part: Sendable, Codable, Equatable {
    /// What these tokens have in common; nil: they are all of the text.
    public let kind: TokenGroup.Kind?
    /// A class of tokens, or a range of the base's confidence; empty: all.
    public let name: String
    /// How many they are.
    public let tokens: Int
    /// Their statistics.
    public let lines: [DivergenceStatistics.Line]

    /// The line called `name`.
    public subscript(name: String) -> DivergenceStatistics.Line? { lines.first { $0.name == name } }
  }

  /// All tokens first, then the groups.
  public let parts: [Part]

  /// All tokens.
  public var whole: Part { parts[0] }

  /// The lines that are kept of a group.
  private static let groupLines: Set = [
    "ln_ppl_ratio", "kld_mean", "kld_median", "kld_p99", "delta_p_rms", "same_top_p",
  ]

  /// The statistics of `scores` on `domain`; nil where they are not numbers, and of questions.
  public init?(_ scores: TokenScores, of domain: HeldoutDomain) {
    guard domain.answers == nil, scores.count > 0, (scores.nll + scores.kld).allSatisfy(\.isFinite)
    else { return nil }
    func lines(_ statistics: DivergenceStatistics) -> [DivergenceStatistics.Line] {
      // No number, no line: such as the correlation of what is the same everywhere.
      statistics.lines.filter(\.value.isFinite)
    }
    let all = DivergenceStatistics(scores, windows: domain.scoredOfWindow)
    let groups = TokenGroup.all(of: domain, confidence: scores.confidence)
    parts =
      [Part(kind: nil, name: "", tokens: all.count, lines: lines(all))]
      + groups.map { group in
        let statistics = DivergenceStatistics(scores.at(group.places), windows: group.windows)
        return Part(
          kind: group.kind, name: group.name, tokens: statistics.count,
          lines: lines(statistics).filter { Self.groupLines.contains($0.name) })
      }
  }

  /// Reads what a study holds.
  public init(from decoder: any Decoder) throws {
    parts = try decoder.singleValueContainer().decode([Part].self)
    guard !parts.isEmpty else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "a divergence of no tokens"))
    }
  }

  /// Writes the parts alone.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(parts)
  }
}

extension DivergenceStatistics.Line: Codable {
  /// A line as `[name, value, stderr, naive stderr]`: a study holds very many.
  public init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    name = try values.decode(String.self)
    value = try values.decode(Double.self)
    stderr = try values.decodeIfPresent(Double.self)
    naiveStderr = try values.decodeIfPresent(Double.self)
  }

  /// Writes the same.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    try values.encode(name)
    try values.encode(value)
    for error in [stderr, naiveStderr] {
      if let error { try values.encode(error) } else { try values.encodeNil() }
    }
  }
}
