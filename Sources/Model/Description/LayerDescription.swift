/// What a decoder layer does, as data: its stages in the order in which tokens meet them.
public struct LayerDescription: Sendable, Hashable {
  /// The stages.
  public let stages: [Stage]

  /// A layer of these stages.
  public init(_ stages: [Stage]) {
    self.stages = stages
  }

  /// All linears, in the order in which they are quantized.
  public var linears: [Linear] { stages.flatMap(\.linears) }

  /// The linear called `name`.
  public subscript(_ name: LinearName) -> Linear? { linears.first { $0.name == name } }

  /// The attention, where the layer has one.
  public var attention: Attention? {
    for case .attention(let attention) in stages.map(\.outcome) { return attention }
    return nil
  }

  /// The widest input of any linear.
  public var widestInput: Int { linears.map(\.columns).max() ?? 0 }

  /// The norms, in the order in which tokens meet them.
  var norms: [Norm] {
    stages.flatMap { stage -> [Norm] in
      var norms: [Norm] = []
      if case .stream(let norm) = stage.input { norms.append(norm) }
      switch stage.outcome {
      case .attention(let attention):
        norms += [attention.queryNorm, attention.keyNorm].compactMap(\.self)
      case .gated: break
      case .residual(let norm): norms += norm.map { [$0] } ?? []
      }
      return norms
    }
  }

  /// Name (inside the layer) and shape of every tensor that the layer reads.
  public var tensors: [(name: String, shape: [Int])] {
    var tensors = norms.map { (name: $0.tensor, shape: [$0.width]) }
    for stage in stages {
      guard let router = stage.router else { continue }
      tensors.append((router.tensor, [router.experts, stage.groups.first?.columns ?? 0]))
    }
    for linear in linears {
      tensors.append(("\(linear.name.rawValue).weight", [linear.rows, linear.columns]))
      if linear.hasBias { tensors.append(("\(linear.name.rawValue).bias", [linear.rows])) }
    }
    return tensors
  }
}

/// What a model does, as data.
public struct ModelDescription: Sendable, Hashable {
  /// Its decoder layers.
  public var layers: [LayerDescription]
  /// The norm before lm_head.
  public var finalNorm: Norm
  /// What embedded tokens are multiplied with.
  public var embeddingScale: Float = 1
  /// c of c·tanh(z/c), which logits z are bounded by; nil leaves them as they are.
  public var logitCap: Float?

  /// A model of these layers.
  public init(layers: [LayerDescription], finalNorm: Norm) {
    self.layers = layers
    self.finalNorm = finalNorm
  }
}
