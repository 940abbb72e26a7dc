import Basics
import Codecs

/// The kind of values that a setting has.
public enum SettingKind: Sendable, Hashable {
  /// True or false.
  case flag
  /// A whole number.
  case integer
  /// A number.
  case number
  /// One of these words.
  case choice([String])
  /// A list of words.
  case list
  /// A mapping from patterns to settings.
  case rules

  /// Whether one value is a list or a mapping.
  public var isStructured: Bool { self == .list || self == .rules }

  /// What a value is, for hints.
  public var allowed: String {
    switch self {
    case .flag: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .choice(let words): words.joined(separator: ", ")
    case .list: "a list such as [self_attn.q_proj, mlp.down_proj]"
    case .rules: #"a mapping such as {"+:.*down_proj": {bits: 8}}"#
    }
  }
}

/// Where a setting's value was written: what errors ask about.
public struct SettingPlace: Sendable {
  /// What was asked for: `bits in sweep.yaml`, `--bits`.
  public let asked: String
  /// The setting's name.
  public let key: String

  /// A place by what it is called, and the setting's name.
  public init(asked: String, key: String) {
    self.asked = asked
    self.key = key
  }

  /// The setting `key` in a file or an object of that name.
  public init(_ key: String, in name: String) {
    self.init(asked: "\(key) in \(name)", key: key)
  }

  /// The error of a value of another kind, which is named with its type.
  public func wrong(_ value: JSONValue, _ kind: SettingKind) -> InputError {
    wrong(value.words, kind.allowed)
  }

  /// The error of a value that is not what is `allowed`.
  public func wrong(_ found: String, _ allowed: String) -> InputError {
    InputError(.usage, asked: asked, found: found, hint: "\(key) is \(allowed)")
  }
}

/// The values of a setting that are possible.
public struct SettingRange<Value: Sendable>: Sendable {
  private let contains: @Sendable (Value) -> Bool
  private let found: String
  private let hint: String
  private let text: @Sendable (Value) -> String

  /// The values that `contains` holds of; `found` says which they are, `hint` which one to take.
  public init(
    found: String, hint: String, contains: @escaping @Sendable (Value) -> Bool
  ) {
    self.contains = contains
    self.found = found
    self.hint = hint
    text = { "\($0)" }
  }

  /// Refuses a value outside, under the setting's name.
  func check(_ value: Value, _ key: String) throws(InputError) {
    guard !contains(value) else { return }
    throw InputError(.usage, asked: "\(key) \(text(value))", found: found, hint: hint)
  }
}

/// The name of a setting as a key of JSON.
public struct SettingKey: CodingKey {
  /// The name.
  public let stringValue: String
  /// None: settings have names.
  public var intValue: Int? { nil }

  /// The setting of that name.
  public init(_ name: String) { stringValue = name }
  /// The setting of that name.
  public init?(stringValue: String) { self.stringValue = stringValue }
  /// No setting.
  public init?(intValue: Int) { nil }
}
