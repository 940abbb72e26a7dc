import Basics
import Codecs

/// `dynamic` of quantize_config.json: settings of single modules, by patterns over their names, as
/// GPTQModel has it. Rules are asked in order, and the first whose pattern matches decides: `-:`
/// leaves the module as it is, `+:` or no prefix changes some settings of it.
public struct DynamicRules: Sendable, Hashable, Codable {
  /// One entry.
  public struct Rule: Sendable, Hashable, Codable {
    /// The pattern with its prefix, as it was written.
    public var key: String
    /// What it changes; nothing in a rule with `-:`.
    public var overrides = QuantizeOverrides()

    /// A rule with a key that was not looked at yet.
    public init(key: String, overrides: QuantizeOverrides = QuantizeOverrides()) {
      self.key = key
      self.overrides = overrides
    }

    /// Whether matching modules stay as they are.
    public var excludes: Bool { key.hasPrefix("-:") }

    /// The pattern alone.
    func pattern() throws(InputError) -> ModulePattern {
      let hasPrefix = key.hasPrefix("-:") || key.hasPrefix("+:")
      return try ModulePattern(hasPrefix ? String(key.dropFirst(2)) : key)
    }
  }

  /// The rules, in the order in which they are asked.
  public private(set) var rules: [Rule]

  /// No rules.
  public init() {
    rules = []
  }

  /// Takes `rules` in their order. Refuses patterns that cannot be read.
  public init(_ rules: [Rule]) throws(InputError) {
    guard rules.count <= 1000 else {
      throw InputError(
        .usage, asked: "dynamic with \(rules.count) rules", found: "1,000 at most",
        hint: "one pattern can name many modules")
    }
    for rule in rules { _ = try rule.pattern() }
    self.rules = rules
  }

  /// Reads the object that quantize_config.json holds under `dynamic`: keys and what they change.
  /// `strict` refuses settings that tenbin does not know; a reader of checkpoints passes over them.
  public init(_ object: JSONValue, strict: Bool) throws(InputError) {
    guard let members = object.members else {
      throw InputError(
        .usage, asked: "read dynamic",
        found: "\(object.words), where an object of patterns is expected",
        hint: #"write {"-:.*\\.down_proj": {}, "+:.*\\.v_proj": {"bits": 8}}"#)
    }
    var rules: [Rule] = []
    for member in members {
      let overrides = try QuantizeOverrides(member.value, of: member.key, strict: strict)
      rules.append(Rule(key: member.key, overrides: overrides))
    }
    try self.init(rules)
  }

  /// True of no rules.
  public var isEmpty: Bool { rules.isEmpty }

  /// These rules, and after them `others`.
  public func followed(by others: DynamicRules) -> DynamicRules {
    var both = self
    both.rules += others.rules
    return both
  }

  /// These rules, and before them what is said of modules by their names.
  func preceded(by modules: [String: ModuleSetting]) -> DynamicRules {
    var both = self
    both.rules = modules.sorted { $0.key < $1.key }.map { name, setting in
      let pattern = name.split(separator: ".").joined(separator: #"\."#) + "$"
      return switch setting {
      case .leftOut: Rule(key: "-:" + pattern)
      case .changed(let overrides): Rule(key: "+:" + pattern, overrides: overrides)
      }
    }
    both.rules += rules
    return both
  }

  /// What the module `name`, such as `model.layers.0.mlp.down_proj`, is quantized with where `config`
  /// is the setting of all; nil where it is not.
  public func config(for name: String, from config: QuantizeConfig) -> QuantizeConfig? {
    guard let rule = rule(for: name) else { return config }
    return rule.excludes ? nil : rule.overrides.applied(to: config)
  }

  /// The first rule that matches `name`.
  func rule(for name: String) -> Rule? {
    rules.first { (try? $0.pattern())?.matches(name) ?? false }
  }

  /// The keys of the rules that decide for none of `names`.
  public func unmatched(by names: [String]) -> [String] {
    let deciding = Set(names.compactMap { rule(for: $0)?.key })
    return rules.map(\.key).filter { !deciding.contains($0) }
  }

  /// Whether the pattern of the rule `key` matches one of `names`, whichever rule decides.
  public func matches(_ key: String, anyOf names: [String]) -> Bool {
    guard let pattern = try? Rule(key: key).pattern() else { return false }
    return names.contains(where: pattern.matches)
  }

  /// The object that quantize_config.json holds.
  public var json: JSONValue {
    .object(rules.map { JSONMember(key: $0.key, value: $0.overrides.json) })
  }

  /// Only what decides how a module is stored: bits, group_size and sym. The rules of a
  /// round-to-nearest companion.
  public var storageOnly: DynamicRules {
    var result = self
    for index in result.rules.indices {
      result.rules[index].overrides = result.rules[index].overrides.storageOnly
    }
    return result
  }

  /// Refuses rules that make a setting of `config` impossible.
  public func validate(with config: QuantizeConfig) throws(InputError) {
    for rule in rules where !rule.excludes { try rule.overrides.applied(to: config).validate() }
  }
}
