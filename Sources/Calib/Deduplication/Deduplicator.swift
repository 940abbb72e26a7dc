import Basics
import Codecs

/// How duplicates are found.
public enum Deduplication: Sendable, Codable, Equatable {
  case none
  /// Texts with the same bytes.
  case exact
  /// Also texts whose sets of character 5-grams (after NFKC, without white space) have at least
  /// this Jaccard similarity.
  case minhash(Double)

  /// Reads `none`, `exact` or `minhash:0.8`.
  public init(_ text: String) throws(InputError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("none", 1): self = .none
    case ("exact", 1): self = .exact
    case ("minhash", 1): self = .minhash(0.8)
    case ("minhash", 2):
      guard let threshold = Double(parts[1]), threshold > 0, threshold <= 1 else { fallthrough }
      self = .minhash(threshold)
    default:
      throw InputError(
        .usage, asked: "remove duplicates by \(text)",
        found: "allowed are none, exact and minhash:J with J above 0 and at most 1",
        hint: "for example --dedup minhash:0.8")
    }
  }

  /// The text that `init(_:)` reads.
  public var text: String {
    switch self {
    case .none: "none"
    case .exact: "exact"
    case .minhash(let threshold): "minhash:\(threshold)"
    }
  }

  /// What the user should know about the search; nil where there is nothing to say.
  public var note: String? {
    guard case .minhash(let threshold) = self else { return nil }
    let hash = MinHash(threshold: threshold)
    let shares = [threshold - 0.1, threshold, min(1, threshold + 0.1)].map { similarity in
      let percent = 100 * MinHash.detection(similarity, rows: hash.rows, bands: hash.bands)
      return "\(Int((similarity * 100).rounded())) %: \((percent * 100).rounded() / 100) %"
    }
    return "minhash: \(hash.bands) bands of \(hash.rows) hashes over character 5-grams; pairs of "
      + "similarity \(shares.joined(separator: ", ")) become candidates, verified exactly"
  }

  /// Reads the text form.
  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// Remembers texts and recognises those it has seen.
struct Deduplicator {
  private let mode: Deduplication
  private let minHash: MinHash?
  private var threshold = 1.0
  private var hashes: Set<String> = []
  private var grams: [[UInt64]] = []
  private var buckets: [UInt64: [Int32]] = [:]

  init(_ mode: Deduplication) {
    self.mode = mode
    if case .minhash(let threshold) = mode {
      self.threshold = threshold
      minHash = MinHash(threshold: threshold)
    } else {
      minHash = nil
    }
  }

  /// True of a text like one seen before; any other text is remembered.
  mutating func isDuplicate(_ text: String, sha256: String) -> Bool {
    if mode == .none { return false }
    guard hashes.insert(sha256).inserted else { return true }
    guard let minHash else { return false }
    let grams = Set(
      CharacterGrams.hashes(of: Self.essence(of: text), length: MinHash.gramLength))
    let keys = minHash.bandKeys(grams)
    let candidates = Set(keys.flatMap { buckets[$0] ?? [] })
    if candidates.contains(where: { similarity(grams, self.grams[Int($0)]) >= threshold }) {
      return true
    }
    for key in keys { buckets[key, default: []].append(Int32(self.grams.count)) }
    self.grams.append(Array(grams))
    return false
  }

  /// What is compared: NFKC without white space.
  private static func essence(of text: String) -> [Unicode.Scalar] {
    UnicodeForm.nfkc.normalize(text).unicodeScalars.filter { !$0.properties.isWhitespace }
  }

  /// |A ∩ B| / |A ∪ B|.
  private func similarity(_ left: Set<UInt64>, _ right: [UInt64]) -> Double {
    let common = right.count { left.contains($0) }
    return Double(common) / Double(left.count + right.count - common)
  }
}
