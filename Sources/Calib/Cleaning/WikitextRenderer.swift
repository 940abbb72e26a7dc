/// Turns wikitext into running text with heading marks; `WikitextCleaner` then tidies the lines.
struct WikitextRenderer {
  /// Opens a heading line; the scalar's distance to it is the heading's level.
  static let headingBase: UInt32 = 0xE000
  static let headings: ClosedRange<Unicode.Scalar> = "\u{E001}"..."\u{E006}"

  private let text: [Unicode.Scalar]
  private let brackets: [Int: WikitextBrackets.Bracket]
  private var depth = 0

  init(_ text: [Unicode.Scalar]) {
    self.text = text
    brackets = WikitextBrackets(text).brackets
  }

  /// The whole text, rendered.
  mutating func render() -> String {
    var output = String.UnicodeScalarView()
    render(0..<text.count, into: &output)
    return String(output)
  }

  private mutating func rendered(_ range: Range<Int>) -> String {
    var output = String.UnicodeScalarView()
    render(range, into: &output)
    return String(output)
  }

  private mutating func render(_ range: Range<Int>, into output: inout String.UnicodeScalarView) {
    // Deeper than any real page: what is left is not prose.
    guard depth < 60 else { return }
    depth += 1
    defer { depth -= 1 }
    var position = range.lowerBound
    /// Up to here, no external link closes.
    var linkless = position
    while position < range.upperBound {
      let scalar = text[position]
      if let bracket = brackets[position], bracket.end <= range.upperBound {
        render(bracket, at: position, into: &output)
        position = bracket.end
        continue
      }
      let isLineStart = position == 0 || text[position - 1] == "\n"
      switch scalar {
      case "=" where isLineStart:
        if let end = heading(position, range.upperBound, into: &output) {
          position = end
          continue
        }
        output.append(scalar)
      case _ where isLineStart && "*#:;".unicodeScalars.contains(scalar):
        position = listMarks(position, range.upperBound)
        continue
      case "-" where isLineStart && has("----", position):
        while position < range.upperBound, text[position] == "-" { position += 1 }
        continue
      case "'" where has("''", position):
        while position < range.upperBound, text[position] == "'" { position += 1 }
        continue
      case "[":
        if position >= linkless,
          let end = externalLink(position, range.upperBound, &linkless, into: &output)
        {
          position = end
          continue
        }
        // An opening pair that never closes goes, its text stays.
        if has("[[", position) { position += 1 } else { output.append(scalar) }
      case "]" where has("]]", position): position += 1
      case "{" where has("{{", position) || has("{|", position): position += 1
      case "}" where has("}}", position): position += 1
      case "<":
        if let tag = WikitextTag(text, at: position) {
          if ["br", "p", "div", "li", "tr", "hr"].contains(tag.name) { output.append("\n") }
          position = tag.end
          continue
        }
        output.append(scalar)
      case "&":
        if let (decoded, end) = HTMLEntities.scalar(in: text, at: position) {
          output.append(decoded)
          position = end
          continue
        }
        output.append(scalar)
      case "_" where has("__", position):
        if let end = magicWord(position, range.upperBound) {
          position = end
          continue
        }
        output.append(scalar)
      case "-" where has("-{", position):
        if let end = languageVariant(position, range.upperBound, into: &output) {
          position = end
          continue
        }
        output.append(scalar)
      default: output.append(scalar)
      }
      position += 1
    }
  }

  private func has(_ pattern: String, _ position: Int) -> Bool {
    text[position...].starts(with: pattern.unicodeScalars)
  }

  // MARK: Brackets

  private mutating func render(
    _ bracket: WikitextBrackets.Bracket, at position: Int,
    into output: inout String.UnicodeScalarView
  ) {
    let content = bracket.contentStart..<bracket.contentEnd
    switch bracket.kind {
    case .reference, .table: break
    case .opaque:
      if WikitextTag(text, at: position)?.name == "nowiki" {
        output.append(contentsOf: text[content])
      }
    case .parameter:
      let parts = split(content)
      if parts.count > 1 { render(parts[1], into: &output) }
    case .template: output.append(contentsOf: template(content).unicodeScalars)
    case .link: output.append(contentsOf: link(content).unicodeScalars)
    }
  }

  /// `range` cut at its own `|`, not at those of brackets inside it.
  private func split(_ range: Range<Int>) -> [Range<Int>] {
    var parts = [Range<Int>]()
    var start = range.lowerBound
    var position = start
    while position < range.upperBound {
      if let bracket = brackets[position], bracket.end <= range.upperBound {
        position = bracket.end
        continue
      }
      if text[position] == "|" {
        parts.append(start..<position)
        start = position + 1
      }
      position += 1
    }
    parts.append(start..<range.upperBound)
    return parts
  }

  private mutating func template(_ content: Range<Int>) -> String {
    let parts = split(content)
    let name = String(String.UnicodeScalarView(text[parts[0]]))
    var arguments = WikitextTemplates.Arguments()
    for part in parts.dropFirst() {
      if let equals = equalsSign(part) {
        let key = trimmed(String(String.UnicodeScalarView(text[part.lowerBound..<equals])))
        arguments.named[key] = trimmed(rendered(equals + 1..<part.upperBound))
      } else {
        arguments.positional.append(trimmed(rendered(part)))
      }
    }
    return WikitextTemplates.render(name, arguments)
  }

  /// The first `=` of an argument that stands outside of brackets and tags.
  private func equalsSign(_ range: Range<Int>) -> Int? {
    var position = range.lowerBound
    while position < range.upperBound {
      if let bracket = brackets[position], bracket.end <= range.upperBound {
        position = bracket.end
      } else if text[position] == "<", let tag = WikitextTag(text, at: position) {
        position = tag.end
      } else if text[position] == "=" {
        return position
      } else {
        position += 1
      }
    }
    return nil
  }

  private func trimmed(_ text: String) -> String {
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    return String(
      text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }

  private mutating func link(_ content: Range<Int>) -> String {
    let parts = split(content)
    var target = trimmed(String(String.UnicodeScalarView(text[parts[0]])))
    let isVisible = target.hasPrefix(":")
    if isVisible { target.removeFirst() }
    if !isVisible, let colon = target.firstIndex(of: ":") {
      let prefix = trimmed(String(target[..<colon])).lowercased()
      if Self.hiddenPrefixes.contains(prefix) || Self.isLanguage(prefix) { return "" }
    }
    guard let label = parts.dropFirst().last else {
      let shown = rendered(parts[0]).replacing("_", with: " ")
      return isVisible ? String(trimmed(shown).dropFirst()) : shown
    }
    let text = rendered(label)
    guard text.isEmpty else { return text }
    // The pipe trick: [[名前 (曖昧さ回避)|]] shows 名前.
    let end = target.firstIndex(of: "(") ?? target.firstIndex(of: "（") ?? target.endIndex
    return trimmed(String(target[..<end]))
  }

  private static let hiddenPrefixes: Set<String> = [
    "file", "image", "media", "ファイル", "画像", "メディア", "category", "カテゴリ", "カテゴリー",
  ]

  private static func isLanguage(_ prefix: String) -> Bool {
    let codes: Set<String> = [
      "simple", "zh-min-nan", "zh-yue", "zh-classical", "be-x-old", "nds-nl",
    ]
    if codes.contains(prefix) { return true }
    let letters = prefix.unicodeScalars
    return (letters.count == 2 || letters.count == 3)
      && letters.allSatisfy { ("a"..."z").contains($0) }
  }

  // MARK: Lines and inline marks

  private mutating func heading(
    _ position: Int, _ limit: Int, into output: inout String.UnicodeScalarView
  ) -> Int? {
    var end = position
    while end < limit, text[end] != "\n" { end += 1 }
    var close = end
    while close > position, text[close - 1] == " " || text[close - 1] == "\t" { close -= 1 }
    var level = 0
    while position + level < close, text[position + level] == "=" { level += 1 }
    var trailing = 0
    while close - trailing > position + level, text[close - trailing - 1] == "=" { trailing += 1 }
    level = min(level, trailing, 6)
    guard level > 0 else { return nil }
    let title = trimmed(rendered(position + level..<close - level))
    output.append("\n")
    if let mark = Unicode.Scalar(Self.headingBase + UInt32(level)) { output.append(mark) }
    output.append(contentsOf: title.replacing("\n", with: " ").unicodeScalars)
    output.append("\n")
    return end
  }

  private func listMarks(_ position: Int, _ limit: Int) -> Int {
    var position = position
    while position < limit, "*#:; ".unicodeScalars.contains(text[position]) { position += 1 }
    return position
  }

  /// Renders the external link that opens at `position`, and returns the place behind it; where none
  /// closes up to the line's end, `linkless` moves there.
  private mutating func externalLink(
    _ position: Int, _ limit: Int, _ linkless: inout Int,
    into output: inout String.UnicodeScalarView
  ) -> Int? {
    let schemes = ["http://", "https://", "ftp://", "//", "mailto:"]
    guard schemes.contains(where: { has($0, position + 1) }) else { return nil }
    var space: Int?
    var index = position + 1
    while index < limit, text[index] != "\n" {
      if let bracket = brackets[index], bracket.end <= limit {
        index = bracket.end
        continue
      }
      if text[index] == "]" {
        if let space { render(space + 1..<index, into: &output) }
        return index + 1
      }
      if space == nil, text[index] == " " || text[index] == "\u{3000}" { space = index }
      index += 1
    }
    linkless = index
    return nil
  }

  private func magicWord(_ position: Int, _ limit: Int) -> Int? {
    var index = position + 2
    while index < limit, index < position + 30, text[index] != "_", text[index] != "\n" {
      index += 1
    }
    guard index > position + 2, index + 1 < limit, text[index] == "_", text[index + 1] == "_",
      text[position + 2..<index].allSatisfy({ ("A"..."Z").contains($0) || $0.value > 0x3000 })
    else { return nil }
    return index + 2
  }

  /// `-{x}-` shows x; `-{zh-hans:x;zh-hant:y}-` its first variant.
  private mutating func languageVariant(
    _ position: Int, _ limit: Int, into output: inout String.UnicodeScalarView
  ) -> Int? {
    var index = position + 2
    while index + 1 < limit, index < position + 300, !has("}-", index) { index += 1 }
    guard index + 1 < limit, has("}-", index) else { return nil }
    let content = trimmed(rendered(position + 2..<index))
    var first = content.split(separator: ";").first.map(String.init) ?? content
    if let colon = first.firstIndex(of: ":") { first = String(first[first.index(after: colon)...]) }
    output.append(contentsOf: trimmed(first).unicodeScalars)
    return index + 2
  }
}
