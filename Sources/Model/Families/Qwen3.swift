import Basics

extension ModelFamily {
  /// Qwen3 (transformers 5.23, modeling_qwen3.py): each head of q and k is normed before it is
  /// rotated, later layers may slide.
  static let qwen3 = ModelFamily(
    "qwen3", defaults: .init(maxPositions: 32_768, keyValueHeads: 32, headDimension: 128)
  ) { config, sizes throws(InputError) in
    let bias = try config.flag("attention_bias")
    let rope = try RopeParameters(config, sizes)
    let layers = try config.qwenSlidingWindows(layers: sizes.layers).map { slidingWindow in
      var attention = sizes.attention(rope: rope, slidingWindow: slidingWindow)
      attention.queryNorm = sizes.headNorm("self_attn.q_norm")
      attention.keyNorm = sizes.headNorm("self_attn.k_norm")
      return LayerDescription([
        Stage(
          .stream(sizes.norm("input_layernorm")), sizes.queryKeyValue(bias: bias),
          then: .attention(attention)),
        Stage(.previous, sizes.attentionOutput(bias: bias), then: .residual(nil)),
        Stage(
          .stream(sizes.norm("post_attention_layernorm")), sizes.gateUp(bias: false),
          then: .gated(.silu)),
        Stage(.previous, sizes.down(bias: false), then: .residual(nil)),
      ])
    }
    return ModelDescription(layers: layers, finalNorm: sizes.finalNorm)
  }
}
