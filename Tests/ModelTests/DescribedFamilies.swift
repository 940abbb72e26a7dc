import Compute
import Foundation
import Model
import TestSupport
import Testing

/// Families that tenbin does not run yet, described: fused projections, norms after branches and caps,
/// experts.
enum DescribedFamily: String, CaseIterable, Sendable {
  case phi3
  case gemma2
  case qwen3MoE = "qwen3_moe"

  /// The keys of a config.json that these descriptions need.
  struct Keys: Decodable {
    var hidden_size, intermediate_size, num_hidden_layers, num_attention_heads: Int
    var num_key_value_heads, vocab_size, max_position_embeddings: Int
    var head_dim, sliding_window, query_pre_attn_scalar, moe_intermediate_size: Int?
    /// As transformers 5 writes it; older files have num_experts.
    var num_local_experts, num_experts_per_tok: Int?
    var norm_topk_prob, tie_word_embeddings: Bool?
    var attn_logit_softcapping, final_logit_softcapping: Float?
    var rms_norm_eps: Float

    func norm(_ name: String, offset: Float = 0, width: Int? = nil) -> Norm {
      Norm("\(name).weight", width: width ?? hidden_size, epsilon: rms_norm_eps, offset: offset)
    }
  }

  func config(_ folder: URL) throws -> ModelConfig {
    let data = try Data(contentsOf: folder.appendingPathComponent("config.json"))
    let keys = try JSONDecoder().decode(Keys.self, from: data)
    let description =
      switch self {
      case .phi3: Self.phi3(keys)
      case .gemma2: Self.gemma2(keys)
      case .qwen3MoE: Self.qwen3MoE(keys)
      }
    return ModelConfig(
      modelType: rawValue, hiddenSize: keys.hidden_size, vocabularySize: keys.vocab_size,
      maxPositions: keys.max_position_embeddings,
      tiesEmbeddings: keys.tie_word_embeddings ?? (self == .gemma2), description: description)
  }

  /// q, k and v in one linear, gate and up in another; half of each head is rotated.
  private static func phi3(_ keys: Keys) -> ModelDescription {
    let (d, m) = (keys.hidden_size, keys.intermediate_size)
    let h = keys.head_dim ?? d / keys.num_attention_heads
    let attention = Attention(
      AttentionShape(
        heads: keys.num_attention_heads, keyValueHeads: keys.num_key_value_heads,
        headDimension: h, span: keys.sliding_window),
      rope: RopeParameters(theta: 10_000, headDimension: h / 2))
    let (wide, narrow) = (keys.num_attention_heads * h, keys.num_key_value_heads * h)
    let layer = LayerDescription([
      Stage(
        .stream(keys.norm("input_layernorm")),
        [
          Linear(
            fused: "self_attn.qkv_proj", [(.query, wide), (.key, narrow), (.value, narrow)],
            columns: d)
        ], then: .attention(attention)),
      Stage(
        .previous, [Linear("self_attn.o_proj", .output, rows: d, columns: wide)],
        then: .residual(nil)),
      Stage(
        .stream(keys.norm("post_attention_layernorm")),
        [Linear(fused: "mlp.gate_up_proj", [(.gate, m), (.up, m)], columns: d)],
        then: .gated(.silu)),
      Stage(
        .previous, [Linear("mlp.down_proj", .output, rows: d, columns: m)], then: .residual(nil)),
    ])
    return ModelDescription(
      layers: Array(repeating: layer, count: keys.num_hidden_layers),
      finalNorm: keys.norm("model.norm"))
  }

  /// A norm before and after each branch, all with gains 1 + w; even layers slide.
  private static func gemma2(_ keys: Keys) -> ModelDescription {
    let (d, m, h) = (keys.hidden_size, keys.intermediate_size, keys.head_dim ?? 256)
    let (wide, narrow) = (keys.num_attention_heads * h, keys.num_key_value_heads * h)
    func norm(_ name: String) -> Norm { keys.norm(name, offset: 1) }
    let layers = (0..<keys.num_hidden_layers).map { layer in
      var shape = AttentionShape(
        heads: keys.num_attention_heads, keyValueHeads: keys.num_key_value_heads,
        headDimension: h, span: layer % 2 == 0 ? keys.sliding_window : nil)
      shape.scale = 1 / Float(keys.query_pre_attn_scalar ?? 256).squareRoot()
      shape.softCap = keys.attn_logit_softcapping
      return LayerDescription([
        Stage(
          .stream(norm("input_layernorm")),
          [
            Linear("self_attn.q_proj", .query, rows: wide, columns: d),
            Linear("self_attn.k_proj", .key, rows: narrow, columns: d),
            Linear("self_attn.v_proj", .value, rows: narrow, columns: d),
          ],
          then: .attention(
            Attention(shape, rope: RopeParameters(theta: 10_000, headDimension: h)))),
        Stage(
          .previous, [Linear("self_attn.o_proj", .output, rows: d, columns: wide)],
          then: .residual(norm("post_attention_layernorm"))),
        Stage(
          .stream(norm("pre_feedforward_layernorm")),
          [
            Linear("mlp.gate_proj", .gate, rows: m, columns: d),
            Linear("mlp.up_proj", .up, rows: m, columns: d),
          ], then: .gated(.geluTanh)),
        Stage(
          .previous, [Linear("mlp.down_proj", .output, rows: d, columns: m)],
          then: .residual(norm("post_feedforward_layernorm"))),
      ])
    }
    var description = ModelDescription(layers: layers, finalNorm: norm("model.norm"))
    description.embeddingScale = Float(d).squareRoot()
    description.logitCap = keys.final_logit_softcapping
    return description
  }

  /// Qwen3's attention; the MLP is a choice of experts.
  private static func qwen3MoE(_ keys: Keys) -> ModelDescription {
    let (d, h) = (keys.hidden_size, keys.head_dim ?? 128)
    let (m, experts) = (keys.moe_intermediate_size ?? 0, keys.num_local_experts ?? 0)
    let (wide, narrow) = (keys.num_attention_heads * h, keys.num_key_value_heads * h)
    let attention = Attention(
      AttentionShape(
        heads: keys.num_attention_heads, keyValueHeads: keys.num_key_value_heads,
        headDimension: h),
      rope: RopeParameters(theta: 10_000, headDimension: h),
      queryNorm: keys.norm("self_attn.q_norm", width: h),
      keyNorm: keys.norm("self_attn.k_norm", width: h))
    func name(_ expert: Int, _ linear: String) -> LinearName {
      LinearName(rawValue: "mlp.experts.\(expert).\(linear)")
    }
    let layer = LayerDescription([
      Stage(
        .stream(keys.norm("input_layernorm")),
        [
          Linear("self_attn.q_proj", .query, rows: wide, columns: d),
          Linear("self_attn.k_proj", .key, rows: narrow, columns: d),
          Linear("self_attn.v_proj", .value, rows: narrow, columns: d),
        ], then: .attention(attention)),
      Stage(
        .previous, [Linear("self_attn.o_proj", .output, rows: d, columns: wide)],
        then: .residual(nil)),
      Stage(
        .stream(keys.norm("post_attention_layernorm")),
        router: Router(
          "mlp.gate.weight", experts: experts,
          rule: RoutingRule(
            expertsPerToken: keys.num_experts_per_tok ?? 0,
            isNormalized: keys.norm_topk_prob ?? false)),
        groups: (0..<experts).map { expert in
          Stage.Group(
            [
              Linear(name(expert, "gate_proj"), .gate, rows: m, columns: d),
              Linear(name(expert, "up_proj"), .up, rows: m, columns: d),
            ], tokens: .expert(expert))
        }, then: .gated(.silu)),
      Stage(
        .previous,
        groups: (0..<experts).map { expert in
          Stage.Group(
            [Linear(name(expert, "down_proj"), .output, rows: d, columns: m)],
            tokens: .expert(expert))
        }, then: .residual(nil)),
    ])
    return ModelDescription(
      layers: Array(repeating: layer, count: keys.num_hidden_layers),
      finalNorm: keys.norm("model.norm"))
  }
}
