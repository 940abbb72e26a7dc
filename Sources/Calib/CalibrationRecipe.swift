import Basics
import Foundation

/// Everything that decides what is in a calibration set: the same recipe and the same files give
/// the same bytes.
public struct CalibrationRecipe: Sendable, Codable, Equatable {
  /// The corpus files, as the user named them.
  public var sources: [String]
  /// The model folder whose tokenizer.json is used, as the user named it.
  public var tokenizer: String
  /// Which documents are taken.
  public var take = SampleSelection.first(1000)
  /// The member of a JSON object that holds the text.
  public var textField = "text"
  /// How markup is removed; nil: `wiki` for dumps, `none` for everything else.
  public var clean: Cleaning?
  /// How characters are normalised.
  public var normalize = Normalization.none
  /// How tokens become samples.
  public var layout = SampleLayout.packed
  /// The length of a sample, in tokens.
  public var maxSeqLength = 2048
  /// Whether rows that cannot be read are dropped instead of ending the build.
  public var skipBad = false

  /// The recipe of the defaults for `sources`.
  public init(sources: [String], tokenizer: String) {
    self.sources = sources
    self.tokenizer = tokenizer
  }

  enum CodingKeys: String, CodingKey {
    case sources, tokenizer, take, clean, normalize, layout
    case textField = "text_field"
    case maxSeqLength = "max_seq_length"
    case skipBad = "skip_bad"
  }

  /// The recipe as JSON with sorted keys.
  public func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Reads a recipe back.
  public init(json: String) throws(InputError) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    } catch {
      throw InputError(
        .badData, asked: "read the recipe of a calibration set", found: "\(error)",
        hint: "the set was written by another version of tenbin; build it again")
    }
  }
}

/// Which documents of the sources are taken.
public enum SampleSelection: Sendable, Codable, Equatable {
  /// The first N, in the order of the files.
  case first(Int)

  /// Reads `first:1000`.
  public init(_ text: String) throws(InputError) {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let count = Int(parts[1]), count > 0, parts[0] == "first" else {
      throw InputError(
        .usage, asked: "take \(text)", found: "allowed is first:N with N above 0",
        hint: "for example --take first:1000")
    }
    self = .first(count)
  }

  /// The text that `init(_:)` reads.
  public var text: String {
    switch self {
    case .first(let count): "first:\(count)"
    }
  }

  /// How many documents are wanted.
  public var count: Int {
    switch self {
    case .first(let count): count
    }
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

/// How markup is removed from a text.
public enum Cleaning: String, Sendable, Codable, CaseIterable {
  case none
  /// Wikitext to running text.
  case wiki
}

/// How tokens become samples.
public enum SampleLayout: String, Sendable, Codable, CaseIterable {
  /// All documents joined in order and cut into windows of the sample length; the tail is dropped.
  case packed
}
