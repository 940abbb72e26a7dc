import Basics
import Codecs
import Foundation

/// The distributions of W&B's sweep schema that a setting can have.
private enum Distribution: String, CaseIterable {
  case constant
  case categorical
  case weighted = "categorical_w_probabilities"
  case intUniform = "int_uniform"
  case uniform
  case qUniform = "q_uniform"
  case logUniform = "log_uniform"
  case logUniformValues = "log_uniform_values"
  case qLogUniform = "q_log_uniform"
  case qLogUniformValues = "q_log_uniform_values"
  case normal
  case qNormal = "q_normal"
  case logNormal = "log_normal"
  case qLogNormal = "q_log_normal"

  /// The keys it needs, and those it may have.
  var keys: (needed: [String], allowed: [String]) {
    switch self {
    case .constant: (["value"], [])
    case .categorical: (["values"], ["probabilities"])
    case .weighted: (["values", "probabilities"], [])
    case .intUniform, .uniform, .logUniform, .logUniformValues: (["min", "max"], [])
    case .qUniform, .qLogUniform, .qLogUniformValues: (["min", "max"], ["q"])
    case .normal, .logNormal: ([], ["mu", "sigma"])
    case .qNormal, .qLogNormal: ([], ["mu", "sigma", "q"])
    }
  }

  var isStepped: Bool { rawValue.hasPrefix("q_") }
  var isLogarithmic: Bool { rawValue.contains("log_") }
  var isNormal: Bool { rawValue.hasSuffix("normal") }
}

extension SweepReader {
  /// What a parameter of the YAML may be. `key` is its name in errors; a list under `value` is one
  /// value if it `isStructured`, else several.
  func domain(
    _ node: JSONValue, _ key: String, isStructured: Bool
  ) throws(InputError) -> SearchDomain {
    guard case .object(let members) = node else {
      throw wrong(key, node.words, "{value: …}, {values: […]} or {min: …, max: …}")
    }
    let known = ["value", "values", "min", "max", "distribution", "probabilities", "mu", "sigma"]
    try check(members.keys, among: known + ["q"], place: "\(key) of \(name)")
    guard members["value"] == nil || members["values"] == nil else {
      throw wrong(key, "\(node)", "either `value`, or a list of `values`")
    }
    let distribution = try distribution(of: members, key)
    let (needed, allowed) = distribution.keys
    for missing in needed where members[missing] == nil {
      throw wrong(
        key, "\(node)", "\(distribution.rawValue) with \(needed.joined(separator: " and "))")
    }
    for other in members.keys.sorted() where !(needed + allowed + ["distribution"]).contains(other)
    {
      throw wrong(
        "\(other) of \(key)", "\(node)",
        "not for \(distribution.rawValue), which takes "
          + (needed + allowed).joined(separator: ", "))
    }
    switch distribution {
    case .constant, .categorical, .weighted:
      return try categorical(members, key, isStructured)
    default:
      return .numeric(try numeric(distribution, members, key))
    }
  }

  /// The distribution asked for, or W&B's choice where none is.
  private func distribution(
    of members: [JSONMember], _ key: String
  ) throws(InputError) -> Distribution {
    if let asked = members["distribution"] {
      let refused = ["beta", "q_beta", "inv_log_uniform", "inv_log_uniform_values"]
      if case .string(let text) = asked, refused.contains(text) {
        throw wrong(
          "distribution of \(key)", text,
          "not \(text), which suits no setting of a quantization; log_uniform_values spreads evenly"
            + " over magnitudes")
      }
      guard case .string(let text) = asked, let distribution = Distribution(rawValue: text) else {
        throw wrong(
          "distribution of \(key)", "\(asked)",
          Distribution.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return distribution
    }
    if members["value"] != nil { return .constant }
    if members["values"] != nil { return .categorical }
    if case .integer = members["min"], case .integer = members["max"] { return .intUniform }
    if members["min"] != nil || members["max"] != nil { return .uniform }
    throw wrong(
      key, "\(JSONValue.object(members))", "{value: …}, {values: […]} or {min: …, max: …}")
  }

  private func categorical(
    _ members: [JSONMember], _ key: String, _ isStructured: Bool
  ) throws(InputError) -> SearchDomain {
    var values: [JSONValue] = []
    if let value = members["value"] {
      // A list under `value` is several values: the held-out files of one sweep.
      if case .array(let list) = value, !isStructured { values = list } else { values = [value] }
    } else if case .array(let list)? = members["values"] {
      values = list
    } else {
      throw wrong(key, "\(JSONValue.object(members))", "either `value`, or a list of `values`")
    }
    guard !values.isEmpty else { throw wrong(key, "an empty list", "at least one value") }
    guard let node = members["probabilities"] else { return .values(values) }
    var probabilities: [Double] = []
    if case .array(let list) = node {
      for share in list { probabilities.append(try number(share, "probabilities of \(key)")) }
    }
    let sum = probabilities.reduce(0, +)
    guard probabilities.count == values.count, probabilities.allSatisfy({ $0 >= 0 }),
      abs(sum - 1) < 1e-6
    else {
      throw wrong(
        "probabilities of \(key)", "\(node)", "one share for each of the values, together 1")
    }
    return .categorical(values, probabilities: probabilities)
  }

  private func numeric(
    _ distribution: Distribution, _ members: [JSONMember], _ key: String
  ) throws(InputError) -> NumericDomain {
    var step: Double?
    if distribution == .intUniform { step = 1 }
    if distribution.isStepped {
      step =
        try members["q"].map { value throws(InputError) in
          try number(value, "q of \(key)")
        } ?? 1
      guard let step, step > 0, step.isFinite else {
        throw wrong("q of \(key)", "\(members["q"] ?? .integer(1))", "a step above 0")
      }
    }
    var domain: NumericDomain
    if distribution.isNormal {
      let mean =
        try members["mu"].map { value throws(InputError) in
          try number(value, "mu of \(key)")
        } ?? 0
      let deviation =
        try members["sigma"].map { value throws(InputError) in
          try number(value, "sigma of \(key)")
        } ?? 1
      guard deviation > 0, deviation.isFinite, mean.isFinite else {
        throw wrong("sigma of \(key)", "\(deviation)", "a standard deviation above 0")
      }
      domain = NumericDomain(shape: .normal(mean, deviation))
    } else {
      domain = NumericDomain(shape: try range(distribution, members, key))
    }
    domain.isLogarithmic = distribution.isLogarithmic
    domain.step = step
    domain.isInteger = step.map { $0 == $0.rounded() } ?? false
    return domain
  }

  /// The latent's bounds.
  private func range(
    _ distribution: Distribution, _ members: [JSONMember], _ key: String
  ) throws(InputError) -> NumericDomain.Shape {
    let least = try number(members["min"] ?? .bool(false), "min of \(key)")
    let most = try number(members["max"] ?? .bool(false), "max of \(key)")
    guard least < most, least.isFinite, most.isFinite else {
      throw wrong(key, "min \(least), max \(most)", "a range whose min lies below its max")
    }
    if distribution == .intUniform, least != least.rounded() || most != most.rounded() {
      throw wrong(key, "min \(least), max \(most)", "int_uniform between whole numbers")
    }
    switch distribution {
    case .logUniformValues, .qLogUniformValues:
      guard least > 0 else {
        throw wrong(key, "min \(least)", "\(distribution.rawValue) from a min above 0")
      }
      return .uniform(log(least), log(most))
    case .logUniform, .qLogUniform:
      guard most < 700, least > -700 else {
        throw wrong(
          key, "min \(least), max \(most)",
          "exponents of e in \(distribution.rawValue); log_uniform_values takes the values")
      }
      return .uniform(least, most)
    default: return .uniform(least, most)
    }
  }
}
