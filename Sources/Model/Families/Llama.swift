import Basics

extension ModelFamily {
  /// Llama 2 and 3, and models built like them (transformers 5.23, modeling_llama.py).
  static let llama = ModelFamily("llama", defaults: .init(maxPositions: 2048)) {
    config, sizes throws(InputError) in
    let attentionBias = try config.flag("attention_bias")
    let mlpBias = try config.flag("mlp_bias")
    let rope = try RopeParameters(config, sizes)
    let slidingWindows = try config.slidingWindows(alike: nil, layers: sizes.layers)
    let layers = slidingWindows.map { slidingWindow in
      LayerDescription([
        Stage(
          .stream(sizes.norm("input_layernorm")), sizes.queryKeyValue(bias: attentionBias),
          then: .attention(sizes.attention(rope: rope, slidingWindow: slidingWindow))),
        Stage(.previous, sizes.attentionOutput(bias: attentionBias), then: .residual(nil)),
        Stage(
          .stream(sizes.norm("post_attention_layernorm")), sizes.gateUp(bias: mlpBias),
          then: .gated(.silu)),
        Stage(.previous, sizes.down(bias: mlpBias), then: .residual(nil)),
      ])
    }
    return ModelDescription(layers: layers, finalNorm: sizes.finalNorm)
  }
}
