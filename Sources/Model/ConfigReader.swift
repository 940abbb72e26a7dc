import Basics
import Codecs
import Foundation

/// Access to config.json's keys, with errors that name them. Of a key that stands there twice the
/// last value counts, as in Python.
struct ConfigReader {
  private let object: JSONValue
  let name: String

  /// Parses the text of a `config.json`; `name` is what errors call it.
  init(json: Data, name: String) throws(InputError) {
    let hint = "download config.json again"
    let value = try JSONValue(text: json, name: name, hint: hint)
    guard value.members != nil else {
      throw InputError(
        .badData, asked: "read \(name)", found: "\(value.words), where an object is expected",
        hint: hint)
    }
    self.init(value, name: name)
  }

  private init(_ object: JSONValue, name: String) {
    self.object = object
    self.name = name
  }

  /// What stands under the key; nil where it is not there, or null.
  func value(_ key: String) -> JSONValue? {
    object[key].flatMap { $0.isNull ? nil : $0 }
  }

  /// Whether the key is not there, or null.
  func isUnset(_ key: String) -> Bool { value(key) == nil }

  /// Whether the key is not there.
  func isAbsent(_ key: String) -> Bool { object[key] == nil }

  /// Whether there is no key at all.
  var isEmpty: Bool { object.members?.isEmpty ?? true }

  func string(_ key: String, default fallback: String? = nil) throws(InputError) -> String {
    try read(key, "a string", default: fallback, \.string)
  }

  func number(_ key: String, default fallback: Double? = nil) throws(InputError) -> Double {
    try read(key, "a number", default: fallback, \.number)
  }

  /// A number above 0.
  func positive(_ key: String, default fallback: Double? = nil) throws(InputError) -> Double {
    let value = try read(key, "a positive number", default: fallback, \.number)
    guard value > 0 else { throw wrong(key, "a positive number") }
    return value
  }

  /// A number of at least 0.
  func nonNegative(_ key: String, default fallback: Double) throws(InputError) -> Double {
    let value = try read(key, "a number of at least 0", default: fallback, \.number)
    guard value >= 0 else { throw wrong(key, "a number of at least 0") }
    return value
  }

  /// A whole number in `range`, whose upper bound no real model comes near.
  func size(
    _ key: String, in range: ClosedRange<Int> = 1...1 << 20, default fallback: Int? = nil
  ) throws(InputError) -> Int {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    let value = try read(key, expected, default: fallback.map(Double.init), \.number)
    guard value >= Double(range.lowerBound), value <= Double(range.upperBound),
      value == value.rounded()
    else { throw wrong(key, expected) }
    return Int(value)
  }

  /// A size that may be null; `fallback` stands in where the key is not there at all.
  func optionalSize(_ key: String, default fallback: Int? = nil) throws(InputError) -> Int? {
    if object[key] == nil { return fallback }
    return isUnset(key) ? nil : try size(key)
  }

  func flag(_ key: String, default fallback: Bool = false) throws(InputError) -> Bool {
    try read(key, "true or false", default: fallback, \.bool)
  }

  func numbers(_ key: String) throws(InputError) -> [Double]? {
    guard let value = value(key) else { return nil }
    let numbers = value.array?.map(\.number) ?? [nil]
    guard !numbers.contains(nil) else { throw wrong(key, "a list of numbers") }
    return numbers.compactMap { $0 }
  }

  func strings(_ key: String) throws(InputError) -> [String]? {
    guard let value = value(key) else { return nil }
    let texts = value.array?.map(\.string) ?? [nil]
    guard !texts.contains(nil) else { throw wrong(key, "a list of strings") }
    return texts.compactMap { $0 }
  }

  func object(_ key: String) throws(InputError) -> ConfigReader? {
    guard let value = value(key) else { return nil }
    guard value.members != nil else { throw wrong(key, "an object") }
    return ConfigReader(value, name: "\(name), \(key)")
  }

  private func read<Value>(
    _ key: String, _ expected: String, default fallback: Value?, _ part: (JSONValue) -> Value?
  ) throws(InputError) -> Value {
    if let value = value(key).flatMap(part) { return value }
    if let fallback, isUnset(key) { return fallback }
    throw wrong(key, expected)
  }

  /// The error for a value of `key` that says the model computes something tenbin does not.
  func unsupported(_ key: String, _ value: String, allowed: String) -> InputError {
    let shown = value.unicodeScalars.prefix(120)
    let value =
      shown.endIndex == value.unicodeScalars.endIndex
      ? value : String(String.UnicodeScalarView(shown)) + "…"
    return InputError(
      .badData, asked: "run the model of \(name)", found: "\(key): \(value)",
      hint: "tenbin supports \(key): \(allowed)")
  }

  private func wrong(_ key: String, _ expected: String) -> InputError {
    InputError(
      .badData, asked: "read \(name)",
      found: object[key].map { "\(key) \($0.words)" } ?? "no \(key)",
      hint: "\(key) is \(expected) in a complete config.json")
  }
}
