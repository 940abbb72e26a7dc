extension Table {
  /// Names and full values; a column with estimates is followed by its standard errors.
  func csvText() -> String {
    let fields = programFields()
    var csv = CSVText(columns: fields.map(\.key))
    for row in rows {
      csv.append(fields.map { Self.csvField($0.value(row)) })
    }
    return csv.text
  }

  /// An array of objects, keys in the order of the columns; missing and non-finite are null.
  func jsonText() -> String {
    let fields = programFields()
    let objects = rows.map { row in
      let members = fields.map { "\($0.key.jsonQuoted): \(Self.jsonValue($0.value(row)))" }
      return "  {\(members.joined(separator: ", "))}"
    }
    return objects.isEmpty ? "[]\n" : "[\n\(objects.joined(separator: ",\n"))\n]\n"
  }

  private struct Field {
    let key: String
    let value: ([Cell]) -> Cell
  }

  private func programFields() -> [Field] {
    columns.indices.flatMap { column -> [Field] in
      let key = columns[column].key
      let value = Field(key: key) { $0[column] }
      let hasStderr = rows.contains { row in
        if case .estimate = row[column] { true } else { false }
      }
      guard hasStderr else { return [value] }
      let stderr = Field(key: "\(key)_stderr") { row in
        if case .estimate(_, let stderr) = row[column] { .number(stderr) } else { .missing }
      }
      return [value, stderr]
    }
  }

  private static func csvField(_ cell: Cell) -> String {
    switch cell {
    case .text(let text): text
    case .integer(let value): String(value)
    case .flag(let value): String(value)
    case .number(let value, _, _), .estimate(let value, _): NumberText.shortest(value)
    case .missing: ""
    }
  }

  private static func jsonValue(_ cell: Cell) -> String {
    switch cell {
    case .text(let text): text.jsonQuoted
    case .integer(let value): String(value)
    case .flag(let value): String(value)
    case .number(let value, _, _), .estimate(let value, _):
      value.isFinite ? NumberText.shortest(value) : "null"
    case .missing: "null"
    }
  }
}
