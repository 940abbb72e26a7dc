import Basics
import GPTQ
import Model
import Results

/// The settings of a mixed model: those of the option that most weights have, and rules of `dynamic`
/// for the others.
struct MixedConfig {
  let options: [TrialConfig]
  let parts: [AllocationPart]
  /// Rules of modules that stay as they are.
  let kept: DynamicRules

  /// The config in which each part has the option of its choice, each layer solved on the quantized
  /// ones before it.
  func config(_ choices: [Int]) throws(InputError) -> TrialConfig {
    var weights = [Int](repeating: 0, count: options.count)
    for (part, choice) in zip(parts, choices) {
      weights[choice] += part.linears.reduce(0) { $0 + $1.weights }
    }
    let usual = options.indices.max { weights[$0] < weights[$1] } ?? 0
    var config = options[usual]
    config.propagation = .quantized
    var rules: [DynamicRules.Rule] = []
    for option in options.indices where option != usual && weights[option] > 0 {
      let overrides = QuantizeOverrides(
        from: options[usual].quantize, to: options[option].quantize)
      let own = zip(parts, choices).filter { $0.1 == option }.map(\.0)
      rules += patterns(own).map { DynamicRules.Rule(key: "+:" + $0, overrides: overrides) }
    }
    config.dynamic = kept.followed(by: try DynamicRules(rules))
    return config
  }

  /// Patterns over the names of the parts' linears, one for the kinds of linears that the same layers
  /// have: `model\.layers\.(0|5)\.(mlp\.gate_proj|mlp\.up_proj)$`.
  private func patterns(_ parts: [AllocationPart]) -> [String] {
    var layers: [String: [Int]] = [:]
    var order: [String] = []
    var roots: [String: String] = [:]
    for part in parts {
      for name in names(part) {
        if layers[name] == nil { order.append(name) }
        layers[name, default: []].append(part.layer)
        roots[name] = part.linears.first.map { root(of: $0.name) } ?? ""
      }
    }
    var groups: [(layers: [Int], root: String, names: [String])] = []
    for name in order {
      let (own, root) = (layers[name] ?? [], roots[name] ?? "")
      // Patterns are of 1,024 characters at most.
      if let index = groups.firstIndex(where: {
        $0.layers == own && $0.root == root && $0.names.joined().count + name.count < 400
      }) {
        groups[index].names.append(name)
      } else {
        groups.append((own, root, [name]))
      }
    }
    return groups.map { group in
      group.root + #"\."# + Self.choice(group.layers.map(String.init)) + #"\."#
        + Self.choice(group.names) + "$"
    }
  }

  /// The names of a part's linears as patterns; the experts of a layer are one for each kind.
  private func names(_ part: AllocationPart) -> [String] {
    let isWhole = part.linears.count > 1
    var seen = Set<String>()
    return part.linears.map { linear in
      let name = isWhole && linear.name.expert != nil ? linear.name.kind : linear.name.rawValue
      return name.split(separator: ".").map { $0 == "*" ? #"\d+"# : String($0) }
        .joined(separator: #"\."#)
    }.filter { seen.insert($0).inserted }
  }

  /// Where the model keeps its layers: `model\.layers`.
  private func root(of name: LinearName) -> String {
    name.tensorPrefix(layer: 0).dropLast(name.rawValue.count + ".0.".count)
      .split(separator: ".").joined(separator: #"\."#)
  }

  private static func choice(_ names: [String]) -> String {
    names.count == 1 ? names[0] : "(" + names.joined(separator: "|") + ")"
  }
}
