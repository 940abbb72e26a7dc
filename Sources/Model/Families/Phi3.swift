import Basics

extension ModelFamily {
  /// Phi-3, Phi-3.5, Phi-4 and Phi-4-mini (transformers 5.24, modeling_phi3.py): fused projections; a
  /// part of each head may be rotated, by LongRoPE's two sets of frequencies. GPTQModel takes gate and
  /// up apart.
  static let phi3 = ModelFamily(
    "phi3", defaults: .init(maxPositions: 4096, epsilon: 1e-5), reads: ["partial_rotary_factor"],
    names: [
      ModelNames(),
      ModelNames(.gptqmodel, marks: ["mlp.gate_proj.weight", "mlp.gate_proj.qweight"]),
    ]
  ) { config, sizes throws(InputError) in
    let rope = try RopeParameters(
      config, sizes,
      .init(
        types: ["default", "longrope"], aliases: ["su": "longrope", "yarn": "longrope"],
        originalPositions: 4096, isPartial: true))
    let window = try config.optionalSize("sliding_window")
    let layers = try sizes.layers(config.slidingWindows(alike: window, layers: sizes.layers)) {
      slidingWindow in
      LayerDescription([
        Stage(
          .stream(sizes.norm("input_layernorm")), sizes.fusedQueryKeyValue("self_attn"),
          then: .attention(sizes.attention(rope: rope, slidingWindow: slidingWindow))),
        Stage(.previous, sizes.attentionOutput(), then: .residual(nil)),
        Stage(
          .stream(sizes.norm("post_attention_layernorm")),
          sizes.convention == .published ? sizes.fusedGateUp : sizes.gateUp(),
          then: .gated(.silu)),
        Stage(.previous, sizes.down(), then: .residual(nil)),
      ])
    }
    return ModelDescription(layers: layers, finalNorm: sizes.finalNorm)
  }
}
