/// What `Split` and `Replace` look for: a literal text or a regular expression.
enum TextPattern: Sendable {
  case literal([Unicode.Scalar])
  case regex(Regex)
  /// Every scalar of a set, each a match of its own.
  case scalars(ScalarSet)

  /// All of `text` in order, cut into matches and what lies between them.
  func spans(in text: ArraySlice<Unicode.Scalar>) -> [(range: Range<Int>, isMatch: Bool)] {
    guard !text.isEmpty else { return [(text.startIndex..<text.endIndex, false)] }
    var spans: [(range: Range<Int>, isMatch: Bool)] = []
    var end = text.startIndex
    func add(_ match: Range<Int>) {
      if end < match.lowerBound { spans.append((end..<match.lowerBound, false)) }
      spans.append((match, true))
      end = match.upperBound
    }
    switch self {
    case .literal(let literal): Self.forEachMatch(of: literal, in: text, add)
    case .regex(let regex):
      var matcher = RegexMatcher(regex, on: text)
      matcher.forEachMatch(add)
    case .scalars(let set):
      for index in text.indices where set.contains(text[index]) { add(index..<index + 1) }
    }
    if end < text.endIndex { spans.append((end..<text.endIndex, false)) }
    return spans
  }

  /// `text` with every match replaced by `content`.
  func replace(in text: ArraySlice<Unicode.Scalar>, with content: [Unicode.Scalar])
    -> [Unicode.Scalar]
  {
    var result = [Unicode.Scalar]()
    result.reserveCapacity(text.count)
    for (range, isMatch) in spans(in: text) {
      if isMatch { result += content } else { result += text[range] }
    }
    return result
  }

  private static func forEachMatch(
    of literal: [Unicode.Scalar], in text: ArraySlice<Unicode.Scalar>,
    _ body: (Range<Int>) -> Void
  ) {
    guard let first = literal.first else { return }
    var position = text.startIndex
    while position + literal.count <= text.endIndex {
      if text[position] == first, text[position..<position + literal.count].elementsEqual(literal) {
        body(position..<position + literal.count)
        position += literal.count
      } else {
        position += 1
      }
    }
  }
}
