import Basics
import Codecs

/// A type of values that settings have.
public protocol SettingType: Sendable, Hashable, Codable {
  /// The kind of its values.
  static var settingKind: SettingKind { get }
  /// The value that YAML, JSON or a flag has. Throws where it is of another kind.
  init(setting value: JSONValue, at place: SettingPlace) throws(InputError)
  /// The value as sweep.yaml and exports write it.
  var setting: JSONValue { get }
  /// The value as it is typed.
  var settingText: String { get }
  /// Its word in a trial's name; empty where it needs none.
  func settingWord(of key: String) -> String
}

extension SettingType {
  /// The setting's name and the value.
  public func settingWord(of key: String) -> String { "\(key) \(settingText)" }
}

extension Bool: SettingType {
  /// The kind of its values.
  public static var settingKind: SettingKind { .flag }

  /// The value that YAML, JSON or a flag has.
  public init(setting value: JSONValue, at place: SettingPlace) throws(InputError) {
    guard let flag = value.bool else { throw place.wrong(value, Self.settingKind) }
    self = flag
  }

  /// The value as sweep.yaml and exports write it.
  public var setting: JSONValue { .bool(self) }
  /// The value as it is typed.
  public var settingText: String { self ? "true" : "false" }
  /// The setting's name where it is true.
  public func settingWord(of key: String) -> String { self ? key : "" }
}

extension Int: SettingType {
  /// The kind of its values.
  public static var settingKind: SettingKind { .integer }

  /// The value that YAML, JSON or a flag has.
  public init(setting value: JSONValue, at place: SettingPlace) throws(InputError) {
    guard let number = value.integer else {
      throw place.wrong(value, Self.settingKind)
    }
    self = number
  }

  /// The value as sweep.yaml and exports write it.
  public var setting: JSONValue { .integer(self) }
  /// The value as it is typed.
  public var settingText: String { "\(self)" }
}

extension Double: SettingType {
  /// The kind of its values.
  public static var settingKind: SettingKind { .number }

  /// The value that YAML, JSON or a flag has.
  public init(setting value: JSONValue, at place: SettingPlace) throws(InputError) {
    guard let number = value.number else {
      throw place.wrong(value, Self.settingKind)
    }
    self = number
  }

  /// The value as sweep.yaml and exports write it.
  public var setting: JSONValue { .number(self) }
  /// As short as it can be written: `0.01`, `1`.
  public var settingText: String {
    let text = "\(self)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension SettingType
where Self: RawRepresentable, RawValue == String, Self: CaseIterable {
  /// The kind of its values.
  public static var settingKind: SettingKind { .choice(allCases.map(\.rawValue)) }

  /// The value that YAML, JSON or a flag has.
  public init(setting value: JSONValue, at place: SettingPlace) throws(InputError) {
    // YAML reads a bare `off` as false.
    let word = value.string ?? value.bool.map { $0 ? "on" : "off" }
    guard let word, let choice = Self(rawValue: word) else {
      throw place.wrong("\(value)", Self.settingKind.allowed)
    }
    self = choice
  }

  /// The value as sweep.yaml and exports write it.
  public var setting: JSONValue { .string(rawValue) }
  /// The value as it is typed.
  public var settingText: String { rawValue }
}
