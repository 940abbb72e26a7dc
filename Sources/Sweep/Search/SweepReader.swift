import Basics
import Codecs
import GPTQ
import Results
import Yams

/// Typed access to the YAML of a sweep file, or of a file of settings, with errors that name the key.
struct SweepReader {
  static let topLevelKeys =
    [
      "method", "metric", "parameters", "run_cap", "early_terminate",
    ] + ignoredKeys
  /// W&B's own: read past, with a note.
  static let ignoredKeys = [
    "name", "description", "program", "entity", "project", "command", "job", "image_uri",
    "controller", "scheduler", "apiVersion", "kind",
  ]

  /// Whether a key of the top level only holds what other places refer to by an anchor.
  static func holdsAnchors(_ key: String) -> Bool { key.hasPrefix("x-") || key.hasPrefix(".") }
  static let settingKeys = [
    "model", "calibration", "heldout", "heldout_tokens", "context", "seed", "batch", "confirm",
    "calibration_draws", "tasks", "task_shots", "task_samples", "prompts",
  ]

  let name: String
  /// What the file is, and what to write in it.
  var kind = (name: "sweep file", hint: "docs/sweeps.md shows a complete file")

  /// The reader of a file of one trial's settings.
  static func settings(_ name: String) -> SweepReader {
    SweepReader(
      name: name,
      kind: (
        "settings", "write `key: value` lines such as `bits: 4`; docs/diagnosis.md has the keys"
      ))
  }

  func topLevel(_ text: String) throws(InputError) -> [JSONMember] {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      let reason = "\(error)".split(separator: "\n").first.map(String.init) ?? "not YAML"
      throw InputError(
        .badData, asked: "read the \(kind.name) \(name)", found: reason,
        hint: "fix the YAML; \(kind.hint)")
    }
    var budget = 100_000
    guard let node, case .object(let top)? = JSONValue(node, budget: &budget) else {
      throw InputError(
        .badData, asked: "read the \(kind.name) \(name)",
        found: budget > 0 ? "no mapping at the top level" : "aliases that expand without end",
        hint: kind.hint)
    }
    return top
  }

  /// What each parameter may be, by its own name: nested `parameters` only group them.
  func parameters(_ node: JSONValue?) throws(InputError) -> [String: SearchDomain] {
    guard case .object(let node)? = node, !node.isEmpty else {
      throw InputError(
        .usage, asked: "read the sweep file \(name)", found: "no parameters",
        hint: "add `parameters:` with at least model, calibration and heldout")
    }
    var domains: [String: SearchDomain] = [:]
    try collect(node, into: &domains, depth: 0)
    return domains
  }

  private func collect(
    _ node: [JSONMember], into domains: inout [String: SearchDomain], depth: Int
  ) throws(InputError) {
    for member in node {
      let (key, setting) = (member.key, member.value)
      if case .object(let members) = setting, case .object(let nested)? = members["parameters"] {
        try check(members.keys, among: ["parameters"], place: "\(key) of \(name)")
        guard depth < 8 else { throw wrong(key, "deeper nesting", "nested up to 8 deep") }
        try collect(nested, into: &domains, depth: depth + 1)
        continue
      }
      try check(
        [key], among: Self.settingKeys + TrialConfig.settings.map(\.key),
        place: "the parameters of \(name)")
      guard domains[key] == nil else {
        throw wrong(key, "the same parameter in two groups", "one parameter: leave one out")
      }
      let isStructured = TrialConfig.setting(key)?.kind.isStructured ?? false
      domains[key] = try domain(setting, key, isStructured: isStructured)
    }
  }

  /// Refuses keys that are not `allowed`, and names the nearest one that is.
  func check(_ keys: [String], among allowed: [String], place: String) throws(InputError) {
    for key in keys.sorted() where !allowed.contains(key) {
      let nearest = allowed.min { editDistance(key, $0) < editDistance(key, $1) } ?? ""
      let guess = editDistance(key, nearest) <= 3 ? "did you mean \(nearest)? " : ""
      throw InputError(
        .usage, asked: "the key \(key) in \(place)", found: "no such key",
        hint: guess + "allowed: \(allowed.sorted().joined(separator: ", "))")
    }
  }

  func string(_ value: JSONValue, _ key: String) throws(InputError) -> String {
    guard case .string(let value) = value, !value.isEmpty else {
      throw wrong(key, value.words, "a string")
    }
    return value
  }

  func number(_ value: JSONValue, _ key: String) throws(InputError) -> Double {
    if let value = value.number { return value }
    throw wrong(key, value.words, "a number")
  }

  func count(
    _ value: JSONValue, _ key: String, _ range: ClosedRange<Int>
  ) throws(InputError) -> Int {
    guard case .integer(let value) = value, range.contains(value) else {
      throw wrong(key, value.words, "a whole number in \(range.lowerBound)...\(range.upperBound)")
    }
    return value
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ value: JSONValue, _ key: String
  ) throws(InputError) -> Choice where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    // YAML reads a bare `off` as false.
    let word: String? =
      switch value {
      case .string(let text): text
      case .bool(let flag): flag ? "on" : "off"
      default: nil
      }
    guard let word, let choice = Choice(rawValue: word) else {
      throw wrong(key, value.words, names.joined(separator: ", "))
    }
    return choice
  }

  /// The values of a setting that is not searched, if it is given.
  func fixed(
    _ domains: [String: SearchDomain], _ key: String
  ) throws(InputError) -> [JSONValue]? {
    switch domains[key] {
    case nil: return nil
    case .categorical(let values, _)?: return values
    case .numeric?: throw wrong(key, "a distribution", "one value")
    }
  }

  /// The one value of a setting, if it is given.
  func single(
    _ domains: [String: SearchDomain], _ key: String
  ) throws(InputError) -> JSONValue? {
    guard let values = try fixed(domains, key) else { return nil }
    guard values.count == 1 else { throw wrong(key, "\(values.count) values", "one value") }
    return values[0]
  }

  func required(
    _ domains: [String: SearchDomain], _ key: String
  ) throws(InputError) -> JSONValue {
    guard let value = try single(domains, key) else { throw missing(key) }
    return value
  }

  func missing(_ key: String) -> InputError {
    InputError(
      .usage, asked: "read the sweep file \(name)", found: "no parameter \(key)",
      hint: "add `\(key): {value: …}` under parameters; docs/sweeps.md shows a complete file")
  }

  func wrong(_ key: String, _ found: String, _ allowed: String) -> InputError {
    InputError(
      .usage, asked: "\(key) in \(name)", found: found, hint: "\(key) is \(allowed)")
  }
}

/// Levenshtein's distance between two short ASCII names.
private func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.utf8), Array(b.utf8))
  var previous = Array(0...b.count)
  for i in 0..<a.count {
    var current = [i + 1]
    for j in 0..<b.count {
      current.append(
        min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
    }
    previous = current
  }
  return previous[b.count]
}
