import Basics
import Yams

/// Typed access to a sweep file's YAML, with errors that name the key.
struct SweepReader {
  static let topLevelKeys = [
    "method", "metric", "parameters", "name", "description", "program", "entity", "project",
    "command",
  ]
  static let settingKeys = [
    "model", "calibration", "heldout", "heldout_tokens", "context", "seed",
  ]

  let name: String

  func topLevel(_ text: String) throws(InputError) -> [String: Any] {
    let loaded: Any?
    do {
      loaded = try Yams.load(yaml: text)
    } catch {
      let reason = "\(error)".split(separator: "\n").first.map(String.init) ?? "not YAML"
      throw InputError(
        .badData, asked: "read the sweep file \(name)", found: reason,
        hint: "mend the YAML; docs/sweeps.md shows a complete file")
    }
    guard let top = loaded as? [String: Any] else {
      throw InputError(
        .badData, asked: "read the sweep file \(name)", found: "no mapping at the top level",
        hint: "write method, metric and parameters; docs/sweeps.md shows a complete file")
    }
    return top
  }

  /// Each parameter's values: those of `values`, or the one `value` (a list there is several).
  func parameters(_ node: Any?) throws(InputError) -> [String: [Any]] {
    guard let node = node as? [String: Any], !node.isEmpty else {
      throw InputError(
        .usage, asked: "read the sweep file \(name)", found: "no parameters",
        hint: "add `parameters:` with at least model, calibration and heldout")
    }
    var result: [String: [Any]] = [:]
    for (key, setting) in node {
      guard let setting = setting as? [String: Any] else {
        throw wrong(key, "\(setting)", "{value: …} or {values: […]}")
      }
      try check(Array(setting.keys), among: ["value", "values"], place: "\(key) of \(name)")
      let values: [Any]
      switch (setting["value"], setting["values"]) {
      case (let value?, nil): values = value as? [Any] ?? [value]
      case (nil, let list as [Any]): values = list
      default: throw wrong(key, "\(setting)", "either `value`, or a list of `values`")
      }
      guard !values.isEmpty else { throw wrong(key, "an empty list", "at least one value") }
      result[key] = values
    }
    return result
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

  func string(_ value: Any, _ key: String) throws(InputError) -> String {
    guard let value = value as? String, !value.isEmpty else {
      throw wrong(key, "\(value)", "a string")
    }
    return value
  }

  func number(_ value: Any, _ key: String) throws(InputError) -> Double {
    if let value = value as? Double { return value }
    if let value = value as? Int { return Double(value) }
    throw wrong(key, "\(value)", "a number")
  }

  func count(_ value: Any, _ key: String, _ range: ClosedRange<Int>) throws(InputError) -> Int {
    guard let value = value as? Int, range.contains(value) else {
      throw wrong(key, "\(value)", "a whole number in \(range.lowerBound)...\(range.upperBound)")
    }
    return value
  }

  func flag(_ value: Any, _ key: String) throws(InputError) -> Bool {
    guard let value = value as? Bool else { throw wrong(key, "\(value)", "true or false") }
    return value
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ value: Any, _ key: String
  ) throws(InputError) -> Choice where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    guard let text = value as? String, let choice = Choice(rawValue: text) else {
      throw wrong(key, "\(value)", names.joined(separator: ", "))
    }
    return choice
  }

  /// The one value of a setting, if it is given.
  func single(_ parameters: [String: [Any]], _ key: String) throws(InputError) -> Any? {
    guard let values = parameters[key] else { return nil }
    guard values.count == 1 else { throw wrong(key, "\(values.count) values", "one value") }
    return values[0]
  }

  func required(_ parameters: [String: [Any]], _ key: String) throws(InputError) -> Any {
    guard let value = try single(parameters, key) else { throw missing(key) }
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
