/// What a decoder layer does, as data: its stages in the order in which tokens meet them.
public struct LayerDescription: Sendable, Hashable {
  /// The stages.
  public internal(set) var stages: [Stage]

  /// A layer of these stages.
  public init(_ stages: [Stage]) {
    self.stages = stages
  }

  /// All linears, in the order in which they are quantized.
  public var linears: [Linear] { stages.flatMap(\.linears) }

  /// The stage whose router chooses experts, where the layer has one.
  public var routed: Stage? { stages.first { $0.router != nil } }

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

  /// What is neither a linear nor a norm: routers, gates of shared experts, attention sinks. `rows` is
  /// nil for a vector.
  var sideTensors: [(name: String, rows: Int?)] {
    var tensors: [(name: String, rows: Int?)] = []
    if let sinks = attention?.sinks { tensors.append((sinks, nil)) }
    for stage in stages {
      guard let router = stage.router else { continue }
      tensors.append((router.tensor, router.experts))
      if let bias = router.bias { tensors.append((bias, nil)) }
      for gate in stage.gates { tensors.append((gate, 1)) }
    }
    return tensors
  }

  /// Name (inside the layer) and shape of every tensor that the layer reads.
  public var tensors: [(name: String, shape: [Int])] {
    var tensors = norms.map { (name: $0.tensor, shape: [$0.width]) }
    if let attention, let sinks = attention.sinks {
      tensors.append((sinks, [attention.shape.heads]))
    }
    for stage in stages {
      guard let router = stage.router else { continue }
      let width = stage.groups.first?.columns ?? 0
      tensors.append((router.tensor, [router.experts, width]))
      if let bias = router.bias { tensors.append((bias, [router.experts])) }
      for gate in stage.gates { tensors.append((gate, [1, width])) }
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
  /// What its tensors are called.
  public private(set) var names = ModelNames()
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

  /// The same model, its tensors under other names.
  func named(_ names: ModelNames) -> ModelDescription {
    guard names != self.names else { return self }
    var model = self
    model.names = names
    model.finalNorm = Norm(
      names.norm, width: finalNorm.width, epsilon: finalNorm.epsilon, offset: finalNorm.offset)
    // Layers that are alike share their storage, and keep sharing it.
    var known: [LayerDescription: LayerDescription] = [:]
    model.layers = layers.map { layer in
      if let known = known[layer] { return known }
      var renamed = layer
      for stage in renamed.stages.indices {
        for group in renamed.stages[stage].groups.indices {
          for linear in renamed.stages[stage].groups[group].linears.indices {
            let name = renamed.stages[stage].groups[group].linears[linear].name
            renamed.stages[stage].groups[group].linears[linear].name = name.within(names.layers)
          }
        }
      }
      known[layer] = renamed
      return renamed
    }
    return model
  }
}
