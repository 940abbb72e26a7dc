import Basics
import Codecs
import Foundation

/// A tokenizer as its tokenizer.json describes it, with the results of HF tokenizers 0.23, token by
/// token. Truncation and padding settings of the file are ignored.
public struct Tokenizer: Sendable {
  /// The number of ids: one more than the greatest.
  public let vocabularySize: Int
  /// The first token that `encode` puts in front of a text, where it puts one.
  public var bosTokenID: Int32? { postProcessor.prefix.first }
  /// Whether `encode` puts a token behind a text.
  public var endsTexts: Bool { !postProcessor.suffix.isEmpty }
  /// SHA-256 of tokenizer.json.
  public let fileHash: String

  private let normalizer: Normalizer?
  private let preTokenizer: PreTokenizer?
  private let model: TokenModel
  private let postProcessor: PostProcessor
  private let decoder: Decoder?
  /// Added tokens that are looked for before, and after, normalizing.
  private let rawTokens: AddedTokenFinder
  private let normalizedTokens: AddedTokenFinder
  /// The bytes of each token.
  private let tokens: [[UInt8]?]
  private let isSpecial: [Bool]
  private let addedIDs: Set<Int32>

  /// Reads `tokenizer.json` in a model's folder.
  public init(directory: URL) throws(InputError) {
    let url = directory.appendingPathComponent("tokenizer.json")
    let asked = "read the tokenizer \(url.path)"
    let hint = "name a Hugging Face model folder that has a tokenizer.json"
    guard let data = try InputFile.dataIfThere(url, asked: asked) else {
      throw InputError(
        FileManager.default.fileExists(atPath: directory.path) ? .badData : .missing,
        asked: asked, found: "no such file", hint: hint)
    }
    try self.init(json: data, name: url.path)
  }

  /// Reads the contents of a tokenizer.json, which errors call `name`.
  public init(json: Data, name: String = "tokenizer.json") throws(InputError) {
    let root = try JSONValue(
      text: json, name: "the tokenizer \(name)", hint: "fetch the file again; it may be cut short")
    let file = TokenizerFile(name: name, root: root)
    normalizer = try file.normalizer()
    let leavesBytes: Bool
    (preTokenizer, leavesBytes) = try file.preTokenizer()
    var tokens: [[UInt8]?]
    (model, tokens) = try file.model(readsBytes: leavesBytes)
    postProcessor = try file.postProcessor()
    decoder = try file.decoder()

    var isSpecial = [Bool](repeating: false, count: tokens.count)
    // Special tokens come first where two tokens have the same content.
    var added = try file.addedTokens()
    added = added.filter(\.special) + added.filter { !$0.special }
    for token in added {
      guard token.id < 1 << 24 else { throw file.bad("the token id \(token.id)") }
      while tokens.count <= Int(token.id) {
        tokens.append(nil)
        isSpecial.append(false)
      }
      tokens[Int(token.id)] = Array(String(scalars: token.content[...]).utf8)
      if token.special { isSpecial[Int(token.id)] = true }
    }
    rawTokens = AddedTokenFinder(added.filter { !$0.normalized })
    var normalized = added.filter(\.normalized)
    if let normalizer {
      for index in normalized.indices {
        let content = normalizer.normalize(normalized[index].content)
        normalized[index].content = content
        // As in HF, such a token also decodes to its normalized content.
        tokens[Int(normalized[index].id)] = Array(String(scalars: content[...]).utf8)
      }
    }
    normalizedTokens = AddedTokenFinder(normalized)
    self.tokens = tokens
    self.isSpecial = isSpecial
    addedIDs = Set(added.map(\.id))
    vocabularySize = tokens.count
    fileHash = SHA256.hexDigest(of: json)
  }

  /// The ids of `text`, with the special tokens of the file's template around it or without.
  public func encode(_ text: String, addSpecialTokens: Bool = true) -> [Int32] {
    var result = addSpecialTokens ? postProcessor.prefix : []
    let scalars = Array(text.unicodeScalars)
    for (range, token) in rawTokens.spans(in: scalars[...]) where !range.isEmpty {
      if let token {
        result.append(token)
      } else {
        encode(scalars[range], startsText: range.lowerBound == 0, into: &result)
      }
    }
    if addSpecialTokens { result += postProcessor.suffix }
    return result
  }

  private func encode(
    _ text: ArraySlice<Unicode.Scalar>, startsText: Bool, into result: inout [Int32]
  ) {
    let text = normalizer.map { $0.normalize(Array(text))[...] } ?? text
    for (range, token) in normalizedTokens.spans(in: text) where !range.isEmpty {
      if let token {
        result.append(token)
        continue
      }
      var pieces = [
        Piece(scalars: text[range], startsText: startsText && range.lowerBound == text.startIndex)
      ]
      preTokenizer?.split(&pieces)
      model.encode(pieces, into: &result)
    }
  }

  /// The text of `ids`; unknown ids are skipped, broken UTF-8 becomes U+FFFD.
  public func decode(_ ids: some Sequence<Int32>, skipSpecialTokens: Bool = true) -> String {
    String(decoding: decodedBytes(ids, skipSpecialTokens: skipSpecialTokens), as: UTF8.self)
  }

  /// The bytes of `ids`, which need not be whole scalars.
  public func decodedBytes(_ ids: some Sequence<Int32>, skipSpecialTokens: Bool = true) -> [UInt8] {
    var texts = [[UInt8]]()
    for id in ids {
      guard id >= 0, id < tokens.count, let token = tokens[Int(id)],
        !(skipSpecialTokens && isSpecial[Int(id)])
      else { continue }
      texts.append(token)
    }
    guard let decoder else { return Array(texts.joined(separator: [0x20])) }
    return Array(decoder.decode(texts).joined())
  }

  /// The id of the token whose content is exactly `content`, scalar by scalar.
  public func tokenID(of content: String) -> Int32? {
    let bytes = Array(content.utf8)
    return tokens.firstIndex { $0 == bytes }.map(Int32.init)
  }

  /// The content of a token as the vocabulary writes it; nil for an id that has none.
  public func content(of id: Int32) -> String? {
    guard id >= 0, id < tokens.count, let token = tokens[Int(id)] else { return nil }
    return String(decoding: token, as: UTF8.self)
  }

  /// The bytes that a token adds to a text that has begun, its space in front among them; of a token that
  /// stands for one byte, that byte. Empty for an id that has none.
  public func piece(of id: Int32) -> [UInt8] {
    guard id >= 0, id < tokens.count, let token = tokens[Int(id)] else { return [] }
    guard let decoder else { return token }
    // Behind a letter, so that no decoder takes the token for the first of a text.
    let piece = Array(decoder.decode([[UInt8(ascii: "a")], token]).joined().dropFirst())
    guard piece == Array("\u{FFFD}".utf8), let byte = UnknownBytes.byte(of: token) else {
      return piece
    }
    return [byte]
  }

  /// True of a token that `added_tokens` of the file lists.
  public func isAddedToken(_ id: Int32) -> Bool { addedIDs.contains(id) }
}
