/// The markers that the wiki40b dataset writes into its texts.
enum Wiki40B {
  /// `text` with its markers turned into line feeds; other texts come back as they are.
  static func decode(_ text: String) -> String {
    guard text.utf8.first == 0x0A, text.hasPrefix("\n_START_ARTICLE_\n") else { return text }
    var lines = [Substring]()
    var isTitle = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
      switch line {
      case "_START_ARTICLE_": isTitle = true
      case "_START_SECTION_", "_START_PARAGRAPH_": isTitle = false
      default:
        // The article's title is not part of its running text.
        if !isTitle { lines.append(line) }
      }
    }
    return lines.joined(separator: "\n").replacing("_NEWLINE_", with: "\n")
  }
}
