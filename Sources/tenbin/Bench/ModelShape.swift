import Basics
import Codecs
import Foundation
import Model

/// The shapes of some well-known models.
enum ModelShape: String, CaseIterable {
  case llama135m = "llama-135m"
  case llama1b = "llama-3.2-1b"
  case llama8b = "llama-3.1-8b"
  case llama70b = "llama-3.1-70b"

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// hidden, intermediate, layers, heads, key-value heads, vocabulary.
  private var sizes: [Int] {
    switch self {
    case .llama135m: [576, 1536, 30, 9, 3, 49152]
    case .llama1b: [2048, 8192, 16, 32, 8, 128256]
    case .llama8b: [4096, 14336, 32, 32, 8, 128256]
    case .llama70b: [8192, 28672, 80, 64, 8, 128256]
    }
  }

  /// The config of the shape `name`, or of the config.json at that path; `layers` and `vocabulary`
  /// replace its own.
  static func config(
    _ name: String, layers: Int? = nil, vocabulary: Int? = nil
  ) throws(InputError) -> ModelConfig {
    var keys: [JSONMember] = []
    if let shape = ModelShape(rawValue: name) {
      let names = [
        "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "vocab_size",
      ]
      keys = zip(names, shape.sizes).map { JSONMember(key: $0, value: .integer($1)) }
      keys += [
        .init(key: "model_type", value: .string("llama")),
        .init(key: "rms_norm_eps", value: .number(1e-5)),
        .init(key: "rope_theta", value: .number(500_000)),
        .init(key: "tie_word_embeddings", value: .bool(true)),
      ]
    } else if FileManager.default.fileExists(atPath: name) {
      keys = try JSONValue(contentsOf: URL(fileURLWithPath: name)).members ?? []
    } else {
      throw InputError(
        .usage, asked: "--shape \(name)", found: "no such shape, and no config.json of that path",
        hint: "known are \(names)")
    }
    if let layers {
      keys.removeAll { $0.key == "layer_types" }
      keys.append(.init(key: "num_hidden_layers", value: .integer(layers)))
    }
    if let vocabulary { keys.append(.init(key: "vocab_size", value: .integer(vocabulary))) }
    // Of a key that stands there twice the last value counts.
    return try ModelConfig(json: Data(JSONText.pretty(.object(keys)).utf8), name: name)
  }
}
