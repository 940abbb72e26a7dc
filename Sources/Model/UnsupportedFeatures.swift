import Basics
import Codecs

extension ConfigReader {
  /// Refuses a config that asks for arithmetic no supported family has, even where transformers
  /// would pass over the key: the numbers would silently be another model's.
  func refuseUnsupportedFeatures() throws(InputError) {
    let activation = try string("hidden_act", default: "silu")
    guard ["silu", "swish"].contains(activation) else {
      throw unsupported("hidden_act", activation, allowed: "silu")
    }
    for (key, neutral) in neutralValues {
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

/// Keys of features that other architectures have, with the value (false is 0, true is 1) that
/// switches each of them off.
private let neutralValues: [(key: String, neutral: Double)] = [
  // Mixture of experts
  ("num_experts", 0), ("num_local_experts", 0), ("n_routed_experts", 0),
  // Attention: soft-capping, sinks, latent, clipped, norms over all heads, not causal
  ("attn_logit_softcapping", 0), ("add_full_attention_sink_bias", 0),
  ("add_swa_attention_sink_bias", 0), ("attention_sinks", 0), ("q_lora_rank", 0),
  ("kv_lora_rank", 0), ("clip_qkv", 0), ("use_qk_norm", 0), ("qk_layernorm", 0),
  ("attention_multiplier", 0), ("is_causal", 1),
  // Multipliers and caps on embeddings, residuals and logits
  ("final_logit_softcapping", 0), ("logits_scaling", 1), ("logit_scale", 1),
  ("embedding_multiplier", 1), ("residual_multiplier", 1),
  // Positions
  ("partial_rotary_factor", 1), ("alibi", 0),
]
