import Basics
import Codecs

extension ConfigReader {
  /// Refuses a config that asks for arithmetic no supported family has, even where transformers
  /// would pass over the key: the numbers would silently be another model's.
  /// `read` are the keys that the family has a use for, and looks at itself.
  func refuseUnsupportedFeatures(but read: Set<String>) throws(InputError) {
    let activation = try string("hidden_act", default: "silu")
    guard read.contains("hidden_act") || ["silu", "swish"].contains(activation) else {
      throw unsupported("hidden_act", activation, allowed: "silu")
    }
    for (key, neutral) in neutralValues where !read.contains(key) {
      guard let value = value(key) else { continue }
      guard (value.number ?? value.bool.map { $0 ? 1 : 0 }) == neutral else {
        throw unsupported(key, value.words, allowed: "\(Int(neutral)), or no such key")
      }
    }
    // transformers 5 reads the weights from the file that this names, and from no other.
    if let file = value("transformers_weights") {
      throw unsupported("transformers_weights", file.words, allowed: "no such key")
    }
  }
}

extension ModelFamily {
  /// The family called `type` in the config.json of `reader`; an error that lists those that there are,
  /// and says what the model has that none of them has, where its keys tell.
  init(of type: String, _ reader: ConfigReader) throws(InputError) {
    if let family = Self.all.first(where: { $0.type == type }) {
      self = family
      return
    }
    let text = try? reader.object("text_config")
    let foreign = foreignParts.first { part in
      [reader, text].contains { $0.map { !$0.isUnset(part.key) } ?? false }
    }
    throw reader.unsupported(
      "model_type", foreign.map { "\(type), a model with \($0.what) (\($0.key))" } ?? type,
      allowed: Self.all.map(\.type).joined(separator: ", "))
  }
}

/// Keys that tell of parts which no supported family has.
private let foreignParts: [(key: String, what: String)] = [
  ("kv_lora_rank", "latent attention"), ("linear_num_value_heads", "linear attention"),
  ("mamba_d_state", "state-space layers"), ("mamba_num_heads", "state-space layers"),
  ("ssm_state_size", "state-space layers"), ("state_size", "state-space layers"),
  ("lru_width", "recurrent layers"), ("conv_L_cache", "convolution layers"),
  ("encoder_layers", "an encoder"), ("vision_config", "vision"), ("img_processor", "vision"),
  ("vision_lora", "vision"), ("audio_config", "audio"),
]

/// Keys of features that other architectures have, with the value (false is 0, true is 1) that
/// switches each of them off.
private let neutralValues: [(key: String, neutral: Double)] = [
  // Mixture of experts
  ("num_experts", 0), ("num_local_experts", 0), ("n_routed_experts", 0),
  // Attention: soft-capping, sinks, latent, clipped, norms over all heads, not causal
  ("attn_logit_softcapping", 0), ("add_full_attention_sink_bias", 0),
  ("add_swa_attention_sink_bias", 0), ("attention_sinks", 0), ("q_lora_rank", 0),
  ("kv_lora_rank", 0), ("clip_qkv", 0), ("use_qk_norm", 0), ("qk_layernorm", 0),
  ("attention_multiplier", 0), ("is_causal", 1), ("use_bidirectional_attention", 0),
  // Multipliers and caps on embeddings, residuals and logits
  ("final_logit_softcapping", 0), ("logits_scaling", 1), ("logit_scale", 1),
  ("embedding_multiplier", 1), ("residual_multiplier", 1), ("scale_embedding", 0),
  // Positions
  ("partial_rotary_factor", 1), ("alibi", 0),
]
