import Codecs

/// A value of a chat template, with Python's meaning.
indirect enum TemplateValue: Sendable {
  case undefined
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case list([TemplateValue])
  case dictionary([(key: String, value: TemplateValue)])
  /// A namespace() object, by its number among those of one rendering.
  case namespace(Int)
  case macro(Int)

  /// A JSON value in the template's world.
  init(_ json: JSONValue) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .int(value)
    case .number(let value): self = .double(value)
    case .string(let value): self = .string(value)
    case .array(let values): self = .list(values.map(TemplateValue.init))
    case .object(let members):
      self = .dictionary(members.map { ($0.key, TemplateValue($0.value)) })
    }
  }

  /// Python's truth.
  var isTrue: Bool {
    switch self {
    case .undefined, .null: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .double(let value): value != 0
    case .string(let value): !value.isEmpty
    case .list(let values): !values.isEmpty
    case .dictionary(let members): !members.isEmpty
    case .namespace, .macro: true
    }
  }

  /// The text that `{{ value }}` prints.
  var text: String {
    switch self {
    case .undefined: ""
    case .null: "None"
    case .bool(let value): value ? "True" : "False"
    case .int(let value): String(value)
    case .double(let value): "\(value)"
    case .string(let value): value
    case .list(let values): "[" + values.map(\.representation).joined(separator: ", ") + "]"
    case .dictionary(let members):
      "{"
        + members.map {
          "\(TemplateValue.string($0.key).representation): \($0.value.representation)"
        }
        .joined(separator: ", ") + "}"
    case .namespace: "<namespace>"
    case .macro: "<macro>"
    }
  }

  /// Python's repr, as containers print their elements.
  private var representation: String {
    guard case .string(let value) = self else { return text }
    let quote = value.contains("'") && !value.contains("\"") ? "\"" : "'"
    var result = quote
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case "\\": result += "\\\\"
      case "'" where quote == "'": result += "\\'"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + quote
  }

  /// Python's `==`.
  func equals(_ other: TemplateValue) -> Bool {
    switch (self, other) {
    case (.null, .null), (.undefined, .undefined): return true
    case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
    case (.list(let left), .list(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.equals($1) }
    case (.dictionary(let left), .dictionary(let right)):
      return left.count == right.count
        && left.allSatisfy { member in
          right.contains {
            $0.key.utf8.elementsEqual(member.key.utf8) && $0.value.equals(member.value)
          }
        }
    default:
      guard let left = number, let right = other.number else { return false }
      return left == right
    }
  }

  /// The value of a number or a Boolean.
  var number: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The whole number nearest to 0 from a number; nil of anything else.
  var wholeNumber: Int? {
    if case .int(let value) = self {
      value
    } else {
      number.flatMap { Int(exactly: $0.rounded(.towardZero)) }
    }
  }

  /// JSON as Python's json.dumps writes it with ensure_ascii off.
  func json(indent: Int?, level: Int = 0) -> String {
    let comma = indent == nil ? ", " : ","
    func lines(_ items: [String], _ open: String, _ close: String) -> String {
      guard let indent, !items.isEmpty else { return open + items.joined(separator: comma) + close }
      let inner = "\n" + String(repeating: " ", count: indent * (level + 1))
      let outer = "\n" + String(repeating: " ", count: indent * level)
      return open + inner + items.joined(separator: comma + inner) + outer + close
    }
    switch self {
    case .undefined, .null, .namespace, .macro: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .string(let value): return JSONText.string(value, asPython: true)
    case .list(let values):
      return lines(values.map { $0.json(indent: indent, level: level + 1) }, "[", "]")
    case .dictionary(let members):
      return lines(
        members.map {
          JSONText.string($0.key, asPython: true) + ": "
            + $0.value.json(indent: indent, level: level + 1)
        }, "{", "}")
    default: return text
    }
  }
}

/// What is wrong with a template, or what it raises itself.
struct TemplateError: Error {
  var reason: String
}
