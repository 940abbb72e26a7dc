extension JSONValue: ExpressibleByDictionaryLiteral {
  /// An object of these members, in this order.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { JSONMember(key: $0.0, value: $0.1) })
  }
}

extension [JSONMember] {
  /// The value of the member `key`, the last one of that name.
  public subscript(key: String) -> JSONValue? { JSONValue.object(self)[key] }

  /// The names, in order.
  public var keys: [String] { map(\.key) }
}

extension JSONValue: CustomStringConvertible {
  /// The value as YAML's flow style writes it, for errors: `[4, 8]`, `{bits: 8}`.
  public var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value
    case .array(let values): "[\(values.map(\.description).joined(separator: ", "))]"
    case .object(let members):
      "{\(members.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
    }
  }
}
