import Foundation

/// JSON of values whose types gain members over time: what an older tenbin did not write has its
/// default.
enum TolerantJSON {
  /// `value` with sorted keys.
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Reads `text` over the members of `defaults`.
  static func value<Value: Codable>(_ text: String, defaults: Value) throws -> Value {
    let stored = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let known = try JSONSerialization.jsonObject(with: JSONEncoder().encode(defaults))
    let merged = try JSONSerialization.data(withJSONObject: merge(stored, over: known))
    return try JSONDecoder().decode(Value.self, from: merged)
  }

  private static func merge(_ stored: Any, over known: Any) -> Any {
    guard let stored = stored as? [String: Any], var result = known as? [String: Any] else {
      return stored
    }
    for (key, value) in stored { result[key] = result[key].map { merge(value, over: $0) } ?? value }
    return result
  }
}
