import Basics
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
    var keys: [String: Any] = [:]
    if let shape = ModelShape(rawValue: name) {
      let names = [
        "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "vocab_size",
      ]
      for (key, value) in zip(names, shape.sizes) { keys[key] = value }
      keys["model_type"] = "llama"
      keys["rms_norm_eps"] = 1e-5
      keys["rope_theta"] = 500_000.0
      keys["tie_word_embeddings"] = true
    } else if let data = try? Data(contentsOf: URL(fileURLWithPath: name)),
      let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
    {
      keys = object
    } else {
      throw InputError(
        .usage, asked: "--shape \(name)", found: "no such shape, and no config.json of that path",
        hint: "known are \(names)")
    }
    if let layers {
      keys["num_hidden_layers"] = layers
      keys["layer_types"] = nil
    }
    if let vocabulary { keys["vocab_size"] = vocabulary }
    guard let json = try? JSONSerialization.data(withJSONObject: keys) else {
      throw InputError(
        .badData, asked: "--shape \(name)", found: "a config.json that cannot be written again",
        hint: "known are \(names)")
    }
    return try ModelConfig(json: json, name: name)
  }
}
