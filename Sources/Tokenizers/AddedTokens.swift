/// One entry of `added_tokens`.
struct AddedToken: Sendable {
  var id: Int32
  var content: [Unicode.Scalar]
  var singleWord = false
  var lstrip = false
  var rstrip = false
  var normalized = false
  var special = false
}

/// Finds added tokens in text, leftmost and longest first.
struct AddedTokenFinder: Sendable {
  private struct Node: Sendable {
    var children: [UInt32: Int] = [:]
    var token: Int?
  }

  private var nodes = [Node()]
  private var firstScalars = ScalarSet()
  private var tokens: [AddedToken] = []

  /// A finder of `tokens`, each by its content as it stands; an earlier one wins a tie.
  init(_ tokens: [AddedToken]) {
    for token in tokens where !token.content.isEmpty {
      var node = 0
      firstScalars.insert(token.content[0].value)
      for scalar in token.content {
        if let child = nodes[node].children[scalar.value] {
          node = child
        } else {
          nodes.append(Node())
          nodes[node].children[scalar.value] = nodes.count - 1
          node = nodes.count - 1
        }
      }
      if nodes[node].token == nil {
        nodes[node].token = self.tokens.count
        self.tokens.append(token)
      }
    }
  }

  /// All of `text` in order, cut into added tokens and the text between them.
  func spans(in text: ArraySlice<Unicode.Scalar>) -> [(range: Range<Int>, token: Int32?)] {
    if tokens.isEmpty { return [(text.startIndex..<text.endIndex, nil)] }
    var spans: [(range: Range<Int>, token: Int32?)] = []
    var covered = text.startIndex
    var position = text.startIndex
    while position < text.endIndex {
      guard firstScalars.contains(text[position]),
        let (token, end) = longest(in: text, at: position)
      else {
        position += 1
        continue
      }
      var start = position
      var stop = end
      position = end
      if token.singleWord, isWord(text, start - 1) || isWord(text, stop) { continue }
      if token.lstrip {
        while start > covered, isSpace(text, start - 1) { start -= 1 }
      }
      if token.rstrip {
        while isSpace(text, stop) { stop += 1 }
      }
      if covered < start { spans.append((covered..<start, nil)) }
      spans.append((start..<max(start, stop), token.id))
      covered = stop
    }
    if covered < text.endIndex { spans.append((covered..<text.endIndex, nil)) }
    return spans
  }

  private func longest(in text: ArraySlice<Unicode.Scalar>, at start: Int) -> (AddedToken, Int)? {
    var best: (AddedToken, Int)?
    var node = 0
    var position = start
    while position < text.endIndex, let child = nodes[node].children[text[position].value] {
      node = child
      position += 1
      if let token = nodes[node].token { best = (tokens[token], position) }
    }
    return best
  }

  private func isWord(_ text: ArraySlice<Unicode.Scalar>, _ position: Int) -> Bool {
    text.indices.contains(position) && ScalarClass.rustWord.contains(text[position])
  }

  private func isSpace(_ text: ArraySlice<Unicode.Scalar>, _ position: Int) -> Bool {
    text.indices.contains(position) && ScalarClass.space.contains(text[position])
  }
}
