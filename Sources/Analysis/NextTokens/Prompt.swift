/// A short text, and the tokens that every model of a study reads it as, to see what it lets follow.
public struct Prompt: Sendable, Codable, Equatable {
  /// The text.
  public let text: String
  /// Its tokens, those of the tokenizer's template in front.
  public let tokens: [Int32]
  /// Each token as `PieceSpelling` writes it; empty of the template's.
  public let pieces: [String]

  /// The most places along a prompt that are looked at: its end and those before it.
  public static let places = 32

  /// `text`, read as `tokens`.
  public init(text: String, tokens: [Int32], pieces: [String]) {
    self.text = text
    self.tokens = tokens
    self.pieces = pieces
  }

  /// After how many of the tokens it is looked at what follows, in ascending order: behind each piece of
  /// the text, the last `places` of them; the end of the prompt is the last.
  public var positions: [Int] {
    let start = pieces.prefix(while: \.isEmpty).count + 1
    return Array(max(start, tokens.count - Self.places + 1)...max(start, tokens.count))
  }

  /// The end of the text in front of a position, as it is spelled, `…` in front of it where it is cut
  /// between two pieces; behind the whole prompt its own text.
  public func text(before position: Int, characters: Int = 32) -> String {
    if position >= tokens.count {
      let scalars = text.unicodeScalars
      let end = PieceSpelling.text(of: String(scalars.suffix(characters)).utf8)
      return scalars.count > characters ? "…" + end : end
    }
    var shown = pieces.prefix(position)[...]
    while shown.count > 1, shown.reduce(0, { $0 + $1.count }) > characters {
      shown.removeFirst()
    }
    return (shown.startIndex > 0 && pieces[..<shown.startIndex].contains { !$0.isEmpty } ? "…" : "")
      + shown.joined()
  }
}
