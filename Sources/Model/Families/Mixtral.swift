import Basics
import Compute

extension ModelFamily {
  /// Mixtral 8x7B and models built like it (transformers 5.24, modeling_mixtral.py): Mistral with a
  /// choice of experts, under the names that its files have had from the beginning, or those that
  /// transformers 5 has inside, which GPTQModel writes.
  static let mixtral = ModelFamily(
    "mixtral", defaults: .init(maxPositions: 131_072, keyValueHeads: 8, epsilon: 1e-5),
    reads: ["num_local_experts", "num_experts"],
    names: [ModelNames(), ModelNames(.gptqmodel, marks: ["mlp.gate.weight"])]
  ) { config, sizes throws(InputError) in
    let rope = try RopeParameters(config, sizes, .init(theta: 1_000_000))
    let window = try config.optionalSize("sliding_window")
    let experts = try Experts(
      config, sizes, width: sizes.intermediate, defaults: .init(count: 8, perToken: 2))
    let isPublished = sizes.convention == .published
    let router = Router(
      isPublished ? "block_sparse_moe.gate.weight" : "mlp.gate.weight", experts: experts.count,
      rule: RoutingRule(expertsPerToken: experts.perToken, isNormalized: true))
    let names =
      isPublished
      ? Experts.Names(parent: "block_sparse_moe.experts", gate: "w1", up: "w3", down: "w2")
      : Experts.Names()
    let slidingWindows = try config.slidingWindows(alike: window, layers: sizes.layers)
    let layers = try sizes.layers(slidingWindows) { slidingWindow in
      LayerDescription(
        [
          Stage(
            .stream(sizes.norm("input_layernorm")), sizes.queryKeyValue(),
            then: .attention(sizes.attention(rope: rope, slidingWindow: slidingWindow))),
          Stage(.previous, sizes.attentionOutput(), then: .residual(nil)),
        ]
          + experts.stages(
            sizes, norm: sizes.norm("post_attention_layernorm"), router: router, names: names))
    }
    return ModelDescription(layers: layers, finalNorm: sizes.finalNorm)
  }
}
