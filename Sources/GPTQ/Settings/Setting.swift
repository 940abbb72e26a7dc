import Basics
import Codecs

/// A type whose values are made of settings.
public protocol SettingOwner: Sendable, Hashable {
  /// The usual values.
  init()
  /// Every setting, in the order in which a grid varies them: the last fastest.
  static var settings: [Setting<Self>] { get }
}

/// What a setting decides.
public enum SettingScope: Sendable {
  /// How codes are stored, and of which linears: a round-to-nearest companion has the same.
  case storage
  /// How codes are found: means nothing to round-to-nearest.
  case solving
  /// How a trial is run, and what is written in the end.
  case run
}

/// Where quantize_config.json keeps a setting.
public enum SettingPlaceInConfig: Sendable {
  /// Nowhere: loaders have no use for it.
  case nowhere
  /// At the top level.
  case top
  /// At the top level, and in `meta`, where GPTQModel keeps what it does not load.
  case topAndMeta
}

/// One setting of a quantization, declared once. Flags, sweep.yaml, settings files, `dynamic`,
/// quantize_config.json, columns of trials.csv, exports, names of trials, causes of a diagnosis and
/// the tables of the docs are all made of the declarations (`QuantizeConfig.settings`,
/// `TrialConfig.settings`).
public struct Setting<Owner: Sendable>: Sendable {
  /// Its name in files and columns; with dashes, its flag.
  public let key: String
  /// The kind of its values.
  public let kind: SettingKind
  /// What it does, one sentence; `words of the interface` stand in backticks.
  public let help: String
  /// The cause of a difference between two models that it belongs to.
  public let cause: CauseKind
  /// What it decides.
  public let scope: SettingScope
  /// Where quantize_config.json keeps it.
  public let stored: SettingPlaceInConfig
  /// Its place among the columns of trials.csv and the words of a trial's name, tens apart; nil has
  /// no column.
  public let column: Int?
  /// Whether a rule of `dynamic` may change it for single modules.
  public let isPerModule: Bool
  /// Whether the findings of a report judge its effect.
  public let isJudged: Bool
  /// Whether reports name it even where all trials have its usual value.
  public let isAlwaysNamed: Bool
  /// The flags that are taken back where this one is asked for: other answers to the same question.
  public let excludes: [String]
  /// What stands in the place of an empty text: `all`, `none`.
  public let emptyWord: String

  /// Its value in an owner, as sweep.yaml and exports write it.
  public let value: @Sendable (Owner) -> JSONValue
  /// Its value in an owner as it is typed; `emptyWord` stands for an empty text.
  public let text: @Sendable (Owner) -> String
  /// The word that a trial's name has for it; empty where the usual value needs none.
  public let word: @Sendable (Owner) -> String
  /// Takes its value over from another owner.
  public let copy: @Sendable (_ from: Owner, _ to: inout Owner) -> Void
  private let write: @Sendable (JSONValue, SettingPlace, inout Owner) throws(InputError) -> Void
  private let check: @Sendable (Owner) throws(InputError) -> Void
  private let encoder: @Sendable (Owner, inout Container) throws -> Void
  private let decoder: @Sendable (KeyedDecodingContainer<SettingKey>, inout Owner) throws -> Void

  /// What settings are encoded into.
  public typealias Container = KeyedEncodingContainer<SettingKey>
}

// MARK: Declaring

extension Setting {
  /// Declares the setting that `path` holds, of a type that knows how its values are written.
  ///
  /// - Parameters:
  ///   - key: its name in files and columns.
  ///   - path: where its value is.
  ///   - range: the values that are possible; nil: all of the type.
  ///   - word: its word in a trial's name, for a value; nil: as the type has it.
  public init<Value: SettingType>(
    _ key: String, _ path: WritableKeyPath<Owner, Value> & Sendable, column: Int,
    cause: CauseKind, scope: SettingScope = .solving, stored: SettingPlaceInConfig = .nowhere,
    isPerModule: Bool = false, isJudged: Bool = false, isAlwaysNamed: Bool = false,
    excludes: [String] = [], range: SettingRange<Value>? = nil, help: String,
    word: (@Sendable (Value) -> String)? = nil
  ) {
    self.init(
      key, path, kind: Value.settingKind, column: column, cause: cause, scope: scope,
      stored: stored, isPerModule: isPerModule, isJudged: isJudged, isAlwaysNamed: isAlwaysNamed,
      excludes: excludes, range: range, emptyWord: "none", help: help,
      read: { value, place throws(InputError) in try Value(setting: value, at: place) },
      json: \.setting, text: \.settingText,
      word: word ?? { value in value.settingWord(of: key) })
  }

  /// Declares the setting that `path` holds, of any type.
  ///
  /// - Parameters:
  ///   - emptyWord: what stands for an empty text: `all`, `none`.
  ///   - read: the value of a sweep.yaml's node. Throws where it is none.
  ///   - json: the value as sweep.yaml and exports write it.
  ///   - text: the value as it is typed, in one line.
  ///   - word: its word in a trial's name; empty where it needs none.
  public init<Value: Hashable & Codable & Sendable>(
    _ key: String, _ path: WritableKeyPath<Owner, Value> & Sendable, kind: SettingKind,
    column: Int, cause: CauseKind, scope: SettingScope, stored: SettingPlaceInConfig = .nowhere,
    isPerModule: Bool = false, isJudged: Bool = false, isAlwaysNamed: Bool = false,
    excludes: [String] = [], range: SettingRange<Value>? = nil, emptyWord: String, help: String,
    read: @escaping @Sendable (JSONValue, SettingPlace) throws(InputError) -> Value,
    json: @escaping @Sendable (Value) -> JSONValue,
    text: @escaping @Sendable (Value) -> String,
    word: @escaping @Sendable (Value) -> String
  ) {
    self.key = key
    self.kind = kind
    self.help = help
    self.cause = cause
    self.scope = scope
    self.stored = stored
    self.column = column
    self.isPerModule = isPerModule
    self.isJudged = isJudged
    self.isAlwaysNamed = isAlwaysNamed
    self.excludes = excludes
    self.emptyWord = emptyWord
    value = { json($0[keyPath: path]) }
    self.text = { text($0[keyPath: path]) }
    self.word = { word($0[keyPath: path]) }
    copy = { $1[keyPath: path] = $0[keyPath: path] }
    write = { value, place, owner throws(InputError) in
      owner[keyPath: path] = try read(value, place)
    }
    check = { owner throws(InputError) in try range?.check(owner[keyPath: path], key) }
    encoder = { owner, container in
      let value = owner[keyPath: path]
      // What is not there is left out, as encodeIfPresent does.
      if case Optional<Any>.none = value as Any { return }
      try container.encode(value, forKey: SettingKey(key))
    }
    decoder = { container, owner in
      guard let value = try container.decodeIfPresent(Value.self, forKey: SettingKey(key)) else {
        return
      }
      owner[keyPath: path] = value
    }
  }

  /// Declares a name that sets several settings at once and leaves no trace of its own.
  public init(
    recipe key: String, kind: SettingKind, help: String,
    apply: @escaping @Sendable (JSONValue, SettingPlace, inout Owner) throws(InputError) -> Void
  ) {
    self.key = key
    self.kind = kind
    self.help = help
    cause = .other
    scope = .run
    stored = .nowhere
    column = nil
    isPerModule = false
    isJudged = false
    isAlwaysNamed = false
    excludes = []
    emptyWord = "none"
    value = { _ in .null }
    text = { _ in "" }
    word = { _ in "" }
    copy = { _, _ in }
    write = apply
    check = { _ throws(InputError) in }
    encoder = { _, _ in }
    decoder = { _, _ in }
  }

  /// The same setting of a type that holds an owner.
  public func lifted<Outer: Sendable>(
    to path: WritableKeyPath<Outer, Owner> & Sendable
  ) -> Setting<Outer> {
    let inner = self
    return Setting<Outer>(
      key: key, kind: kind, help: help, cause: cause, scope: scope, stored: stored,
      column: column, isPerModule: isPerModule, isJudged: isJudged,
      isAlwaysNamed: isAlwaysNamed, excludes: excludes, emptyWord: emptyWord,
      value: { inner.value($0[keyPath: path]) },
      text: { inner.text($0[keyPath: path]) },
      word: { inner.word($0[keyPath: path]) },
      copy: { inner.copy($0[keyPath: path], &$1[keyPath: path]) },
      write: { value, place, outer throws(InputError) in
        try inner.write(value, place, &outer[keyPath: path])
      },
      check: { outer throws(InputError) in try inner.check(outer[keyPath: path]) },
      encoder: { try inner.encoder($0[keyPath: path], &$1) },
      decoder: { try inner.decoder($0, &$1[keyPath: path]) })
  }
}

// MARK: Using

extension Setting {
  /// The name of its flag, without the dashes in front: `group-size`.
  public var flagName: String { key.replacing("_", with: "-") }

  /// Sets it to a value as sweep.yaml, JSON or a flag has it.
  ///
  /// - Throws: `InputError` where the value is of another kind; whether it is possible, `validate`
  ///   says.
  public func set(
    _ value: JSONValue, in owner: inout Owner, at place: SettingPlace
  ) throws(InputError) {
    try write(value, place, &owner)
  }

  /// Refuses a value that nothing can be quantized with.
  public func validate(_ owner: Owner) throws(InputError) {
    try check(owner)
  }

  /// The text, or what stands for an empty one.
  public func label(_ owner: Owner) -> String {
    let text = text(owner)
    return text.isEmpty ? emptyWord : text
  }

  func encode(_ owner: Owner, into container: inout Container) throws {
    try encoder(owner, &container)
  }

  func decode(_ container: KeyedDecodingContainer<SettingKey>, into owner: inout Owner) throws {
    try decoder(container, &owner)
  }
}

extension Setting where Owner: SettingOwner {
  /// Gives it its usual value, so that owners that differ in nothing else become equal.
  public func reset(_ owner: inout Owner) { copy(Owner(), &owner) }

  /// Whether it has its usual value.
  public func isUsual(_ owner: Owner) -> Bool { value(owner) == value(Owner()) }
}

extension Setting: Equatable, CustomStringConvertible {
  /// Settings are told apart by their names.
  public static func == (one: Setting, other: Setting) -> Bool { one.key == other.key }

  /// Its name.
  public var description: String { key }
}
