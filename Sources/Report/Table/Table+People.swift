extension Table.Cell {
  /// The cell as a person reads it.
  var displayText: String {
    switch self {
    case .text(let text): text.withoutControls
    case .integer(let value): String(value)
    case .flag(let value): value ? "yes" : "no"
    case .number(let value, let unit, let precision):
      Self.rounded(value, precision) + (unit.isEmpty ? "" : " \(unit)")
    case .estimate(let value, let stderr): NumberText.estimate(value, stderr)
    case .missing: NumberText.missing
    }
  }

  /// Whether the cell lines up at its right edge.
  var isNumeric: Bool {
    switch self {
    case .integer, .number, .estimate: true
    case .text, .flag, .missing: false
    }
  }

  private static func rounded(_ value: Double, _ precision: Table.Precision) -> String {
    switch precision {
    case .significant(let digits): NumberText.significant(value, digits)
    case .decimals(let digits): NumberText.fixed(value, digits)
    }
  }
}

extension Table {
  /// Columns two spaces apart, numbers to the right, East Asian text at its terminal width.
  func alignedText() -> String {
    let numeric = numericColumns()
    let cells = [columns.map { $0.title.withoutControls }] + rows.map { $0.map(\.displayText) }
    let widths = columns.indices.map { column in
      cells.map { $0[column].displayWidth }.max() ?? 0
    }
    var text = ""
    for (index, line) in cells.enumerated() {
      text += Self.line(line, widths, numeric, separator: "  ") + "\n"
      if index == 0 {
        text += widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") + "\n"
      }
    }
    return text
  }

  /// A Markdown table whose source lines up too.
  func markdownText() -> String {
    let numeric = numericColumns()
    let cells =
      [columns.map { Self.markdownEscaped($0.title) }]
      + rows.map { $0.map { Self.markdownEscaped($0.displayText) } }
    let widths = columns.indices.map { column in
      max(3, cells.map { $0[column].displayWidth }.max() ?? 0)
    }
    var lines = cells.map { "| \(Self.line($0, widths, numeric, separator: " | ", trim: false)) |" }
    let rule = zip(widths, numeric).map { width, numeric in
      numeric
        ? String(repeating: "-", count: width - 1) + ":" : String(repeating: "-", count: width)
    }
    lines.insert("| \(rule.joined(separator: " | ")) |", at: 1)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(
    _ cells: [String], _ widths: [Int], _ numeric: [Bool], separator: String, trim: Bool = true
  ) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      if index > 0 { line += separator }
      let padding = String(repeating: " ", count: widths[index] - cell.displayWidth)
      let isLast = trim && index == cells.count - 1
      line += numeric[index] ? padding + cell : cell + (isLast ? "" : padding)
    }
    return line
  }

  /// A column of numbers, whatever is missing from it, is set to the right.
  private func numericColumns() -> [Bool] {
    columns.indices.map { column in
      rows.contains { $0[column].isNumeric }
        && rows.allSatisfy { $0[column].isNumeric || $0[column] == .missing }
    }
  }

  private static func markdownEscaped(_ text: String) -> String {
    var escaped = ""
    for character in text.withoutControls {
      if "|\\`*<>".contains(character) { escaped.append("\\") }
      escaped.append(character)
    }
    return escaped
  }
}

extension String {
  /// The text with control characters as their visible pictures, so that no cell moves the cursor.
  var withoutControls: String {
    var shown = ""
    for scalar in unicodeScalars {
      let picture = scalar.value == 0x7F ? 0x2421 : scalar.value + 0x2400
      let isControl = scalar.value < 0x20 || scalar.value == 0x7F
      shown.unicodeScalars.append(isControl ? Unicode.Scalar(picture) ?? " " : scalar)
    }
    return shown
  }
}
