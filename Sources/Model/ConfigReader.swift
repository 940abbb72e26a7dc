import Basics
import Foundation

/// Access to config.json's keys, with errors that name them.
struct ConfigReader {
  let keys: [String: Any]
  let name: String

  /// Parses the text of a `config.json`; `name` is what errors call it.
  init(json: Data, name: String) throws(InputError) {
    guard let parsed = try? JSONSerialization.jsonObject(with: json),
      let keys = parsed as? [String: Any]
    else {
      throw InputError(
        .badData, asked: "read \(name)", found: "not a JSON object",
        hint: "download config.json again")
    }
    self.init(keys: keys, name: name)
  }

  private init(keys: [String: Any], name: String) {
    self.keys = keys
    self.name = name
  }

  /// Whether the key is not there, or null.
  func isUnset(_ key: String) -> Bool { keys[key] == nil || keys[key] is NSNull }

  func string(_ key: String, default fallback: String? = nil) throws(InputError) -> String {
    if let value = keys[key] as? String { return value }
    if let fallback, isUnset(key) { return fallback }
    throw wrong(key, "a string")
  }

  func number(_ key: String, default fallback: Double? = nil) throws(InputError) -> Double {
    if let value = keys[key] as? NSNumber, value.doubleValue.isFinite { return value.doubleValue }
    if let fallback, isUnset(key) { return fallback }
    throw wrong(key, "a number")
  }

  /// A number above 0.
  func positive(_ key: String, default fallback: Double? = nil) throws(InputError) -> Double {
    let value = try number(key, default: fallback)
    guard value > 0 else { throw wrong(key, "a positive number") }
    return value
  }

  /// A number of at least 0.
  func nonNegative(_ key: String, default fallback: Double) throws(InputError) -> Double {
    let value = try number(key, default: fallback)
    guard value >= 0 else { throw wrong(key, "a number of at least 0") }
    return value
  }

  /// A whole number in `range`, whose upper bound no real model comes near.
  func size(
    _ key: String, in range: ClosedRange<Int> = 1...1 << 20, default fallback: Int? = nil
  ) throws(InputError) -> Int {
    let value = try number(key, default: fallback.map(Double.init))
    guard value >= Double(range.lowerBound), value <= Double(range.upperBound),
      value == value.rounded()
    else { throw wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound)") }
    return Int(value)
  }

  /// A size that may be null; `fallback` stands in where the key is not there at all.
  func optionalSize(_ key: String, default fallback: Int? = nil) throws(InputError) -> Int? {
    if keys[key] == nil { return fallback }
    return isUnset(key) ? nil : try size(key)
  }

  func flag(_ key: String) throws(InputError) -> Bool {
    if let value = keys[key] as? NSNumber { return value.boolValue }
    guard isUnset(key) else { throw wrong(key, "true or false") }
    return false
  }

  func strings(_ key: String) throws(InputError) -> [String]? {
    if isUnset(key) { return nil }
    guard let value = keys[key] as? [String] else { throw wrong(key, "a list of strings") }
    return value
  }

  func object(_ key: String) throws(InputError) -> ConfigReader? {
    if isUnset(key) { return nil }
    guard let value = keys[key] as? [String: Any] else { throw wrong(key, "an object") }
    return ConfigReader(keys: value, name: "\(name), \(key)")
  }

  /// The error for a value of `key` that says the model computes something tenbin does not.
  func unsupported(_ key: String, _ value: String, allowed: String) -> InputError {
    InputError(
      .badData, asked: "run the model of \(name)", found: "\(key): \(value)",
      hint: "tenbin supports \(key): \(allowed)")
  }

  private func wrong(_ key: String, _ expected: String) -> InputError {
    InputError(
      .badData, asked: "read \(name)",
      found: keys[key].map { "\(key): \($0)" } ?? "no \(key)",
      hint: "\(key) is \(expected) in a complete config.json")
  }
}
