import Basics
import Codecs
import GPTQ
import Model

extension SweepReader {
  /// `modules_in_block_to_quantize`: names of linears, or lists of them.
  func modules(_ value: SettingValue, _ key: String) throws(InputError) -> [LinearName]? {
    let value = value.structure
    if value.isNull { return nil }
    let names = (value.array ?? [value]).flatMap { $0.array ?? [$0] }.map(\.string)
    guard !names.isEmpty, !names.contains(nil) else {
      throw wrong(key, "\(value)", "a list such as [self_attn.q_proj, mlp.down_proj]")
    }
    return names.compactMap { $0 }.map(LinearName.init(rawValue:))
  }

  /// `dynamic`: patterns over module names and the settings they change.
  func dynamic(_ value: SettingValue, _ key: String) throws(InputError) -> DynamicRules {
    switch value {
    case .null: return DynamicRules()
    case .map: return try DynamicRules(value.structure, strict: true)
    default: throw wrong(key, "\(value)", #"a mapping such as {"+:.*down_proj": {bits: 8}}"#)
    }
  }
}

extension SettingValue {
  /// The value as JSON.
  fileprivate var structure: JSONValue {
    switch self {
    case .null: .null
    case .flag(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .text(let value): .string(value)
    case .list(let values): .array(values.map(\.structure))
    case .map(let map):
      .object(map.members.map { JSONMember(key: $0.key, value: $0.value.structure) })
    }
  }
}
