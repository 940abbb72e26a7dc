import Basics

extension ModelFamily {
  /// Mistral 7B, NeMo and models built like them (transformers 5.23, modeling_mistral.py): all layers
  /// slide where there is a window, and nothing adds a bias.
  static let mistral = ModelFamily(
    "mistral", defaults: .init(maxPositions: 131_072, keyValueHeads: 8)
  ) { config, sizes throws(InputError) in
    let rope = try RopeParameters(config, sizes)
    let window = try config.optionalSize("sliding_window", default: 4096)
    let slidingWindows = try config.slidingWindows(alike: window, layers: sizes.layers)
    let layers = slidingWindows.map { slidingWindow in
      LayerDescription([
        Stage(
          .stream(sizes.norm("input_layernorm")), sizes.queryKeyValue(bias: false),
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
