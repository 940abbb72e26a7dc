import Basics
import Compute

extension ModelFamily {
  /// gpt-oss 20B and 120B (transformers 5.24, modeling_gpt_oss.py): attention sinks, biases everywhere,
  /// every other layer sliding, a router with a bias, a clamped activation. The experts of a layer
  /// stand in one tensor each for gate and up and for down: `StackedExperts` reads them as linears.
  static let gptOSS = ModelFamily(
    "gpt_oss",
    defaults: .init(
      maxPositions: 131_072, keyValueHeads: 8, headDimension: 64, epsilon: 1e-5),
    reads: ["num_local_experts", "num_experts"]
  ) { config, sizes throws(InputError) in
    try config.refuseMixedRows()
    let bias = try config.flag("attention_bias", default: true)
    let rope = try RopeParameters(
      config, sizes, .init(theta: 150_000, absent: trainedRope))
    let window = try config.optionalSize("sliding_window", default: 128)
    let experts = try Experts(
      config, sizes, width: sizes.intermediate, defaults: .init(count: 128, perToken: 4))
    let router = Router(
      "mlp.router.weight", bias: "mlp.router.bias", experts: experts.count,
      rule: RoutingRule(
        expertsPerToken: experts.perToken, softmax: .chosen, isNormalized: true))
    let activation = Activation.clampedSwiGLU(
      alpha: Float(try config.positive("swiglu_alpha", default: 1.702)),
      limit: Float(try config.positive("swiglu_limit", default: 7)))
    let slidingWindows = try config.slidingWindows(
      alternating: window, period: 2, layers: sizes.layers)
    let layers = try sizes.layers(slidingWindows) { slidingWindow in
      var attention = sizes.attention(rope: rope, slidingWindow: slidingWindow)
      attention.sinks = "self_attn.sinks"
      return LayerDescription(
        [
          Stage(
            .stream(sizes.norm("input_layernorm")), sizes.queryKeyValue(bias: bias),
            then: .attention(attention)),
          Stage(.previous, sizes.attentionOutput(bias: bias), then: .residual(nil)),
        ]
          + experts.stages(
            sizes, norm: sizes.norm("post_attention_layernorm"), router: router,
            activation: activation, bias: true))
    }
    return ModelDescription(layers: layers, finalNorm: sizes.finalNorm)
  }

  /// What transformers takes where config.json has no rotary parameters.
  private static let trainedRope = """
    {"rope_type": "yarn", "factor": 32, "beta_fast": 32, "beta_slow": 1, "truncate": false,
     "original_max_position_embeddings": 4096}
    """
}

extension ConfigReader {
  /// Refuses experts that GPTQModel wrote. Its `defuser` (0.0.28) halves a stack whose outputs are gate
  /// and up in turn: what it calls `gate_proj` is the first half of both, and shapes do not tell.
  fileprivate func refuseMixedRows() throws(InputError) {
    let quantizer = try object("quantization_config")?.object("meta")?.value("quantizer")
    let writers = quantizer?.array ?? [quantizer].compactMap { $0 }
    guard let writer = writers.compactMap(\.string).first(where: { $0.hasPrefix("gptqmodel:") })
    else { return }
    throw InputError(
      .badData, asked: "run the model of \(name)",
      found: "gpt_oss in codes by \(writer), whose gate_proj and up_proj both mix gate and up",
      hint: "quantize the base model with tenbin quantize, or load this one with GPTQModel")
  }
}
