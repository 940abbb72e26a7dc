/// What there is to know about a set at a glance.
public struct SetStatistics: Sendable {
  /// Samples.
  public var samples = 0
  /// Tokens in all samples.
  public var tokens = 0
  /// Documents.
  public var documents = 0
  /// Unicode scalars of the documents, cleaned and normalised.
  public var characters = 0
  /// Tokens of the documents, those of a dropped tail included.
  public var documentTokens = 0
  /// Token ids that occur in the samples.
  public var distinctTokens = 0

  /// Tokens for each Unicode scalar of the documents.
  public var tokensPerCharacter: Double {
    characters == 0 ? 0 : Double(documentTokens) / Double(characters)
  }

  /// Counts `set`.
  public init(_ set: CalibrationSet) {
    samples = set.samples.count
    tokens = set.tokenCount
    documents = set.documents.count
    characters = set.documents.reduce(0) { $0 + $1.characters }
    documentTokens = set.documents.reduce(0) { $0 + $1.tokens }
    distinctTokens = Set(set.samples.flatMap(\.tokenIDs)).count
  }
}
