import Basics
import Compute

extension ModelFamily {
  /// The text models of Gemma 3 (transformers 5.24, modeling_gemma3.py).
  static let gemma3Text = ModelFamily(
    "gemma3_text", defaults: gemma3Defaults, reads: gemma3Reads, describe: describeGemma3)

  /// Gemma 3 with a vision tower, of which the text model is run; the rest is passed through.
  static let gemma3 = ModelFamily(
    "gemma3", defaults: gemma3Defaults, reads: gemma3Reads, textKey: "text_config",
    names: ["language_model.model", "model.language_model"].map(ModelNames.init(root:)),
    describe: describeGemma3)

  private static let gemma3Defaults = ModelSizes.Defaults(
    maxPositions: 131_072, keyValueHeads: 4, headDimension: 256, heads: 8, vocabulary: 262_208,
    tiesEmbeddings: true)

  /// Scores have no cap: `attn_logit_softcapping` is kept in some files and must be null.
  private static let gemma3Reads: Set = ["hidden_act", "final_logit_softcapping"]

  /// Gemma 2's layers without caps and with norms of each query and key head; five of six layers slide,
  /// with a rotary base of their own.
  @Sendable
  private static func describeGemma3(
    _ config: ConfigReader, _ sizes: ModelSizes
  ) throws(InputError) -> ModelDescription {
    let scale = try config.gemmaScale()
    let window = try config.optionalSize("sliding_window", default: 4096)
    let bias = try config.flag("attention_bias")
    let activation = try config.gemmaActivation()
    let ropes = try config.gemma3Ropes(sizes)
    let slidingWindows = try config.slidingWindows(
      alternating: window, period: config.size("sliding_window_pattern", default: 6),
      layers: sizes.layers)
    let layers = try sizes.layers(slidingWindows) { slidingWindow in
      var attention = sizes.attention(
        rope: slidingWindow == nil ? ropes.full : ropes.sliding, slidingWindow: slidingWindow)
      attention.shape.scale = scale
      attention.queryNorm = sizes.headNorm("self_attn.q_norm", offset: 1)
      attention.keyNorm = sizes.headNorm("self_attn.k_norm", offset: 1)
      return sizes.gemmaLayer(attention, bias: bias, activation)
    }
    var model = ModelDescription(layers: layers, finalNorm: sizes.norm("model.norm", offset: 1))
    model.embeddingScale = Float(sizes.hidden).squareRoot()
    model.logitCap = try config.cap("final_logit_softcapping", default: nil)
    return model
  }
}

extension ConfigReader {
  /// The rotations of layers that see everything, and of those that slide: `rope_parameters` by kind of
  /// layer (transformers 5), or `rope_theta` with `rope_scaling`, and `rope_local_base_freq`.
  fileprivate func gemma3Ropes(
    _ sizes: ModelSizes
  ) throws(InputError) -> (full: RopeParameters, sliding: RopeParameters) {
    let kinds = try object("rope_parameters")
    if let kinds, kinds.isUnset("full_attention"), kinds.isUnset("sliding_attention") {
      throw unsupported(
        "rope_parameters", "one set for all layers",
        allowed: "a set for full_attention and one for sliding_attention")
    }
    let empty = try ConfigReader(json: .init("{}".utf8), name: name)
    func rope(
      _ kind: String, _ scaling: ConfigReader?, _ key: String, _ usual: Double
    ) throws(InputError) -> RopeParameters {
      let own = try kinds?.object(kind) ?? empty
      let theta = try own.positive("rope_theta", default: positive(key, default: usual))
      return try RopeParameters(scaling ?? own, of: self, sizes, theta: theta)
    }
    let scaling = try object("rope_scaling").flatMap { $0.isEmpty ? nil : $0 }
    return (
      try rope("full_attention", scaling, "rope_theta", 1_000_000),
      try rope("sliding_attention", nil, "rope_local_base_freq", 10_000)
    )
  }
}
