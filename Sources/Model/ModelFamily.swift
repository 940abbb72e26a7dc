import Basics

/// The families of decoders that tenbin runs, by their `model_type`. They share one layer; what
/// sets them apart is said here, in `AttentionSpans` and in config.json (after transformers 5.23).
public enum ModelFamily: String, Sendable, CaseIterable {
  case llama
  case mistral
  case qwen2
  case qwen3

  /// Whether each head of q and k is normed before it is rotated (`q_norm`, `k_norm`).
  public var normsHeads: Bool { self == .qwen3 }

  /// The linears that add a bias.
  func biasedModules(_ reader: ConfigReader) throws(InputError) -> Set<LinearModule> {
    switch self {
    case .llama:
      let attention = try reader.flag("attention_bias") ? LinearModule.attention : []
      return attention.union(try reader.flag("mlp_bias") ? LinearModule.mlp : [])
    case .mistral: return []
    case .qwen2: return [.q, .k, .v]
    case .qwen3: return try reader.flag("attention_bias") ? LinearModule.attention : []
    }
  }

  /// The value of `num_key_value_heads` where config.json does not have the key; nil: as many as
  /// query heads.
  var defaultKeyValueHeads: Int? {
    switch self {
    case .llama: nil
    case .mistral: 8
    case .qwen2, .qwen3: 32
    }
  }

  /// The value of `head_dim` where config.json does not have the key; nil: the share of a head in
  /// `hidden_size`.
  var defaultHeadDimension: Int? { self == .qwen3 ? 128 : nil }

  /// The value of `max_position_embeddings` where config.json does not have the key.
  var defaultMaxPositions: Int {
    switch self {
    case .llama: 2048
    case .mistral: 131_072
    case .qwen2, .qwen3: 32_768
    }
  }
}
