/// Where each bracket of a wikitext closes, found in one pass. A bracket that never closes is not
/// listed and counts as plain text, so that one mistake of a page costs no more than itself.
struct WikitextBrackets {
  enum Kind {
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
  private var open: [(kind: Kind, start: Int, contentStart: Int)] = []

  /// Tags whose content is taken as it stands, or dropped.
  private static let opaqueTags: Set<String> = [
    "nowiki", "math", "chem", "gallery", "timeline", "score", "imagemap", "syntaxhighlight",
    "source", "graph", "mapframe", "maplink", "hiero", "templatedata", "templatestyles", "rt", "rp",
    "rtc", "section", "inputbox", "charinsert",
  ]

  init(_ text: [Unicode.Scalar]) {
    self.text = text
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
      open.append((.link, position, position + 2))
      return position + 2
    case "]" where has("]]", at: position):
      close(.link, at: position, length: 2)
      return position + 2
    case "|" where has("|}", at: position) && isAtLineStart(position):
      // `|}}` inside of a template is its last, empty argument.
      guard let innermost = open.last(where: { $0.kind == .table || $0.kind == .template }),
        innermost.kind == .table
      else { return position + 1 }
      close(.table, at: position, length: 2)
      return position + 2
    case "<": return tag(position)
    default: return position + 1
    }
  }

  private mutating func openBrace(_ position: Int) -> Int {
    if has("{|", at: position), isAtLineStart(position) {
      open.append((.table, position, position + 2))
      return position + 2
    }
    if has("{{{", at: position), !has("{{{{", at: position) {
      open.append((.parameter, position, position + 3))
      return position + 3
    }
    if has("{{", at: position) {
      open.append((.template, position, position + 2))
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

  /// Closes the innermost open bracket of `kind`; what was opened inside it and never closed is
  /// forgotten. Nothing but the end of a reference reaches past the start of that reference.
  @discardableResult
  private mutating func close(
    _ kind: Kind, at position: Int, length: Int, onlyInnermost: Bool = false
  ) -> Bool {
    let barrier = kind == .reference ? 0 : (open.lastIndex { $0.kind == .reference } ?? -1) + 1
    guard let index = open.lastIndex(where: { $0.kind == kind }), index >= barrier,
      !onlyInnermost || index == open.count - 1
    else { return false }
    let entry = open[index]
    open.removeSubrange(index...)
    brackets[entry.start] = Bracket(
      kind: kind, contentStart: entry.contentStart, contentEnd: position, end: position + length)
    return true
  }

  // MARK: Tags

  private mutating func tag(_ position: Int) -> Int {
    guard let tag = WikitextTag(text, at: position) else { return position + 1 }
    if tag.name == "ref" {
      if tag.isClosing {
        close(.reference, at: position, length: tag.end - position)
      } else if tag.isSelfClosing {
        brackets[position] = Bracket(
          kind: .reference, contentStart: tag.end, contentEnd: tag.end, end: tag.end)
      } else {
        open.append((.reference, position, tag.end))
      }
      return tag.end
    }
    guard Self.opaqueTags.contains(tag.name), !tag.isClosing, !tag.isSelfClosing else {
      return tag.end
    }
    // rt and rp may be left open before the next tag of their ruby.
    let isRuby = tag.name.hasPrefix("r")
    var index = tag.end
    while index < text.count {
      if text[index] == "<", let other = WikitextTag(text, at: index) {
        if other.name == tag.name, other.isClosing {
          brackets[position] = Bracket(
            kind: .opaque, contentStart: tag.end, contentEnd: index, end: other.end)
          return other.end
        }
        if isRuby {
          brackets[position] = Bracket(
            kind: .opaque, contentStart: tag.end, contentEnd: index, end: index)
          return index
        }
        index = other.end
      } else {
        index += 1
      }
    }
    return tag.end
  }
}

/// An HTML-like tag of a wikitext.
struct WikitextTag {
  /// In lower case.
  var name: String
  var isClosing: Bool
  var isSelfClosing: Bool
  /// Behind its `>`.
  var end: Int

  /// Reads the tag that opens with the `<` at `position`; nil where none does.
  init?(_ text: [Unicode.Scalar], at position: Int) {
    var index = position + 1
    isClosing = index < text.count && text[index] == "/"
    if isClosing { index += 1 }
    var name = ""
    while index < text.count, name.count < 20, text[index].isASCII,
      text[index].properties.isAlphabetic || ("0"..."9").contains(text[index])
    {
      name.unicodeScalars.append(text[index])
      index += 1
    }
    guard let first = name.unicodeScalars.first, first.properties.isAlphabetic else { return nil }
    self.name = name.lowercased()
    var quote: Unicode.Scalar?
    let limit = min(text.count, index + 2000)
    while index < limit {
      let scalar = text[index]
      if let open = quote {
        if scalar == open || scalar == "\n" { quote = nil }
      } else if scalar == "\"" {
        quote = scalar
      } else if scalar == ">" {
        isSelfClosing = text[index - 1] == "/"
        end = index + 1
        return
      } else if scalar == "<" {
        return nil
      }
      index += 1
    }
    return nil
  }
}
