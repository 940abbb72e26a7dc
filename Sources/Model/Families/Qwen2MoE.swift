import Basics
import Compute

extension ModelFamily {
  /// Qwen1.5-MoE and Qwen2-MoE (transformers 5.24, modeling_qwen2_moe.py): Qwen2's attention; beside
  /// the chosen experts, one that all tokens pass through, weighed token by token.
  static let qwen2MoE = ModelFamily(
    "qwen2_moe", defaults: .init(maxPositions: 32_768, keyValueHeads: 16),
    reads: ["num_experts", "num_local_experts"]
  ) { config, sizes throws(InputError) in
    let bias = try config.flag("qkv_bias", default: true)
    let rope = try RopeParameters(config, sizes)
    let experts = try Experts(
      config, sizes, width: config.size("moe_intermediate_size", default: 1408),
      defaults: .init(count: 60, perToken: 4))
    let router = Router(
      "mlp.gate.weight", experts: experts.count,
      rule: RoutingRule(
        expertsPerToken: experts.perToken, isNormalized: try config.flag("norm_topk_prob")))
    let shared = sizes.sharedExpert(
      width: try config.size("shared_expert_intermediate_size", default: 5632))
    let kinds = zip(
      try config.qwenMoESlidingWindows(layers: sizes.layers), try config.sparseLayers(sizes.layers)
    ).map { LayerKind(slidingWindow: $0, isSparse: $1) }
    let layers = try sizes.layers(kinds) { kind in
      let norm = sizes.norm("post_attention_layernorm")
      return LayerDescription(
        [
          Stage(
            .stream(sizes.norm("input_layernorm")), sizes.queryKeyValue(bias: bias),
            then: .attention(sizes.attention(rope: rope, slidingWindow: kind.slidingWindow))),
          Stage(.previous, sizes.attentionOutput(), then: .residual(nil)),
        ]
          + (kind.isSparse
            ? experts.stages(sizes, norm: norm, router: router, shared: shared)
            : sizes.denseMLP(norm: norm)))
    }
    return ModelDescription(layers: layers, finalNorm: sizes.finalNorm)
  }
}

/// What layers of one model differ in.
struct LayerKind: Hashable {
  var slidingWindow: Int?
  var isSparse: Bool
}

extension ModelSizes {
  /// The MLP of a layer without experts.
  func denseMLP(norm: Norm) -> [Stage] {
    [
      Stage(.stream(norm), gateUp(), then: .gated(.silu)),
      Stage(.previous, down(), then: .residual(nil)),
    ]
  }

  /// The expert that all tokens pass through.
  fileprivate func sharedExpert(width: Int) -> (gateUp: Stage.Group, down: Stage.Group) {
    let tokens = Stage.Tokens.shared(gate: "mlp.shared_expert_gate.weight")
    return (
      Stage.Group(
        [
          Linear("mlp.shared_expert.gate_proj", .gate, rows: width, columns: hidden),
          Linear("mlp.shared_expert.up_proj", .up, rows: width, columns: hidden),
        ], tokens: tokens),
      Stage.Group(
        [Linear("mlp.shared_expert.down_proj", .output, rows: hidden, columns: width)],
        tokens: tokens)
    )
  }
}
