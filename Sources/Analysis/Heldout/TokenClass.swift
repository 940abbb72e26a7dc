import Tokenizers

/// What kind of text a token stands for.
public enum TokenClass: String, Sendable, CaseIterable, Codable {
  /// Han characters, and 々 〆 〇.
  case kanji
  /// Hiragana and katakana, half-width ones and ー too.
  case kana
  /// Letters of the Latin script, full-width ones too.
  case latin
  /// Decimal digits of any script.
  case digits
  /// What Unicode calls punctuation.
  case punctuation
  /// All else: white space, symbols, other scripts, special tokens, parts of a scalar.
  case other

  /// The class of a scalar.
  public init(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x3005...0x3007, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF:
      self = .kanji
    case 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF, 0x31F0...0x31FF,
      0xFF66...0xFF9F, 0x1B000...0x1B16F:
      self = .kana
    case 0x41...0x5A, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x24F, 0x1E00...0x1EFF,
      0xFF21...0xFF3A, 0xFF41...0xFF5A:
      self = .latin
    default:
      switch scalar.properties.generalCategory {
      case .decimalNumber: self = .digits
      case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
        .initialPunctuation, .finalPunctuation, .otherPunctuation:
        self = .punctuation
      default: self = .other
      }
    }
  }

  /// The class of a token's text: that of its first scalar that has one other than `other`. Broken
  /// UTF-8 is passed over.
  public init(_ text: some Sequence<UInt8>) {
    self =
      String(decoding: Array(text), as: UTF8.self).unicodeScalars.lazy
      .filter { $0 != "\u{FFFD}" }.map { TokenClass($0) }.first { $0 != .other } ?? .other
  }
}

/// The classes of a tokenizer's tokens.
public struct TokenClasses {
  private let tokenizer: Tokenizer
  private var known: [Int32: TokenClass] = [:]

  /// The classes of the tokens of `tokenizer`.
  public init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
  }

  /// The class of a token.
  public mutating func of(_ token: Int32) -> TokenClass {
    if let known = known[token] { return known }
    let found = TokenClass(tokenizer.decodedBytes(CollectionOfOne(token)))
    known[token] = found
    return found
  }
}
