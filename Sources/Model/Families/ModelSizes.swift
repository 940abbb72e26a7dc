import Basics
import Compute

/// The sizes in a config.json that all families name alike, and the parts of a layer that follow
/// from them.
struct ModelSizes: Sendable {
  /// What some keys stand for where config.json does not have them.
  struct Defaults: Sendable {
    /// max_position_embeddings.
    var maxPositions: Int
    /// num_key_value_heads; nil: as many as query heads.
    var keyValueHeads: Int?
    /// head_dim; nil: the share of a head in hidden_size.
    var headDimension: Int?
    /// num_attention_heads; nil: it must be there.
    var heads: Int?
    /// vocab_size; nil: it must be there.
    var vocabulary: Int?
    /// rms_norm_eps.
    var epsilon = 1e-6
    /// tie_word_embeddings.
    var tiesEmbeddings = false
  }

  let hidden: Int
  let intermediate: Int
  let layers: Int
  let heads: Int
  let keyValueHeads: Int
  let headDimension: Int
  let vocabulary: Int
  let maxPositions: Int
  let epsilon: Float
  /// Whose names the linears have.
  var convention = ModelNames.Convention.published

  /// Reads them.
  init(_ reader: ConfigReader, defaults: Defaults) throws(InputError) {
    hidden = try reader.size("hidden_size")
    intermediate = try reader.size("intermediate_size")
    layers = try reader.size("num_hidden_layers", in: 1...1 << 14)
    vocabulary = try reader.size("vocab_size", in: 1...1 << 30, default: defaults.vocabulary)
    epsilon = Float(try reader.nonNegative("rms_norm_eps", default: defaults.epsilon))
    maxPositions = try reader.size(
      "max_position_embeddings", in: 1...1 << 30, default: defaults.maxPositions)
    heads = try reader.size("num_attention_heads", default: defaults.heads)
    keyValueHeads =
      try reader.optionalSize("num_key_value_heads", default: defaults.keyValueHeads) ?? heads
    guard heads % keyValueHeads == 0 else {
      throw reader.unsupported(
        "num_key_value_heads", "\(keyValueHeads)",
        allowed: "a divisor of num_attention_heads \(heads)")
    }
    let headDimension = try reader.optionalSize("head_dim", default: defaults.headDimension)
    guard headDimension != nil || hidden % heads == 0 else {
      throw reader.unsupported(
        "num_attention_heads", "\(heads)",
        allowed: "a divisor of hidden_size \(hidden) where head_dim is not given")
    }
    self.headDimension = headDimension ?? hidden / heads
    guard self.headDimension % 2 == 0, heads * self.headDimension <= 1 << 20 else {
      throw reader.unsupported(
        "head_dim", "\(self.headDimension) for \(heads) heads", allowed: "an even number")
    }
  }

  /// A norm of the residual stream, whose weights are `offset` and the stored weight.
  func norm(_ name: String, offset: Float = 0) -> Norm {
    Norm("\(name).weight", width: hidden, epsilon: epsilon, offset: offset)
  }

  /// A norm of each head.
  func headNorm(_ name: String, offset: Float = 0) -> Norm {
    Norm("\(name).weight", width: headDimension, epsilon: epsilon, offset: offset)
  }

  /// The final norm.
  var finalNorm: Norm { norm("model.norm") }

  /// The layers of these kinds, each described once: those of a kind share it.
  func layers<Kind: Hashable>(
    _ kinds: [Kind], _ describe: (Kind) throws(InputError) -> LayerDescription
  ) throws(InputError) -> [LayerDescription] {
    var known: [Kind: LayerDescription] = [:]
    var layers: [LayerDescription] = []
    for kind in kinds {
      if known[kind] == nil { known[kind] = try describe(kind) }
      if let layer = known[kind] { layers.append(layer) }
    }
    return layers
  }

  /// Attention whose queries see the `slidingWindow` latest tokens; nil: all.
  func attention(rope: RopeParameters, slidingWindow: Int?) -> Attention {
    Attention(
      AttentionShape(
        heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension,
        slidingWindow: slidingWindow),
      rope: rope)
  }

  /// `q_proj`, `k_proj` and `v_proj`.
  func queryKeyValue(bias: Bool = false) -> [Linear] {
    let (wide, narrow) = (heads * headDimension, keyValueHeads * headDimension)
    return [
      Linear("self_attn.q_proj", .query, rows: wide, columns: hidden, bias: bias),
      Linear("self_attn.k_proj", .key, rows: narrow, columns: hidden, bias: bias),
      Linear("self_attn.v_proj", .value, rows: narrow, columns: hidden, bias: bias),
    ]
  }

  /// `qkv_proj` of `parent`: query, key and value one after another along its rows.
  func fusedQueryKeyValue(_ parent: String) -> [Linear] {
    let (wide, narrow) = (heads * headDimension, keyValueHeads * headDimension)
    return [
      Linear(
        fused: LinearName(rawValue: "\(parent).qkv_proj"),
        [(.query, wide), (.key, narrow), (.value, narrow)], columns: hidden)
    ]
  }

  /// `gate_up_proj`: gate, then up, along its rows.
  var fusedGateUp: [Linear] {
    [
      Linear(
        fused: "mlp.gate_up_proj", [(.gate, intermediate), (.up, intermediate)], columns: hidden)
    ]
  }

  /// `o_proj`.
  func attentionOutput(_ parent: String = "self_attn", bias: Bool = false) -> [Linear] {
    [
      Linear(
        LinearName(rawValue: "\(parent).o_proj"), .output, rows: hidden,
        columns: heads * headDimension, bias: bias)
    ]
  }

  /// `gate_proj` and `up_proj`.
  func gateUp(bias: Bool = false) -> [Linear] {
    [
      Linear("mlp.gate_proj", .gate, rows: intermediate, columns: hidden, bias: bias),
      Linear("mlp.up_proj", .up, rows: intermediate, columns: hidden, bias: bias),
    ]
  }

  /// `down_proj`.
  func down(bias: Bool = false) -> [Linear] {
    [Linear("mlp.down_proj", .output, rows: hidden, columns: intermediate, bias: bias)]
  }
}
