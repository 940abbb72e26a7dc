import Basics
import Codecs
import GPTQ
import Model
import Yams

extension SweepReader {
  /// The values of a structured parameter, which `value` holds as they are: a list there is one.
  func structuredValues(_ key: String, in text: String) throws(InputError) -> [JSONValue] {
    if let value = try structure(at: ["parameters", key, "value"], in: text) { return [value] }
    return try structure(at: ["parameters", key, "values"], in: text)?.array ?? []
  }

  /// What `text` holds at `path`, mappings in the order in which they are written; nil if nothing.
  func structure(at path: [String], in text: String) throws(InputError) -> JSONValue? {
    var node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw wrong(path.last ?? name, "\(error)", "YAML")
    }
    for key in path { node = node?.mapping?[key] }
    guard let node else { return nil }
    var budget = 100_000
    return try json(node, path.last ?? name, depth: 0, &budget)
  }

  /// `modules_in_block_to_quantize`: names of linears, or lists of them.
  func modules(_ value: Any, _ key: String) throws(InputError) -> [LinearModule]? {
    let expected = "a list such as [self_attn.q_proj, mlp.down_proj]"
    guard let value = value as? JSONValue else { throw wrong(key, "\(value)", expected) }
    if value.isNull { return nil }
    let names = (value.array ?? [value]).flatMap { $0.array ?? [$0] }.map(\.string)
    guard !names.isEmpty, !names.contains(nil) else { throw wrong(key, "\(value)", expected) }
    return try [LinearModule](names: names.compactMap { $0 })
  }

  /// `dynamic`: patterns over module names and the settings they change.
  func dynamic(_ value: Any, _ key: String) throws(InputError) -> DynamicRules {
    guard let value = value as? JSONValue else {
      throw wrong(key, "\(value)", #"a mapping such as {"+:.*down_proj": {bits: 8}}"#)
    }
    return value.isNull ? DynamicRules() : try DynamicRules(value, strict: true)
  }

  /// `budget` bounds what aliases of aliases can expand to.
  private func json(
    _ node: Node, _ key: String, depth: Int, _ budget: inout Int
  ) throws(InputError) -> JSONValue {
    budget -= 1
    guard depth < 16, budget > 0 else { throw wrong(key, "too much, or too deep", "smaller") }
    if let mapping = node.mapping {
      var members: [JSONMember] = []
      for (name, value) in mapping {
        guard let name = name.string else { throw wrong(key, "a key that is no text", "a mapping") }
        members.append(
          JSONMember(key: name, value: try json(value, key, depth: depth + 1, &budget)))
      }
      return .object(members)
    }
    if let sequence = node.sequence {
      var elements: [JSONValue] = []
      for element in sequence { elements.append(try json(element, key, depth: depth + 1, &budget)) }
      return .array(elements)
    }
    if node.null != nil { return .null }
    if let value = node.bool { return .bool(value) }
    if let value = node.int { return .integer(value) }
    if let value = node.float { return .number(value) }
    return .string(node.string ?? "")
  }
}
