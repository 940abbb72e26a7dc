import Basics
import Foundation

extension ModelFamily {
  /// PLaMo 3 (its code is on the Hub beside the weights; formulas after vLLM's and mlx-lm's
  /// `models/plamo3.py`): fused projections, a norm before and after each branch with weights stored as
  /// differences from 1 or from a power of 5, most layers sliding with a rotary base of their own.
  ///
  /// A sliding layer sees `window_size` tokens before its own, as the Hub's mask has it and mlx-lm after
  /// it; vLLM counts the token itself as one of them.
  static let plamo3 = ModelFamily(
    "plamo3",
    defaults: .init(
      maxPositions: 2048, keyValueHeads: 4, headDimension: 128, tiesEmbeddings: true),
    names: [plamoNames]
  ) { config, sizes throws(InputError) in
    let linears = try config.string("linear_type", default: "normal")
    guard linears == "normal" else {
      throw config.unsupported("linear_type", linears, allowed: "normal")
    }
    let ropes = try config.plamoRopes(sizes)
    let window = try config.plamoWindow()
    let slidingWindows = try config.slidingWindows(
      alternating: window + 1, period: config.size("sliding_window_pattern"), layers: sizes.layers)
    let layers = try sizes.layers(slidingWindows) { slidingWindow in
      var attention = sizes.attention(
        rope: slidingWindow == nil ? ropes.full : ropes.sliding, slidingWindow: slidingWindow)
      attention.queryNorm = sizes.headNorm("mixer.q_norm", offset: 1)
      attention.keyNorm = sizes.headNorm("mixer.k_norm", offset: 1)
      return LayerDescription([
        Stage(
          .stream(sizes.norm("pre_mixer_norm", offset: 1)), sizes.fusedQueryKeyValue("mixer"),
          then: .attention(attention)),
        Stage(
          .previous, sizes.attentionOutput("mixer"),
          then: .residual(sizes.norm("post_mixer_norm", offset: 1 / 5))),
        Stage(
          .stream(sizes.norm("pre_mlp_norm", offset: 1)), sizes.fusedGateUp, then: .gated(.silu)),
        Stage(
          .previous, sizes.down(),
          then: .residual(sizes.norm("post_mlp_norm", offset: Float(pow(5, -1.5))))),
      ])
    }
    return ModelDescription(layers: layers, finalNorm: sizes.norm("model.norm", offset: 1))
  }

  private static let plamoNames: ModelNames = {
    var names = ModelNames()
    names.layers = "model.layers.layers"
    return names
  }()
}

extension ConfigReader {
  /// `window_size`, or `sliding_window`: files have had no common default.
  fileprivate func plamoWindow() throws(InputError) -> Int {
    if let windows = value("sliding_window")?.array {
      // One entry a layer, null where all is seen.
      let sizes = Set(windows.filter { !$0.isNull }.map(\.number))
      guard sizes.count == 1, let size = sizes.first ?? nil, size >= 1, size < Double(1 << 20),
        size == size.rounded()
      else {
        throw unsupported(
          "sliding_window", "\(windows.count) entries", allowed: "null and one whole number")
      }
      return Int(size)
    }
    return try isUnset("sliding_window") ? size("window_size") : size("sliding_window")
  }

  fileprivate func plamoRopes(
    _ sizes: ModelSizes
  ) throws(InputError) -> (full: RopeParameters, sliding: RopeParameters) {
    let factor = try positive("rope_scaling_factor", default: 1)
    var scaling = "{}"
    if factor != 1 {
      let length = try size("initial_context_length", in: 1...1 << 30)
      scaling = """
        {"rope_type": "yarn", "factor": \(factor), "truncate": false,
         "original_max_position_embeddings": \(length)}
        """
    }
    let parameters = try ConfigReader(json: Data(scaling.utf8), name: name)
    return (
      try RopeParameters(parameters, of: self, sizes, theta: positive("rope_theta")),
      RopeParameters(
        theta: try positive("rope_local_theta", default: 10_000),
        headDimension: sizes.headDimension)
    )
  }
}
