import Basics

extension ModelFamily {
  /// Qwen2 and Qwen2.5 (transformers 5.23, modeling_qwen2.py): q, k and v add a bias, later layers may
  /// slide.
  static let qwen2 = ModelFamily(
    "qwen2", defaults: .init(maxPositions: 32_768, keyValueHeads: 32)
  ) { config, sizes throws(InputError) in
    let rope = try RopeParameters(config, sizes)
    let layers = try config.qwenSlidingWindows(layers: sizes.layers).map { slidingWindow in
      LayerDescription([
        Stage(
          .stream(sizes.norm("input_layernorm")), sizes.queryKeyValue(bias: true),
          then: .attention(sizes.attention(rope: rope, slidingWindow: slidingWindow))),
        Stage(.previous, sizes.attentionOutput(bias: false), then: .residual(nil)),
        Stage(
          .stream(sizes.norm("post_attention_layernorm")), sizes.gateUp(bias: false),
          then: .gated(.silu)),
        Stage(.previous, sizes.down(bias: false), then: .residual(nil)),
      ])
    }
    return ModelDescription(layers: layers, finalNorm: sizes.finalNorm)
  }
}
