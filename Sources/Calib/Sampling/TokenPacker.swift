/// Joins token sequences in order and cuts them into windows of one length.
struct TokenPacker {
  /// A full window, and which sequences its tokens come from.
  struct Window {
    var tokens: [Int32] = []
    var spans: [TokenSpan] = []
  }

  private let length: Int
  private(set) var windows: [Window] = []
  private var current = Window()

  /// Packs into windows of `length` tokens.
  init(length: Int) {
    self.length = length
  }

  /// Appends the tokens of document number `document`.
  mutating func append(_ tokens: [Int32], document: Int) {
    var position = 0
    while position < tokens.count {
      let count = min(length - current.tokens.count, tokens.count - position)
      current.spans.append(
        TokenSpan(
          document: document, documentStart: position, start: current.tokens.count, count: count))
      current.tokens += tokens[position..<position + count]
      position += count
      if current.tokens.count == length {
        windows.append(current)
        current = Window()
      }
    }
  }

  /// The windows; what is left over is dropped, unless it is all there is.
  consuming func finish() -> [Window] {
    if windows.isEmpty, !current.tokens.isEmpty { return [current] }
    return windows
  }
}
