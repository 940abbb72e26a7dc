import Basics
import Foundation

/// The keys of a Hugging Face `config.json` that a decoder's arithmetic depends on.
public struct ModelConfig: Sendable, Equatable {
  /// The family's name, `model_type`.
  public var modelType: String
  /// Width of the residual stream.
  public var hiddenSize: Int
  /// Width inside the MLP.
  public var intermediateSize: Int
  /// Decoder layers.
  public var layers: Int
  /// Query heads.
  public var heads: Int
  /// Key-value heads.
  public var keyValueHeads: Int
  /// Width of one head.
  public var headDimension: Int
  /// Entries of the vocabulary.
  public var vocabularySize: Int
  /// The ε of RMSNorm.
  public var normEpsilon: Float
  /// The longest sequence the model was made for.
  public var maxPositions: Int
  /// How positions rotate.
  public var rope: RopeParameters
  /// Whether lm_head is the embedding.
  public var tiesEmbeddings: Bool

  /// Reads `config.json` in `directory`.
  public init(directory: URL) throws(InputError) {
    let url = directory.appendingPathComponent("config.json")
    guard let data = try? Data(contentsOf: url) else {
      throw InputError(
        .missing, asked: "open the model \(directory.path)", found: "no config.json",
        hint: "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json")
    }
    try self.init(json: data, name: url.path)
  }

  /// Reads the text of a `config.json`; `name` is what errors call it.
  public init(json: Data, name: String) throws(InputError) {
    guard let parsed = try? JSONSerialization.jsonObject(with: json),
      let keys = parsed as? [String: Any]
    else {
      throw InputError(
        .badData, asked: "read \(name)", found: "not a JSON object",
        hint: "download config.json again")
    }
    let reader = ConfigReader(keys: keys, name: name)
    modelType = try reader.string("model_type")
    guard modelType == "llama" else {
      throw reader.unsupported("model_type", modelType, allowed: "llama")
    }
    let activation = try reader.string("hidden_act", default: "silu")
    guard activation == "silu" else {
      throw reader.unsupported("hidden_act", activation, allowed: "silu")
    }
    for key in ["attention_bias", "mlp_bias"] where reader.flag(key) {
      throw reader.unsupported(key, "true", allowed: "false")
    }
    hiddenSize = try reader.size("hidden_size")
    intermediateSize = try reader.size("intermediate_size")
    layers = try reader.size("num_hidden_layers")
    heads = try reader.size("num_attention_heads")
    keyValueHeads = try reader.size("num_key_value_heads", default: heads)
    headDimension = try reader.size("head_dim", default: max(1, hiddenSize / heads))
    vocabularySize = try reader.size("vocab_size")
    normEpsilon = Float(try reader.number("rms_norm_eps", default: 1e-6))
    maxPositions = try reader.size("max_position_embeddings", default: 2048)
    tiesEmbeddings = reader.flag("tie_word_embeddings")
    guard heads % keyValueHeads == 0, headDimension % 2 == 0 else {
      throw reader.unsupported(
        "num_key_value_heads", "\(keyValueHeads) for \(heads) heads of \(headDimension)",
        allowed: "a divisor of num_attention_heads, and an even head_dim")
    }
    rope = try RopeParameters(reader)
  }
}

/// Access to config.json's keys, with errors that name them.
struct ConfigReader {
  let keys: [String: Any]
  let name: String

  func string(_ key: String, default fallback: String? = nil) throws(InputError) -> String {
    if let value = keys[key] as? String { return value }
    if let fallback, isAbsent(key) { return fallback }
    throw wrong(key, "a string")
  }

  func number(_ key: String, default fallback: Double? = nil) throws(InputError) -> Double {
    if let value = keys[key] as? NSNumber, value.doubleValue.isFinite { return value.doubleValue }
    if let fallback, isAbsent(key) { return fallback }
    throw wrong(key, "a number")
  }

  /// A positive size; no real model comes near the upper bound.
  func size(_ key: String, default fallback: Int? = nil) throws(InputError) -> Int {
    let value = try number(key, default: fallback.map(Double.init))
    guard value >= 1, value < 0x1p31, value == value.rounded() else {
      throw wrong(key, "a positive whole number")
    }
    return Int(value)
  }

  func flag(_ key: String) -> Bool { (keys[key] as? NSNumber)?.boolValue ?? false }

  func object(_ key: String) -> ConfigReader? {
    (keys[key] as? [String: Any]).map { ConfigReader(keys: $0, name: "\(name), \(key)") }
  }

  func isAbsent(_ key: String) -> Bool { keys[key] == nil || keys[key] is NSNull }

  func unsupported(_ key: String, _ value: String, allowed: String) -> InputError {
    InputError(
      .badData, asked: "run the model of \(name)", found: "\(key): \(value)",
      hint: "tenbin supports \(key): \(allowed)")
  }

  private func wrong(_ key: String, _ expected: String) -> InputError {
    InputError(
      .badData, asked: "read \(name)",
      found: keys[key].map { "\(key): \($0)" } ?? "no \(key)",
      hint: "\(key) is \(expected) in a complete config.json")
  }
}
