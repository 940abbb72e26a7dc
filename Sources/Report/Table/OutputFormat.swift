/// What `--format` of a reading command may ask for.
public enum OutputFormat: String, Sendable, CaseIterable {
  /// Aligned columns for a terminal.
  case table
  /// A JSON array, one object a row, keys in snake_case.
  case json
  /// RFC 4180, doubles in shortest round-trip form.
  case csv
  /// A GitHub-flavoured Markdown table.
  case markdown
}
