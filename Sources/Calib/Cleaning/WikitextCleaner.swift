/// Wikitext to running text: templates that carry text are rendered, links show their labels;
/// references, tables, images, categories and the sections behind an article are dropped.
public enum WikitextCleaner {
  /// The running text of `source`, one paragraph, list item or heading a line.
  public static func clean(_ source: String) -> String {
    let text = withoutComments(source)
    guard !isRedirect(text) else { return "" }
    var renderer = WikitextRenderer(text)
    return tidy(renderer.render())
  }

  private static func isRedirect(_ text: [Unicode.Scalar]) -> Bool {
    let start = String(String.UnicodeScalarView(text.prefix(12))).lowercased()
    return start.hasPrefix("#redirect") || start.hasPrefix("#転送") || start.hasPrefix("#リダイレクト")
  }

  /// The scalars without comments, and without the marks that the renderer uses.
  private static func withoutComments(_ source: String) -> [Unicode.Scalar] {
    let scalars = Array(source.unicodeScalars)
    let open = Array("<!--".unicodeScalars)
    let close = Array("-->".unicodeScalars)
    var result = [Unicode.Scalar]()
    result.reserveCapacity(scalars.count)
    var position = 0
    while position < scalars.count {
      if scalars[position] == "<", scalars[position...].starts(with: open) {
        position += open.count
        while position < scalars.count, !scalars[position...].starts(with: close) { position += 1 }
        position += close.count
        continue
      }
      if !WikitextRenderer.headings.contains(scalars[position]), scalars[position] != "\r" {
        result.append(scalars[position])
      }
      position += 1
    }
    return result
  }

  // MARK: Lines

  private struct Line {
    var level: Int?
    var text: String
  }

  private static func tidy(_ text: String) -> String {
    var lines = [Line]()
    for raw in text.unicodeScalars.split(separator: "\n") {
      var scalars = raw
      var level: Int?
      if let first = scalars.first, WikitextRenderer.headings.contains(first) {
        level = Int(first.value - WikitextRenderer.headingBase)
        scalars = scalars.dropFirst()
      }
      let text = EmptyParentheses.close(String(scalars))
      if text.unicodeScalars.contains(where: { $0.properties.isAlphabetic }) || hasDigit(text) {
        lines.append(Line(level: level, text: text))
      }
    }
    return withoutBareHeadings(withoutBackMatter(lines)).map(\.text).joined(separator: "\n")
  }

  private static func hasDigit(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.properties.numericType != nil }
  }

  /// Drops the sections that list sources and links.
  private static func withoutBackMatter(_ lines: [Line]) -> [Line] {
    var result = [Line]()
    var droppedLevel: Int?
    for line in lines {
      if let level = line.level {
        if let dropped = droppedLevel, level > dropped { continue }
        droppedLevel = isBackMatter(line.text) ? level : nil
      }
      if droppedLevel == nil { result.append(line) }
    }
    return result
  }

  private static func isBackMatter(_ title: String) -> Bool {
    let words = [
      "脚注", "出典", "参照", "注釈", "注", "註", "注記", "参考文献", "参考資料", "関連項目", "外部リンク",
      "関連文献", "文献", "その他関連事項", "日本国内の関連項目", "関連リンク", "出典・脚注", "脚注・出典",
      "脚注・参考文献", "注釈・出典", "注釈と出典", "出典と脚注", "脚注と出典", "参考文献・出典", "外部サイト",
      "引用", "引用元", "備考・出典", "主な参考文献", "関連書籍", "関連資料", "関連図書",
    ]
    let title = title.filter { !$0.isWhitespace }
    return words.contains { $0.utf8.elementsEqual(title.utf8) }
  }

  /// Drops headings over nothing, such as those of tables and galleries.
  private static func withoutBareHeadings(_ lines: [Line]) -> [Line] {
    var result = [Line]()
    for line in lines.reversed() {
      if let level = line.level {
        guard let next = result.last, next.level.map({ $0 > level }) ?? true else { continue }
      }
      result.append(line)
    }
    return result.reversed()
  }
}
