import Foundation

/// Texts of config.json that are wrong in one place: each key of a good one, at any depth, left out or
/// with a value that nobody should believe, and keys of other families beside them.
public struct HostileConfigs {
  /// One text and what was done to it.
  public struct Text: Sendable, CustomStringConvertible {
    /// The key and the value, for a failing test.
    public let description: String
    /// The text.
    public let json: Data
  }

  /// Values as they stand in a file, some of which no JSON has.
  static let values = [
    "null", "true", "false", "-1", "0", "1", "2", "3", "0.5", "-0.5", "7", "1000", "1048576",
    "4294967296", "9007199254740993", "9223372036854775807", "-9223372036854775808",
    "123456789012345678901234567890", "1e300", "-1e300", "1e-300", "1e999", "NaN", "-Infinity",
    "\"\"", "\"4\"", "\"yarn\"", "\"sliding_attention\"", "\"\\ud800\"", "[]", "[0]", "[1,2,3]",
    "[-1,1e99]", "[null]", "[\"full_attention\"]", "{}", "{\"a\":1}", "{\"rope_type\":\"dynamic\"}",
    "[" + [String](repeating: "\"sliding_attention\"", count: 2000).joined(separator: ",") + "]",
    "\"" + String(repeating: "x", count: 10_000) + "\"",
  ]

  /// Sets of rotary parameters, each to be spoilt key by key.
  static let ropes: [[String: any Sendable]] = [
    ["rope_type": "default", "rope_theta": 10_000.0, "partial_rotary_factor": 1.0],
    ["rope_type": "linear", "factor": 2.0], ["type": "dynamic", "factor": 4.0],
    [
      "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 64,
    ],
    [
      "rope_type": "yarn", "factor": 4.0, "beta_fast": 32, "beta_slow": 1, "truncate": true,
      "mscale": 1.0, "mscale_all_dim": 1.0, "attention_factor": 1.1,
      "original_max_position_embeddings": 64,
    ],
    [
      "type": "longrope", "short_factor": [1.0, 1.0, 1.0, 1.0], "factor": 4.0,
      "long_factor": [1.0, 2.0, 3.0, 4.0], "original_max_position_embeddings": 64,
    ],
    [
      "full_attention": ["rope_type": "linear", "factor": 8.0] as [String: any Sendable],
      "sliding_attention": ["rope_type": "default", "rope_theta": 100.0] as [String: any Sendable],
    ],
  ]

  private let good: [String: any Sendable]
  private let foreignKeys: [String]

  /// Of the config.json in `folder`; `foreign` are keys that other families have.
  public init(_ folder: URL, foreign: Set<String>) throws {
    good = try Self.object(folder)
    foreignKeys = foreign.subtracting(good.keys).sorted()
  }

  private init(_ good: [String: any Sendable], foreignKeys: [String]) {
    self.good = good
    self.foreignKeys = foreignKeys
  }

  /// The same under `key` of a config whose model_type is `type`.
  public func within(_ key: String, of type: String) -> HostileConfigs {
    HostileConfigs(["model_type": type, key: good], foreignKeys: foreignKeys)
  }

  /// The top-level keys of the config.json in `folder`.
  public static func keys(_ folder: URL) throws -> Set<String> { Set(try object(folder).keys) }

  private static func object(_ folder: URL) throws -> [String: any Sendable] {
    let data = try Data(contentsOf: folder.appendingPathComponent("config.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: any Sendable] ?? [:]
  }

  /// The unspoilt text.
  public func whole() throws -> Data { try JSONSerialization.data(withJSONObject: good) }

  /// Calls `body` with every text, one after another.
  public func forEach(_ body: (Text) throws -> Void) throws {
    for path in paths(of: good) + foreignKeys.map({ [.key($0)] }) { try spoil(good, path, body) }
    for name in ["rope_scaling", "rope_parameters"] {
      for rope in Self.ropes {
        var config = good
        config[name] = rope
        for path in paths(of: rope) { try spoil(config, [.key(name)] + path, body) }
      }
    }
  }

  private enum Step {
    case key(String)
    case first
  }

  private func paths(of value: Any) -> [[Step]] {
    if let object = value as? [String: Any] {
      return object.keys.sorted().flatMap { key in
        [[.key(key)]] + paths(of: object[key] ?? "").map { [.key(key)] + $0 }
      }
    }
    guard let list = value as? [Any], let first = list.first else { return [] }
    return [[.first]] + paths(of: first).map { [.first] + $0 }
  }

  private static let mark = "@@here@@"

  private func spoil(
    _ config: [String: any Sendable], _ path: [Step], _ body: (Text) throws -> Void
  )
    throws
  {
    func name(_ value: String) -> String {
      let keys = path.map { step in
        if case .key(let key) = step { key } else { "[0]" }
      }
      return "\(config["model_type"] ?? ""): \(keys.joined(separator: ".")) \(value.prefix(40))"
    }
    let without = Self.replace(config, path[...], by: nil)
    try body(
      Text(
        description: name("left out"), json: JSONSerialization.data(withJSONObject: without ?? [:]))
    )
    let marked = Self.replace(config, path[...], by: Self.mark)
    let data = try JSONSerialization.data(withJSONObject: marked ?? [:])
    let parts = String(decoding: data, as: UTF8.self).components(separatedBy: "\"\(Self.mark)\"")
    for value in Self.values {
      try body(Text(description: name(value), json: Data(parts.joined(separator: value).utf8)))
    }
  }

  private static func replace(_ value: Any, _ path: ArraySlice<Step>, by new: Any?) -> Any? {
    guard let step = path.first else { return new }
    switch step {
    case .key(let key):
      guard var object = value as? [String: Any] else { return value }
      object[key] = replace(object[key] ?? "", path.dropFirst(), by: new)
      return object
    case .first:
      guard var list = value as? [Any], !list.isEmpty else { return value }
      if let element = replace(list[0], path.dropFirst(), by: new) {
        list[0] = element
      } else {
        list.removeFirst()
      }
      return list
    }
  }
}
