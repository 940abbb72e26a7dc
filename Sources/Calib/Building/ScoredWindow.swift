import Tokenizers

/// Tokens that a model sees at once, and which of them are scored.
public struct ScoredWindow: Sendable, Equatable {
  /// The tokens.
  public var tokens: [Int32]
  /// The first that is scored, counted from 0, 1 or more; all after it are, too.
  public var first: Int
  /// What the mean over its tokens weighs in the mean over windows: their number, but for conventions
  /// that say otherwise.
  public var weight: Double

  /// A window whose tokens weigh 1 each where no `weight` is given.
  public init(tokens: [Int32], first: Int = 1, weight: Double? = nil) {
    self.tokens = tokens
    self.first = first
    self.weight = weight ?? Double(max(0, tokens.count - first))
  }

  /// How many are scored.
  public var scored: Int { max(0, tokens.count - first) }

  /// The text that the scored tokens cover. Special tokens cover none.
  func extent(_ tokenizer: Tokenizer) -> (characters: Int, bytes: Int) {
    let all = tokenizer.decodedBytes(tokens)
    let before = tokenizer.decodedBytes(tokens.prefix(first))
    // A scalar belongs to the token that its first byte lies in.
    func scalars(_ bytes: [UInt8]) -> Int { bytes.count { $0 & 0xC0 != 0x80 } }
    return (scalars(all) - scalars(before), all.count - before.count)
  }
}

extension [ScoredWindow] {
  /// Windows of `context` tokens that begin every `stride` tokens; the last ends with the text.
  ///
  /// In the loop of transformers' guide the mean over a window's new tokens weighs one less than their
  /// number, as if the first of them were not predicted. It is, wherever a token stands before it in
  /// the window.
  init(striding tokens: [Int32], context: Int, stride: Int) {
    self = []
    var (begin, seen) = (0, 0)
    while seen < tokens.count {
      let end = Swift.min(begin + context, tokens.count)
      append(
        ScoredWindow(
          tokens: [Int32](tokens[begin..<end]), first: Swift.max(1, seen - begin),
          weight: Double(end - seen - 1)))
      seen = end
      begin += stride
    }
  }

  /// Windows of `context` tokens one after another, the tail left out, of which the tokens after the
  /// first `context / 2` + 1 are scored. `bos` takes the place of each window's first token.
  init(halving tokens: [Int32], context: Int, bos: Int32?) {
    self = stride(from: 0, through: tokens.count - context, by: context).map { start in
      var window = [Int32](tokens[start..<start + context])
      if let bos { window[0] = bos }
      return ScoredWindow(tokens: window, first: context / 2 + 1)
    }
  }
}
