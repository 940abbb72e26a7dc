import Basics
import Codecs

/// Settings of single modules, which every tool says in its own way: `dynamic` (GPTQModel),
/// `extra_config` (auto-round), `quantization_bits`, `mlp_wbits` (OneComp), `layer_bits`.
extension SettingsReader {
  func moduleSettings() throws(InputError) -> (DynamicRules, [String: ModuleSetting]) {
    var rules: [DynamicRules.Rule] = []
    if let dynamic = object["dynamic"], !dynamic.isNull {
      do {
        rules = try DynamicRules(dynamic, strict: false).rules
      } catch {
        throw refused("dynamic: \(error.found)", hint: error.hint)
      }
    }
    rules += try extraRules() + layerRules() + mlpRules()
    return (try DynamicRules(rules), try named())
  }

  /// What is said of modules by their whole names.
  private func named() throws(InputError) -> [String: ModuleSetting] {
    var modules: [String: ModuleSetting] = [:]
    for member in try nested("extra_config")?.object.members ?? []
    where !Self.isPattern(member.key) {
      modules[member.key] = try setting(member.value, of: "extra_config \(member.key)")
    }
    guard let layers = object["quantization_bits"], !layers.isNull else { return modules }
    guard let layers = layers.array else {
      throw refused(
        "quantization_bits \(layers.words)", hint: "it is a list, one object a layer")
    }
    for (index, layer) in layers.enumerated() {
      guard let members = layer.members else {
        throw refused(
          "quantization_bits \(index): \(layer.words)", hint: "it is a list, one object a layer")
      }
      for member in members {
        let setting = try setting(member.value, of: "quantization_bits \(index) \(member.key)")
        modules["model.layers.\(index).\(member.key)"] = setting
      }
    }
    return modules
  }

  /// auto-round's patterns, which may match anywhere in a name.
  private func extraRules() throws(InputError) -> [DynamicRules.Rule] {
    var rules: [DynamicRules.Rule] = []
    for member in try nested("extra_config")?.object.members ?? [] where Self.isPattern(member.key)
    {
      let pattern = member.key.hasPrefix("^") ? member.key : ".*(?:\(member.key))"
      switch try setting(member.value, of: "extra_config \(member.key)") {
      case .leftOut: rules.append(.init(key: "-:\(pattern)"))
      case .changed(let overrides): rules.append(.init(key: "+:\(pattern)", overrides: overrides))
      }
    }
    return rules
  }

  /// `layer_bits`: bits by the number of a layer, in an object or a list.
  private func layerRules() throws(InputError) -> [DynamicRules.Rule] {
    guard let value = object["layer_bits"], !value.isNull else { return [] }
    let pairs: [(layer: String, bits: JSONValue)]
    if let members = value.members {
      pairs = members.map { ($0.key, $0.value) }
    } else if let elements = value.array {
      pairs = elements.enumerated().map { (String($0), $1) }
    } else {
      throw refused("layer_bits \(value.words)", hint: "it gives each layer its bits")
    }
    var rules: [DynamicRules.Rule] = []
    for (layer, value) in pairs {
      guard let number = Int(layer), let bits = value.whole else {
        throw refused(
          "layer_bits \(layer): \(value.words)",
          hint: "it gives each layer, by number, its bits")
      }
      rules.append(Self.rule(#".*\blayers\.\#(number)\."#) { $0.bits = bits })
    }
    return rules
  }

  /// `mlp_wbits` and `mlp_groupsize`: other settings for the MLP.
  private func mlpRules() throws(InputError) -> [DynamicRules.Rule] {
    let (bits, size) = (try whole("mlp_wbits"), try whole("mlp_groupsize"))
    guard bits != nil || size != nil else { return [] }
    return [Self.rule(#".*\.mlp\."#) { ($0.bits, $0.groupSize) = (bits, size) }]
  }

  private static func rule(
    _ pattern: String, _ change: (inout QuantizeOverrides) -> Void
  ) -> DynamicRules.Rule {
    var overrides = QuantizeOverrides()
    change(&overrides)
    return DynamicRules.Rule(key: pattern, overrides: overrides)
  }

  /// bits, group_size and sym of one module; 16 bits are none at all.
  private func setting(_ value: JSONValue, of place: String) throws(InputError) -> ModuleSetting {
    let reader = try SettingsReader(value, path: "\(path), \(place)")
    let bits = try reader.whole("bits")
    if let bits, bits >= 16 { return .leftOut }
    var overrides = QuantizeOverrides()
    overrides.bits = bits
    let inner = try reader.nested("params")?.groupSize()
    overrides.groupSize = try reader.groupSize() ?? inner
    overrides.sym = try reader.flag("sym")
    return .changed(overrides)
  }

  /// Whether a name of `extra_config` is a regular expression.
  private static func isPattern(_ name: String) -> Bool {
    name.contains { #"\*+?[](){}|^$"#.contains($0) }
  }
}
