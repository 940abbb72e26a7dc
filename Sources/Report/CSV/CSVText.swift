/// CSV as every reader takes it: UTF-8 without a mark, RFC 4180 quoting, a line feed after each
/// record, empty for a missing value.
struct CSVText {
  /// The records so far.
  private(set) var text = ""

  /// Starts with a header of `columns`.
  init(columns: [String]) {
    append(columns)
  }

  /// Adds one record.
  mutating func append(_ fields: [String]) {
    for (index, field) in fields.enumerated() {
      if index > 0 { text += "," }
      text += Self.quoted(field)
    }
    text += "\n"
  }

  /// `field`, in quotes where it holds a comma, a quote or a line end.
  static func quoted(_ field: String) -> String {
    let special = field.utf8.contains {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13
    }
    guard special else { return field }
    var quoted = "\""
    for scalar in field.unicodeScalars {
      if scalar == "\"" { quoted += "\"" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}

/// A column of a CSV: its name and how a row fills it.
struct CSVColumn<Row>: Sendable {
  /// What its fields are in JSON; an empty field is null in each.
  enum Form: Sendable {
    case text
    /// A number; what is not finite is null.
    case number
    case flag
    /// A number where the field is one, else a text.
    case either
  }

  let name: String
  let form: Form
  let field: @Sendable (Row) -> String

  /// A column of fields that are written as `form` says.
  init(_ name: String, _ form: Form, _ field: @escaping @Sendable (Row) -> String) {
    (self.name, self.form, self.field) = (name, form, field)
  }

  /// A column of texts.
  static func text(_ name: String, _ value: @escaping @Sendable (Row) -> String) -> Self {
    Self(name, .text, value)
  }

  /// A column of integers; nil is missing.
  static func integer(_ name: String, _ value: @escaping @Sendable (Row) -> Int?) -> Self {
    Self(name, .number) { row in value(row).map(String.init) ?? "" }
  }

  /// A column of doubles, shortest round trip; nil and NaN are missing.
  static func number(_ name: String, _ value: @escaping @Sendable (Row) -> Double?) -> Self {
    Self(name, .number) { row in value(row).map(NumberText.shortest) ?? "" }
  }

  /// `rows` under a header of `columns`.
  static func csv(_ columns: [Self], _ rows: some Sequence<Row>) -> String {
    var csv = CSVText(columns: columns.map(\.name))
    for row in rows { csv.append(columns.map { $0.field(row) }) }
    return csv.text
  }

  /// `rows` as a JSON array of objects whose members are `columns`, in their order.
  static func json(_ columns: [Self], _ rows: some Sequence<Row>) -> String {
    let objects = rows.map { row in
      let members = columns.map { column in
        "\(column.name.jsonQuoted): \(column.form.json(column.field(row)))"
      }
      return "{\(members.joined(separator: ", "))}"
    }
    return objects.isEmpty ? "[]\n" : "[\n\(objects.joined(separator: ",\n"))\n]\n"
  }
}

extension CSVColumn.Form {
  /// The field of a CSV as a JSON value.
  func json(_ field: String) -> String {
    guard !field.isEmpty else { return "null" }
    let number = Double(field).map { $0.isFinite ? field : "null" }
    switch self {
    case .text: return field.jsonQuoted
    case .number: return number ?? "null"
    case .flag: return field == "true" || field == "false" ? field : field.jsonQuoted
    case .either: return number ?? field.jsonQuoted
    }
  }
}
