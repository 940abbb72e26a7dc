import Yams

/// A value as sweep.yaml writes it.
public indirect enum SettingValue: Sendable, Hashable {
  case null
  case flag(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([SettingValue])
  case map(SettingMap)

  /// The value of a YAML node; nil where a key is no text, where it is nested too deep, or where
  /// aliases of aliases make it larger than `budget`.
  init?(_ node: Node, depth: Int = 0, budget: inout Int) {
    budget -= 1
    guard depth < 32, budget > 0 else { return nil }
    if let mapping = node.mapping {
      var map = SettingMap()
      guard let members = mapping.merged(budget: &budget) else { return nil }
      for (name, member) in members {
        guard let value = SettingValue(member, depth: depth + 1, budget: &budget) else {
          return nil
        }
        map[name] = value
      }
      self = .map(map)
    } else if let sequence = node.sequence {
      var list: [SettingValue] = []
      for element in sequence {
        guard let value = SettingValue(element, depth: depth + 1, budget: &budget) else {
          return nil
        }
        list.append(value)
      }
      self = .list(list)
    } else if let scalar = node.scalar,
      scalar.style == .singleQuoted || scalar.style == .doubleQuoted
    {
      self = .text(scalar.string)
    } else if node.null != nil {
      self = .null
    } else if let value = node.bool {
      self = .flag(value)
    } else if let value = node.int {
      self = .integer(value)
    } else if let value = node.float {
      self = .number(value)
    } else {
      self = .text(node.string ?? "")
    }
  }

  /// The value as a number, where it is one.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}

/// Settings by name, in the order in which they are written.
public struct SettingMap: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// The names, in order.
  public private(set) var keys: [String] = []
  private var values: [String: SettingValue] = [:]

  /// The settings of a literal, in its order.
  public init(dictionaryLiteral elements: (String, SettingValue)...) {
    for (key, value) in elements { self[key] = value }
  }

  /// The setting of that name; setting nil takes it out.
  public subscript(key: String) -> SettingValue? {
    get { values[key] }
    set {
      if values[key] == nil, newValue != nil { keys.append(key) }
      if newValue == nil { keys.removeAll { $0 == key } }
      values[key] = newValue
    }
  }

  /// Names and values, in order.
  public var members: [(key: String, value: SettingValue)] {
    keys.compactMap { key in values[key].map { (key, $0) } }
  }
}

extension SettingValue: CustomStringConvertible {
  /// The value as YAML's flow style writes it.
  public var description: String {
    switch self {
    case .null: "null"
    case .flag(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): value
    case .list(let values): "[\(values.map(\.description).joined(separator: ", ") as String)]"
    case .map(let map):
      "{\(map.members.map { "\($0.key): \($0.value)" }.joined(separator: ", ") as String)}"
    }
  }
}
