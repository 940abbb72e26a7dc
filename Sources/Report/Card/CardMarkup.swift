/// Text that a card takes from files, made safe for Markdown and for its YAML header.
enum CardMarkup {
  /// One line of Markdown, whatever the text holds.
  static func line(_ text: String) -> String {
    text.replacing("\n", with: " ").replacing("\r", with: " ").withoutControls
      .replacing("<", with: "&lt;")
  }

  /// A block of code in `language`.
  static func code(_ text: String, _ language: String) -> String {
    "```\(language)\n\(text.replacing("```", with: "` ` `"))\n```"
  }

  /// A list of one line each.
  static func bullets(_ lines: [String]) -> String {
    lines.map { "- \($0)" }.joined(separator: "\n")
  }

  /// A table without the line feed behind it.
  static func table(_ columns: [String], _ rows: [[Table.Cell]]) -> String {
    let text = Table(columns: columns.map { Table.Column($0) }, rows: rows).markdownText()
    return String(text.dropLast())
  }

  /// A YAML scalar: plain where it is plainly a name, in JSON quotes (which YAML reads) otherwise.
  static func yaml(_ text: String) -> String {
    let isName =
      text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: "_"), UInt8(ascii: "/"):
          true
        default: false
        }
      } && text.first?.isLetter == true
    let reserved = ["no", "yes", "on", "off", "true", "false", "null", "y", "n"]
    return isName && !reserved.contains(text.lowercased()) ? text : text.jsonQuoted
  }
}
