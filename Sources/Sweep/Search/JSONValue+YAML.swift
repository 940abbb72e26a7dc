import Codecs
import Yams

extension JSONValue {
  /// The value of a YAML node; nil where a key is no text, where it is nested too deep, or where
  /// aliases of aliases make it larger than `budget`.
  init?(_ node: Node, depth: Int = 0, budget: inout Int) {
    budget -= 1
    guard depth < 32, budget > 0 else { return nil }
    if let mapping = node.mapping {
      guard let merged = mapping.merged(budget: &budget) else { return nil }
      var members: [JSONMember] = []
      for (name, member) in merged {
        guard let value = JSONValue(member, depth: depth + 1, budget: &budget) else {
          return nil
        }
        members.append(JSONMember(key: name, value: value))
      }
      self = .object(members)
    } else if let sequence = node.sequence {
      var list: [JSONValue] = []
      for element in sequence {
        guard let value = JSONValue(element, depth: depth + 1, budget: &budget) else {
          return nil
        }
        list.append(value)
      }
      self = .array(list)
    } else if let scalar = node.scalar,
      scalar.style == .singleQuoted || scalar.style == .doubleQuoted
    {
      self = .string(scalar.string)
    } else if node.null != nil {
      self = .null
    } else if let value = node.bool {
      self = .bool(value)
    } else if let value = node.int {
      self = .integer(value)
    } else if let value = node.float {
      self = .number(value)
    } else {
      self = .string(node.string ?? "")
    }
  }
}
