import Foundation

/// What there is to know about a set: the values behind `calib inspect` and its page in the report.
public struct SetStatistics: Sendable, Codable, Equatable {
  /// A name with a count and its share of the whole.
  public struct Share: Sendable, Codable, Equatable {
    /// What is counted.
    public var name: String
    /// How often it occurs.
    public var count: Int
    /// `count` over the whole, 0 to 1.
    public var share: Double
  }

  /// Samples.
  public var samples = 0
  /// Tokens in all samples.
  public var tokens = 0
  /// Documents.
  public var documents = 0
  /// Unicode scalars of the documents, cleaned and normalised.
  public var characters = 0
  /// Tokens of the documents, those that no sample holds included.
  public var documentTokens = 0
  /// Tokens for each Unicode scalar of the documents.
  public var tokensPerCharacter = 0.0
  /// Token ids that occur in the samples.
  public var distinctTokens = 0
  /// `distinctTokens` over the size of the vocabulary.
  public var vocabularyCoverage = 0.0
  /// Documents with the same text as an earlier one.
  public var duplicateDocuments = 0
  /// Documents by their length in tokens.
  public var lengths: [Share] = []
  /// Unicode scalars of the samples by script.
  public var scripts: [Share] = []
  /// Tokens of the samples by source.
  public var sources: [Share] = []
  /// Traces of markup and of other tools in the samples.
  public var residue: [Share] = []
  /// Of the judged rows, those that pass each rule of the recipe's filters.
  public var passRates: [Share] = []
  /// Rows of the sources that are not in the set, by reason.
  public var lost: [Share] = []

  enum CodingKeys: String, CodingKey {
    case samples, tokens, documents, characters, lengths, scripts, sources, residue, lost
    case documentTokens = "document_tokens"
    case tokensPerCharacter = "tokens_per_character"
    case distinctTokens = "distinct_tokens"
    case vocabularyCoverage = "vocabulary_coverage"
    case duplicateDocuments = "duplicate_documents"
    case passRates = "pass_rates"
  }

  /// Counts `set`.
  public init(_ set: CalibrationSet) {
    samples = set.samples.count
    tokens = set.tokenCount
    documents = set.documents.count
    characters = set.documents.reduce(0) { $0 + $1.characters }
    documentTokens = set.documents.reduce(0) { $0 + $1.tokens }
    tokensPerCharacter = characters == 0 ? 0 : Double(documentTokens) / Double(characters)
    distinctTokens = set.tokenFrequencies.count
    vocabularyCoverage = Double(distinctTokens) / Double(max(1, set.vocabularySize))
    duplicateDocuments = documents - Set(set.documents.map(\.sha256)).count
    lengths = Self.lengthHistogram(set.documents.map(\.tokens))
    scripts = Self.scriptShares(set)
    var sourceTokens = [Int](repeating: 0, count: set.sources.count)
    for span in set.samples.flatMap(\.spans) {
      sourceTokens[set.documents[span.document].source] += span.count
    }
    sources = zip(set.sources, sourceTokens).map { source, count in
      Self.share(source.name, count, of: tokens)
    }
    var residue = [String: Int]()
    for sample in set.samples {
      // Characters that a window cuts in two are no residue.
      var text = Array(sample.text.unicodeScalars)[...]
      text = text.drop { $0 == "\u{FFFD}" }
      while text.last == "\u{FFFD}" { text.removeLast() }
      residue.merge(NGMarkers.counts(in: Array(text)), uniquingKeysWith: +)
    }
    self.residue = NGMarkers.markers.compactMap { marker in
      residue[marker].map { Self.share(marker, $0, of: samples) }
    }
    let counts = set.counts
    passRates = (counts.judged > 0 ? set.recipe.filters?.rules ?? [] : []).map { rule in
      Self.share(rule, counts.judged - (counts.failures[rule] ?? 0), of: counts.judged)
    }
    lost = [
      ("unreadable", counts.bad), ("empty", counts.empty), ("contaminated", counts.contaminated),
      ("filtered out", counts.filtered), ("duplicates", counts.duplicates),
      ("shorter than the window", counts.tooShort),
    ].filter { $0.1 > 0 }.map { Self.share($0.0, $0.1, of: counts.read) }
  }

  private static func share(_ name: String, _ count: Int, of whole: Int) -> Share {
    Share(name: name, count: count, share: Double(count) / Double(max(1, whole)))
  }

  private static func lengthHistogram(_ lengths: [Int]) -> [Share] {
    var result = [Share]()
    var low = 0
    for high in [128, 256, 512, 1024, 2048, 4096, 8192, Int.max] {
      let count = lengths.count { $0 >= low && $0 < high }
      let name = high == Int.max ? "\(low) and more" : "\(low) to \(high - 1)"
      if count > 0 { result.append(share(name, count, of: lengths.count)) }
      low = high
    }
    return result
  }

  private static func scriptShares(_ set: CalibrationSet) -> [Share] {
    var counts = [String: Int]()
    var whole = 0
    for sample in set.samples {
      for scalar in sample.text.unicodeScalars where !scalar.properties.isWhitespace {
        counts[script(of: scalar), default: 0] += 1
        whole += 1
      }
    }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
      share($0.key, $0.value, of: whole)
    }
  }

  private static func script(of scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x3041...0x309F: "hiragana"
    case 0x30A0...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9F: "katakana"
    case 0x3005...0x3007, 0x3400...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: "kanji"
    case 0x30...0x39, 0xFF10...0xFF19: "digits"
    case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F, 0xFF21...0xFF3A, 0xFF41...0xFF5A: "latin"
    case 0xFFFD: "cut or broken"
    default: scalar.properties.isAlphabetic ? "other letters" : "punctuation and symbols"
    }
  }

  /// Rows that are not in the set, and the filters' pass rates, a line each.
  public var fates: [String] {
    lost.map { "\($0.count) rows: \($0.name)" }
      + passRates.map { rule in
        "filter \"\(rule.name)\": \(String(format: "%.1f", 100 * rule.share)) % pass"
      }
  }
}

extension CalibrationSet {
  /// How often each token id occurs in the samples.
  public var tokenFrequencies: [Int32: Int] {
    var counts = [Int32: Int]()
    for sample in samples {
      for token in sample.tokenIDs { counts[token, default: 0] += 1 }
    }
    return counts
  }

  /// The Jensen–Shannon divergence (Lin 1991) of two sets' token distributions, in bits: 0 for the
  /// same distribution, 1 for sets without a common token.
  public func tokenDivergence(from other: CalibrationSet) -> Double {
    let left = tokenFrequencies
    let right = other.tokenFrequencies
    let leftSum = Double(max(1, tokenCount))
    let rightSum = Double(max(1, other.tokenCount))
    var sum = 0.0
    for token in Set(left.keys).union(right.keys).sorted() {
      let p = Double(left[token] ?? 0) / leftSum
      let q = Double(right[token] ?? 0) / rightSum
      let mean = (p + q) / 2
      if p > 0 { sum += p / 2 * log2(p / mean) }
      if q > 0 { sum += q / 2 * log2(q / mean) }
    }
    return max(0, sum)
  }

  /// The documents that both sets hold, by the SHA-256 of their texts.
  public func commonDocuments(with other: CalibrationSet) -> Int {
    Set(documents.map(\.sha256)).intersection(other.documents.map(\.sha256)).count
  }
}
