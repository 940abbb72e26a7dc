import Basics
import Codecs

/// The settings that a rule of `dynamic` changes, by their names: those whose declaration says that
/// they are per module.
public struct QuantizeOverrides: Sendable, Hashable {
  /// The settings that a rule may change.
  public static let allowed = QuantizeConfig.settings.filter(\.isPerModule)

  private var values: [String: JSONValue] = [:]

  /// Changes nothing.
  public init() {}

  /// What changes `config` to `other`, as far as a rule may.
  public init(from config: QuantizeConfig, to other: QuantizeConfig) {
    for setting in Self.allowed where setting.value(config) != setting.value(other) {
      values[setting.key] = setting.value(other)
    }
  }

  /// Reads the settings under the pattern `key`.
  init(_ object: JSONValue, of key: String, strict: Bool) throws(InputError) {
    // -: says all that there is to say; writers put null behind it.
    if !strict, object.isNull { return }
    guard let members = object.members else {
      throw Self.wrong(key, "no object of settings", #"write {"bits": 8}, or {} after -:"#)
    }
    for member in members {
      guard let setting = Self.allowed.first(where: { $0.key == member.key }) else {
        guard strict else { continue }
        let known = Self.allowed.map(\.key).joined(separator: ", ")
        throw Self.wrong(key, "the setting \(member.key)", "settings of a module are \(known)")
      }
      var config = QuantizeConfig()
      do {
        try setting.set(member.value, in: &config, at: SettingPlace(member.key, in: "dynamic"))
      } catch {
        throw Self.wrong(key, "\(member.key) \(error.found)", error.hint)
      }
      values[setting.key] = setting.value(config)
    }
    guard !(strict && key.hasPrefix("-:") && !values.isEmpty) else {
      throw Self.wrong(key, "settings under -:", "-: leaves modules as they are: write {}")
    }
  }

  /// Bits per weight: with the three below, what the tensors of a module are read by.
  public var bits: Int? {
    get { values["bits"]?.integer }
    set { values["bits"] = newValue.map { .integer($0) } }
  }

  /// Columns a group.
  public var groupSize: Int? {
    get { values["group_size"]?.integer }
    set { values["group_size"] = newValue.map { .integer($0) } }
  }

  /// Whether the grid is symmetric about zero.
  public var sym: Bool? {
    get { values["sym"]?.bool }
    set { values["sym"] = newValue.map { .bool($0) } }
  }

  /// Whether columns are taken in descending order of diag H.
  public var descAct: Bool? {
    get { values["desc_act"]?.bool }
    set { values["desc_act"] = newValue.map { .bool($0) } }
  }

  private static func wrong(_ key: String, _ found: String, _ hint: String) -> InputError {
    InputError(.usage, asked: "read dynamic \(key)", found: found, hint: hint)
  }

  /// `config` with the changes.
  public func applied(to config: QuantizeConfig) -> QuantizeConfig {
    var config = config
    for setting in Self.allowed {
      guard let value = values[setting.key] else { continue }
      // Only values that could be read are kept.
      try? setting.set(value, in: &config, at: SettingPlace(setting.key, in: "dynamic"))
    }
    return config
  }

  /// Only what decides how a module is stored.
  var storageOnly: QuantizeOverrides {
    var result = self
    for setting in Self.allowed where setting.scope != .storage {
      result.values[setting.key] = nil
    }
    return result
  }

  /// The object that quantize_config.json holds, settings in the order of their declarations.
  var json: JSONValue {
    .object(
      Self.allowed.compactMap { setting in
        values[setting.key].map { JSONMember(key: setting.key, value: $0) }
      })
  }
}

extension QuantizeOverrides: CustomStringConvertible {
  /// The object, in one line: equal changes have equal descriptions.
  public var description: String { JSONText.line(json) }
}

extension QuantizeOverrides: Codable {
  /// Decodes what is there; what an older version did not know has its usual value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: SettingKey.self)
    for setting in Self.allowed where container.contains(SettingKey(setting.key)) {
      var config = QuantizeConfig()
      try setting.decode(container, into: &config)
      values[setting.key] = setting.value(config)
    }
  }

  /// Encodes the settings under their names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: SettingKey.self)
    let config = applied(to: QuantizeConfig())
    for setting in Self.allowed where values[setting.key] != nil {
      try setting.encode(config, into: &container)
    }
  }
}
