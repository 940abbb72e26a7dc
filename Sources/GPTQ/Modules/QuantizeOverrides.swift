import Basics
import Codecs

/// The settings that a rule of `dynamic` changes; nil leaves one as it is.
public struct QuantizeOverrides: Sendable, Hashable, Codable {
  /// Bits a weight.
  public var bits: Int?
  /// Columns a group.
  public var groupSize: Int?
  /// Whether the grid is symmetric about zero.
  public var sym: Bool?
  /// λ / mean(diag H).
  public var dampPercent: Double?
  /// Whether columns are taken in descending order of diag H.
  public var descAct: Bool?
  /// The same inside groups.
  public var actGroupAware: Bool?
  /// Whether all scales are fixed before the loop.
  public var staticGroups: Bool?

  /// Changes nothing.
  public init() {}

  enum CodingKeys: String, CodingKey, CaseIterable {
    case bits
    case groupSize = "group_size"
    case sym
    case dampPercent = "damp_percent"
    case descAct = "desc_act"
    case actGroupAware = "act_group_aware"
    case staticGroups = "static_groups"
  }

  /// Reads the settings under the pattern `key`.
  init(_ object: JSONValue, of key: String, strict: Bool) throws(InputError) {
    // -: says all that there is to say; writers put null behind it.
    if !strict, object.isNull { return }
    guard let members = object.members else {
      throw Self.wrong(key, "no object of settings", #"write {"bits": 8}, or {} after -:"#)
    }
    for member in members {
      guard let setting = CodingKeys(rawValue: member.key) else {
        guard strict else { continue }
        let known = CodingKeys.allCases.map(\.rawValue).joined(separator: ", ")
        throw Self.wrong(key, "the setting \(member.key)", "settings of a module are \(known)")
      }
      let value = member.value
      switch setting {
      case .bits: bits = value.integer
      case .groupSize: groupSize = value.integer
      case .sym: sym = value.bool
      case .dampPercent: dampPercent = value.number
      case .descAct: descAct = value.bool
      case .actGroupAware: actGroupAware = value.bool
      case .staticGroups: staticGroups = value.bool
      }
      guard !isNil(setting) else {
        throw Self.wrong(
          key, "\(member.key) \(value.words)",
          "bits and group_size are whole numbers,"
            + " damp_percent is a fraction, the others are true or false")
      }
    }
    guard !(strict && key.hasPrefix("-:") && self != QuantizeOverrides()) else {
      throw Self.wrong(key, "settings under -:", "-: leaves modules as they are: write {}")
    }
  }

  private func isNil(_ key: CodingKeys) -> Bool {
    switch key {
    case .bits: bits == nil
    case .groupSize: groupSize == nil
    case .sym: sym == nil
    case .dampPercent: dampPercent == nil
    case .descAct: descAct == nil
    case .actGroupAware: actGroupAware == nil
    case .staticGroups: staticGroups == nil
    }
  }

  private static func wrong(_ key: String, _ found: String, _ hint: String) -> InputError {
    InputError(.usage, asked: "read dynamic \(key)", found: found, hint: hint)
  }

  /// `config` with the changes.
  func applied(to config: QuantizeConfig) -> QuantizeConfig {
    var config = config
    config.bits = bits ?? config.bits
    config.groupSize = groupSize ?? config.groupSize
    config.sym = sym ?? config.sym
    config.dampPercent = dampPercent ?? config.dampPercent
    config.descAct = descAct ?? config.descAct
    config.actGroupAware = actGroupAware ?? config.actGroupAware
    config.staticGroups = staticGroups ?? config.staticGroups
    return config
  }

  /// Only bits, group_size and sym.
  var storageOnly: QuantizeOverrides {
    var result = QuantizeOverrides()
    (result.bits, result.groupSize, result.sym) = (bits, groupSize, sym)
    return result
  }

  /// The object that quantize_config.json holds.
  var json: JSONValue {
    var members: [JSONMember] = []
    func add(_ key: CodingKeys, _ value: JSONValue?) {
      if let value { members.append(JSONMember(key: key.rawValue, value: value)) }
    }
    add(.bits, bits.map { .integer($0) })
    add(.groupSize, groupSize.map { .integer($0) })
    add(.sym, sym.map { .bool($0) })
    add(.dampPercent, dampPercent.map { .number($0) })
    add(.descAct, descAct.map { .bool($0) })
    add(.actGroupAware, actGroupAware.map { .bool($0) })
    add(.staticGroups, staticGroups.map { .bool($0) })
    return .object(members)
  }
}
