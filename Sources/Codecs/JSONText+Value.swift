extension JSONText {
  /// `value` as text over several lines, members in their order, two blanks a level. Numbers that
  /// JSON cannot write (NaN, infinity) become `null`.
  public static func pretty(_ value: JSONValue) -> String {
    pretty(value, indent: "")
  }

  private static func pretty(_ value: JSONValue, indent: String) -> String {
    let deeper = indent + "  "
    switch value {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let value): return value.isFinite ? "\(value)" : "null"
    case .string(let text): return string(text)
    case .array(let elements):
      if elements.isEmpty { return "[]" }
      let lines = elements.map { deeper + pretty($0, indent: deeper) }
      return "[\n" + lines.joined(separator: ",\n") + "\n" + indent + "]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let lines = members.map { deeper + string($0.key) + ": " + pretty($0.value, indent: deeper) }
      return "{\n" + lines.joined(separator: ",\n") + "\n" + indent + "}"
    }
  }

  /// `value` as text in one line, members in their order. Numbers that JSON cannot write (NaN,
  /// infinity) become `null`.
  public static func line(_ value: JSONValue) -> String {
    switch value {
    case .array(let elements): "[" + elements.map(line).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { string($0.key) + ": " + line($0.value) }.joined(separator: ", ") + "}"
    default: pretty(value)
    }
  }
}
