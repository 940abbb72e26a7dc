/// A JSON value that keeps what Foundation's parser loses: the order of an object's members, and
/// keys that differ only by canonical equivalence.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])
}

/// One member of a JSON object.
public struct JSONMember: Sendable, Hashable {
  /// The name, scalar by scalar as written.
  public let key: String
  /// The value.
  public let value: JSONValue

  /// Names a value.
  public init(key: String, value: JSONValue) {
    self.key = key
    self.value = value
  }
}

extension JSONValue {
  /// The value of an object's member `key` (the last one of that name), compared byte by byte.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The text, where this is a string.
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The value, where this is a Boolean.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The value, where this is an integer.
  public var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }

  /// The value, where this is a number of either kind.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The elements, where this is an array.
  public var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The members in order, where this is an object.
  public var members: [JSONMember]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// True of `null`.
  public var isNull: Bool {
    if case .null = self { true } else { false }
  }
}
