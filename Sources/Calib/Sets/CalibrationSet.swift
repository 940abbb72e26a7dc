import Basics

/// Token windows to calibrate on, and where every token of them came from.
public struct CalibrationSet: Sendable, Equatable {
  /// How the set was made.
  public var recipe: CalibrationRecipe
  /// The version of tenbin that made it.
  public var toolVersion: String
  /// SHA-256 of the tokenizer.json used.
  public var tokenizerHash: String
  /// The number of ids of that tokenizer.
  public var vocabularySize: Int
  /// What happened to the rows of the sources.
  public var counts: BuildCounts
  /// The files it was made from.
  public var sources: [SourceRecord]
  /// The documents in it, in order.
  public var documents: [DocumentRecord]
  /// The windows.
  public var samples: [CalibrationSample]

  /// Gathers the parts of a set.
  public init(
    recipe: CalibrationRecipe, toolVersion: String, tokenizerHash: String, vocabularySize: Int,
    counts: BuildCounts, sources: [SourceRecord], documents: [DocumentRecord],
    samples: [CalibrationSample]
  ) {
    self.recipe = recipe
    self.toolVersion = toolVersion
    self.tokenizerHash = tokenizerHash
    self.vocabularySize = vocabularySize
    self.counts = counts
    self.sources = sources
    self.documents = documents
    self.samples = samples
  }

  /// The token ids of the windows, in order.
  public var windows: [[Int32]] { samples.map(\.tokenIDs) }

  /// The number of tokens in all windows.
  public var tokenCount: Int { samples.reduce(0) { $0 + $1.tokenIDs.count } }

  /// SHA-256 over the windows: for each its token count, then its ids, all little-endian Int32.
  public var hash: String {
    var hash = SHA256()
    for sample in samples {
      hash.update([Int32(sample.tokenIDs.count)].littleEndianBytes)
      hash.update(sample.tokenIDs.littleEndianBytes)
    }
    return hash.hexDigest()
  }
}

/// A file that a set was made from.
public struct SourceRecord: Sendable, Equatable {
  /// The path as the recipe names it.
  public var name: String
  /// SHA-256 of the bytes that were read.
  public var sha256: String
  /// How many bytes were read from the file's start.
  public var bytesRead: Int
  /// Whether that was the whole file.
  public var isWhole: Bool
  /// Rows that could not be read and were dropped.
  public var badRows: Int

  /// A file of that name, of which so much was read.
  public init(
    name: String, sha256: String, bytesRead: Int, isWhole: Bool, badRows: Int
  ) {
    self.name = name
    self.sha256 = sha256
    self.bytesRead = bytesRead
    self.isWhole = isWhole
    self.badRows = badRows
  }
}

/// How many rows of the sources met which fate.
public struct BuildCounts: Sendable, Codable, Equatable {
  /// Rows that were read, up to the last one needed.
  public var read = 0
  /// Rows that could not be read and were dropped.
  public var bad = 0
  /// Rows without any text after cleaning.
  public var empty = 0
  /// Rows that share text with an evaluation set.
  public var contaminated = 0
  /// Rows that fail a filter and were dropped.
  public var filtered = 0
  /// Rows that repeat an earlier one.
  public var duplicates = 0
  /// Documents shorter than the window of the window layout.
  public var tooShort = 0
  /// Rows that the filters judged.
  public var judged = 0
  /// How many of them failed each rule.
  public var failures: [String: Int] = [:]

  /// Nothing counted yet.
  public init() {}

  enum CodingKeys: String, CodingKey {
    case read, bad, empty, contaminated, filtered, duplicates, judged, failures
    case tooShort = "too_short"
  }
}

/// A document in a set.
public struct DocumentRecord: Sendable, Equatable {
  /// The index of its source.
  public var source: Int
  /// Its row or page there, from 1.
  public var row: Int
  /// The id that the source gives it.
  public var pageID: String
  /// Its title.
  public var title: String
  /// SHA-256 of the UTF-8 of its text, cleaned and normalised.
  public var sha256: String
  /// Unicode scalars of that text.
  public var characters: Int
  /// Its tokens, special tokens included.
  public var tokens: Int
  /// The rules of the recipe's filters that it fails.
  public var flags: [String]

  /// A document of that place in its source.
  public init(
    source: Int, row: Int, pageID: String, title: String, sha256: String, characters: Int,
    tokens: Int, flags: [String]
  ) {
    self.source = source
    self.row = row
    self.pageID = pageID
    self.title = title
    self.sha256 = sha256
    self.characters = characters
    self.tokens = tokens
    self.flags = flags
  }
}

/// One window of tokens.
public struct CalibrationSample: Sendable, Equatable {
  /// The token ids.
  public var tokenIDs: [Int32]
  /// The window's text, without special tokens; characters cut in two at its ends are U+FFFD.
  public var text: String
  /// Which documents its tokens come from, in order.
  public var spans: [TokenSpan]

  /// The token ids as a set's file holds them: Int32, little-endian.
  public var tokenBytes: [UInt8] { tokenIDs.littleEndianBytes }

  /// A window of tokens.
  public init(
    tokenIDs: [Int32], text: String, spans: [TokenSpan]
  ) {
    self.tokenIDs = tokenIDs
    self.text = text
    self.spans = spans
  }

  /// A window whose token ids a set's file holds; nil where the bytes are not a multiple of four.
  public init?(tokenBytes bytes: [UInt8], text: String) {
    guard let tokenIDs = [Int32](littleEndianBytes: bytes) else { return nil }
    self.init(tokenIDs: tokenIDs, text: text, spans: [])
  }
}

extension [Int32] {
  /// The numbers as bytes, little-endian.
  var littleEndianBytes: [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(count * 4)
    for number in self {
      let bits = UInt32(bitPattern: number)
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
    }
    return bytes
  }

  /// Reads numbers back; nil where the bytes are not a multiple of four.
  init?(littleEndianBytes bytes: [UInt8]) {
    guard bytes.count.isMultiple(of: 4) else { return nil }
    self = stride(from: 0, to: bytes.count, by: 4).map { index in
      let low = UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
      let high = UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
      return Int32(bitPattern: low | high)
    }
  }
}
