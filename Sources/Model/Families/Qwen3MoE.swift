import Basics
import Compute

extension ModelFamily {
  /// Qwen3-30B-A3B and models built like it (transformers 5.24, modeling_qwen3_moe.py): Qwen3's
  /// attention, and a choice of many narrow experts. A window holds for all layers.
  static let qwen3MoE = ModelFamily(
    "qwen3_moe", defaults: .init(maxPositions: 32_768, keyValueHeads: 4),
    reads: ["num_experts", "num_local_experts"]
  ) { config, sizes throws(InputError) in
    let bias = try config.flag("attention_bias")
    let rope = try RopeParameters(config, sizes)
    let window =
      try config.flag("use_sliding_window")
      ? config.optionalSize("sliding_window", default: 4096) : nil
    let experts = try Experts(
      config, sizes, width: config.size("moe_intermediate_size", default: 768),
      defaults: .init(count: 128, perToken: 8))
    let router = Router(
      "mlp.gate.weight", experts: experts.count,
      rule: RoutingRule(
        expertsPerToken: experts.perToken, isNormalized: try config.flag("norm_topk_prob")))
    let kinds = zip(
      try config.slidingWindows(alike: window, layers: sizes.layers),
      try config.sparseLayers(sizes.layers)
    ).map { LayerKind(slidingWindow: $0, isSparse: $1) }
    let layers = try sizes.layers(kinds) { kind in
      var attention = sizes.attention(rope: rope, slidingWindow: kind.slidingWindow)
      attention.queryNorm = sizes.headNorm("self_attn.q_norm")
      attention.keyNorm = sizes.headNorm("self_attn.k_norm")
      let norm = sizes.norm("post_attention_layernorm")
      return LayerDescription(
        [
          Stage(
            .stream(sizes.norm("input_layernorm")), sizes.queryKeyValue(bias: bias),
            then: .attention(attention)),
          Stage(.previous, sizes.attentionOutput(bias: bias), then: .residual(nil)),
        ]
          + (kind.isSparse
            ? experts.stages(sizes, norm: norm, router: router) : sizes.denseMLP(norm: norm)))
    }
    return ModelDescription(layers: layers, finalNorm: sizes.finalNorm)
  }
}
