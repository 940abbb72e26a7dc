extension JSONValue {
  /// The value with its type, for the second part of an error: `"4", a string`, `a list of 3`.
  public var words: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value), a Boolean"
    case .integer(let value): "\(value), a number"
    case .number(let value): "\(value), a number"
    case .string(let text): "\(JSONText.string(Self.shortened(text))), a string"
    case .array(let elements): elements.isEmpty ? "an empty list" : "a list of \(elements.count)"
    case .object(let members):
      members.isEmpty ? "an empty object" : "an object with \(Self.names(members))"
    }
  }

  private static func names(_ members: [JSONMember]) -> String {
    let names = members.prefix(12).map { shortened($0.key) }.joined(separator: ", ")
    return members.count > 12 ? "\(names), …" : names
  }

  /// `text`, or its beginning where it is long.
  private static func shortened(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > 40 else { return text }
    return String(String.UnicodeScalarView(scalars.prefix(40))) + "…"
  }
}
