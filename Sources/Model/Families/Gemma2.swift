import Basics
import Compute

extension ModelFamily {
  /// Gemma 2 (transformers 5.24, modeling_gemma2.py): a norm before and after each branch, weights
  /// stored as differences from 1, caps on scores and logits, every other layer sliding.
  static let gemma2 = ModelFamily(
    "gemma2",
    defaults: .init(
      maxPositions: 8192, keyValueHeads: 4, headDimension: 256, tiesEmbeddings: true),
    reads: ["hidden_act", "attn_logit_softcapping", "final_logit_softcapping"]
  ) { config, sizes throws(InputError) in
    let rope = try RopeParameters(config, sizes)
    let scale = try config.gemmaScale()
    let cap = try config.cap("attn_logit_softcapping", default: 50)
    let window = try config.optionalSize("sliding_window", default: 4096)
    let bias = try config.flag("attention_bias")
    let activation = try config.gemmaActivation()
    let slidingWindows = try config.slidingWindows(
      alternating: window, period: 2, layers: sizes.layers)
    let layers = try sizes.layers(slidingWindows) { slidingWindow in
      var attention = sizes.attention(rope: rope, slidingWindow: slidingWindow)
      attention.shape.scale = scale
      attention.shape.softCap = cap
      return sizes.gemmaLayer(attention, bias: bias, activation)
    }
    var model = ModelDescription(layers: layers, finalNorm: sizes.norm("model.norm", offset: 1))
    model.embeddingScale = Float(sizes.hidden).squareRoot()
    model.logitCap = try config.cap("final_logit_softcapping", default: 30)
    return model
  }
}

extension ModelSizes {
  /// A layer of Gemma 2 or 3 around its attention.
  func gemmaLayer(
    _ attention: Attention, bias: Bool, _ activation: Activation
  ) -> LayerDescription {
    LayerDescription([
      Stage(
        .stream(norm("input_layernorm", offset: 1)), queryKeyValue(bias: bias),
        then: .attention(attention)),
      Stage(
        .previous, attentionOutput(bias: bias),
        then: .residual(norm("post_attention_layernorm", offset: 1))),
      Stage(
        .stream(norm("pre_feedforward_layernorm", offset: 1)), gateUp(), then: .gated(activation)),
      Stage(
        .previous, down(), then: .residual(norm("post_feedforward_layernorm", offset: 1))),
    ])
  }
}

extension ConfigReader {
  /// What scores are multiplied with.
  func gemmaScale() throws(InputError) -> Float {
    1 / Float(try positive("query_pre_attn_scalar", default: 256)).squareRoot()
  }

  /// `hidden_activation`: `hidden_act`, which older files have beside it, is passed over.
  func gemmaActivation() throws(InputError) -> Activation {
    let name = try string("hidden_activation", default: "gelu_pytorch_tanh")
    guard name == "gelu_pytorch_tanh" else {
      throw unsupported("hidden_activation", name, allowed: "gelu_pytorch_tanh")
    }
    return .geluTanh
  }

  /// A cap that null takes away; `fallback` stands in where the key is not there at all.
  func cap(_ key: String, default fallback: Float?) throws(InputError) -> Float? {
    if isAbsent(key) { return fallback }
    return isUnset(key) ? nil : Float(try positive(key))
  }
}
