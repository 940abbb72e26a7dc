/// The four moments of a decoder layer at which linears read the same input. Quantizing stage after
/// stage is GPTQ's true-sequential order.
public enum Stage: Int, Sendable, CaseIterable {
  /// The normed residual stream, read by q, k and v.
  case attentionInput
  /// The heads' output, read by o.
  case attentionOutput
  /// The normed residual stream, read by gate and up.
  case mlpInput
  /// silu(gate)·up, read by down.
  case mlpOutput

  /// The linears that read this stage's input.
  public var modules: [LinearModule] {
    switch self {
    case .attentionInput: [.q, .k, .v]
    case .attentionOutput: [.o]
    case .mlpInput: [.gate, .up]
    case .mlpOutput: [.down]
    }
  }
}

/// A linear of a decoder layer; the raw value is its name inside the layer.
public enum LinearModule: String, Sendable, CaseIterable, Codable {
  case q = "self_attn.q_proj"
  case k = "self_attn.k_proj"
  case v = "self_attn.v_proj"
  case o = "self_attn.o_proj"
  case gate = "mlp.gate_proj"
  case up = "mlp.up_proj"
  case down = "mlp.down_proj"

  /// The linears of the attention.
  static let attention: Set<LinearModule> = [.q, .k, .v, .o]
  /// The linears of the MLP.
  static let mlp: Set<LinearModule> = [.gate, .up, .down]

  /// The stage whose input it reads.
  public var stage: Stage {
    switch self {
    case .q, .k, .v: .attentionInput
    case .o: .attentionOutput
    case .gate, .up: .mlpInput
    case .down: .mlpOutput
    }
  }

  /// The prefix of its tensors in a checkpoint.
  public func tensorPrefix(layer: Int) -> String { "model.layers.\(layer).\(rawValue)" }
}

extension ModelConfig {
  /// (out_features, in_features) of a linear.
  public func shape(of module: LinearModule) -> (rows: Int, columns: Int) {
    switch module {
    case .q: (heads * headDimension, hiddenSize)
    case .k, .v: (keyValueHeads * headDimension, hiddenSize)
    case .o: (hiddenSize, heads * headDimension)
    case .gate, .up: (intermediateSize, hiddenSize)
    case .down: (hiddenSize, intermediateSize)
    }
  }

  /// Weights in all linears of all decoder layers.
  public var linearParameters: Int {
    layers * LinearModule.allCases.reduce(0) { $0 + shape(of: $1).rows * shape(of: $1).columns }
  }
}
