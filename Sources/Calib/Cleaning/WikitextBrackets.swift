/// Where each bracket of a wikitext closes, found in one pass whose steps do not depend on what is
/// open. A bracket that never closes is not listed and counts as plain text, so that one mistake of a
/// page costs no more than itself.
struct WikitextBrackets {
  enum Kind: Int, CaseIterable {
    case template
    case parameter
    case link
    case table
    case reference
    /// A tag whose content is not wikitext, or is never running text.
    case opaque
  }

  struct Bracket {
    var kind: Kind
    /// Where its content begins, where it ends, and where the text goes on.
    var contentStart: Int
    var contentEnd: Int
    var end: Int
  }

  /// The brackets by the place they open at.
  private(set) var brackets: [Int: Bracket] = [:]
  private let text: [Unicode.Scalar]
  private var tags: WikitextTags
  /// The brackets that are open, innermost last.
  private var open: [(kind: Kind, start: Int, contentStart: Int)] = []
  /// For each kind, where its brackets stand in `open`.
  private var places = [[Int]](repeating: [], count: Kind.allCases.count)

  /// Tags whose content is taken as it stands, or dropped.
  private static let opaqueTags: Set<String> = [
    "nowiki", "math", "chem", "gallery", "timeline", "score", "imagemap", "syntaxhighlight",
    "source", "graph", "mapframe", "maplink", "hiero", "templatedata", "templatestyles", "rt", "rp",
    "rtc", "section", "inputbox", "charinsert",
  ]

  init(_ text: [Unicode.Scalar]) {
    self.text = text
    tags = WikitextTags(text)
    var position = 0
    while position < text.count { position = step(position) }
  }

  private func has(_ pattern: StaticString, at position: Int) -> Bool {
    guard position + pattern.utf8CodeUnitCount <= text.count else { return false }
    return pattern.withUTF8Buffer { bytes in
      bytes.indices.allSatisfy { text[position + $0].value == UInt32(bytes[$0]) }
    }
  }

  /// Only white space and list marks stand between the line's start and `position`.
  private func isAtLineStart(_ position: Int) -> Bool {
    var index = position - 1
    while index >= 0, text[index] == " " || text[index] == ":" || text[index] == "*" { index -= 1 }
    return index < 0 || text[index] == "\n"
  }

  private mutating func step(_ position: Int) -> Int {
    switch text[position] {
    case "{": return openBrace(position)
    case "}": return closeBrace(position)
    case "[" where has("[[", at: position):
      begin(.link, at: position, length: 2)
      return position + 2
    case "]" where has("]]", at: position):
      close(.link, at: position, length: 2)
      return position + 2
    case "|" where has("|}", at: position) && isAtLineStart(position):
      // `|}}` inside of a template is its last, empty argument.
      guard let table = place(.table), table > place(.template) ?? -1 else { return position + 1 }
      close(.table, at: position, length: 2)
      return position + 2
    case "<": return tag(position)
    default: return position + 1
    }
  }

  private mutating func openBrace(_ position: Int) -> Int {
    if has("{|", at: position), isAtLineStart(position) {
      begin(.table, at: position, length: 2)
      return position + 2
    }
    if has("{{{", at: position), !has("{{{{", at: position) {
      begin(.parameter, at: position, length: 3)
      return position + 3
    }
    if has("{{", at: position) {
      begin(.template, at: position, length: 2)
      return position + 2
    }
    return position + 1
  }

  private mutating func closeBrace(_ position: Int) -> Int {
    if has("}}}", at: position), close(.parameter, at: position, length: 3, onlyInnermost: true) {
      return position + 3
    }
    guard has("}}", at: position) else { return position + 1 }
    close(.template, at: position, length: 2)
    return position + 2
  }

  /// Where the innermost open bracket of `kind` stands in `open`.
  private func place(_ kind: Kind) -> Int? { places[kind.rawValue].last }

  private mutating func begin(_ kind: Kind, at position: Int, length: Int) {
    places[kind.rawValue].append(open.count)
    open.append((kind, position, position + length))
  }

  /// Closes the innermost open bracket of `kind`; what was opened inside it and never closed is
  /// forgotten. Nothing but the end of a reference reaches past the start of that reference.
  @discardableResult
  private mutating func close(
    _ kind: Kind, at position: Int, length: Int, onlyInnermost: Bool = false
  ) -> Bool {
    let barrier = kind == .reference ? 0 : (place(.reference) ?? -1) + 1
    guard let index = place(kind), index >= barrier, !onlyInnermost || index == open.count - 1
    else { return false }
    let entry = open[index]
    while open.count > index {
      places[open.removeLast().kind.rawValue].removeLast()
    }
    brackets[entry.start] = Bracket(
      kind: kind, contentStart: entry.contentStart, contentEnd: position, end: position + length)
    return true
  }

  // MARK: Tags

  private mutating func tag(_ position: Int) -> Int {
    guard let tag = tags.tag(at: position) else { return position + 1 }
    if tag.name == "ref" {
      if tag.isClosing {
        close(.reference, at: position, length: tag.end - position)
      } else if tag.isSelfClosing {
        brackets[position] = Bracket(
          kind: .reference, contentStart: tag.end, contentEnd: tag.end, end: tag.end)
      } else {
        begin(.reference, at: position, length: tag.end - position)
      }
      return tag.end
    }
    guard Self.opaqueTags.contains(tag.name), !tag.isClosing, !tag.isSelfClosing else {
      return tag.end
    }
    // rt and rp may be left open before the next tag of their ruby.
    let isRuby = tag.name.hasPrefix("r")
    guard let close = isRuby ? tags.next() : tags.nextClosing(tag.name) else { return tag.end }
    let isClosed = close.tag.isClosing && close.tag.name == tag.name
    let end = isClosed ? close.tag.end : close.position
    brackets[position] = Bracket(
      kind: .opaque, contentStart: tag.end, contentEnd: close.position, end: end)
    return end
  }
}
