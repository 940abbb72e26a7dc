import Basics
import Compute
import Tensor

/// The weights of some linears, (out, in) each.
public typealias StageWeights = [LinearName: Matrix<Float>]

/// One decoder layer: what its description says, around a residual stream, taken stage by stage so
/// that each linear's input can be seen, and its weight replaced, before it is applied. Biases and
/// norms belong to the layer and are never replaced.
///
///     for stage in layer.description.stages {
///       layer.forEachInput(of: stage, in: states) { group, x in … }     // (tokens, in_features)
///       layer.advance(&states, through: stage)
///     }
public struct DecoderLayer: Sendable {
  /// Which layer it is, from 0.
  public let index: Int
  /// What it does.
  public let description: LayerDescription
  private let linears: StageWeights
  private let biases: [LinearName: [Float]]
  private let norms: [Norm: [Float]]
  private let rotary: Rotary?
  private let engine: any Engine

  init(
    _ index: Int, _ description: LayerDescription, source: any WeightSource, positions: Int,
    engine: any Engine
  ) throws(InputError) {
    self.index = index
    self.description = description
    self.engine = engine
    rotary = description.attention.map { Rotary($0.rope, positions: positions) }
    var linears: StageWeights = [:]
    var biases: [LinearName: [Float]] = [:]
    for linear in description.linears {
      let prefix = linear.name.tensorPrefix(layer: index)
      linears[linear.name] = try source.finiteMatrix("\(prefix).weight", rows: 0..<linear.rows)
      if linear.hasBias { biases[linear.name] = try source.finiteVector("\(prefix).bias") }
    }
    self.linears = linears
    self.biases = biases
    var norms: [Norm: [Float]] = [:]
    for norm in description.norms {
      norms[norm] = try source.weight(of: norm, name: TensorName.layer(index, norm.tensor))
    }
    self.norms = norms
  }

  /// The base model's weight of the linear `name`, (out, in).
  public func weight(_ name: LinearName) -> Matrix<Float> {
    linears[name] ?? Matrix(rows: 0, columns: 0)
  }

  /// Calls `body` with each group of the stage, by its place, and its input X, (tokens, in_features),
  /// chunk after chunk.
  public func forEachInput(
    of stage: Stage, in states: HiddenStates, _ body: (Int, Matrix<Float>) throws -> Void
  ) rethrows {
    for chunk in states.chunks.indices {
      for group in stage.groups.indices {
        try body(group, input(of: stage, group, in: states, chunk))
      }
    }
  }

  /// The same with the input that another model's states, of the same windows, give the stage.
  public func forEachInput(
    of stage: Stage, in states: HiddenStates, beside others: HiddenStates,
    _ body: (_ group: Int, _ x: Matrix<Float>, _ other: Matrix<Float>) throws -> Void
  ) rethrows {
    precondition(states.windows == others.windows, "the same windows")
    for chunk in states.chunks.indices {
      for group in stage.groups.indices {
        try body(
          group, input(of: stage, group, in: states, chunk),
          input(of: stage, group, in: others, chunk))
      }
    }
  }

  /// Applies the stage's linears, with the base model's weights where `weights` has none, and
  /// whatever follows up to the next stage's input.
  public func advance(
    _ states: inout HiddenStates, through stage: Stage, weights: StageWeights = [:]
  ) {
    var inner: [[StoredMatrix]] = []
    for (index, chunk) in states.chunks.enumerated() {
      var made: [StoredMatrix] = []
      for (place, group) in stage.groups.enumerated() {
        let x = input(of: stage, place, in: states, index)
        func apply(_ role: Linear.Role) -> Matrix<Float> { self.apply(role, of: group, x, weights) }
        switch stage.outcome {
        case .attention(let attention):
          let heads = attend(
            attention, q: apply(.query), k: apply(.key), v: apply(.value), chunk.windows)
          made.append(states.store.keep(heads))
        case .gated(let activation):
          let gated = engine.gatedActivation(activation, gate: apply(.gate), up: apply(.up))
          made.append(states.store.keep(gated))
        case .residual(let norm):
          let branch = normed(apply(.output), norm)
          states.stream[index].update(in: states.store) { engine.add(branch, to: &$0) }
        }
      }
      if !made.isEmpty { inner.append(made) }
    }
    states.inner = inner
  }

  /// Applies the whole layer with the base model's weights.
  public func advance(_ states: inout HiddenStates) {
    for stage in description.stages { advance(&states, through: stage) }
  }

  private func input(
    of stage: Stage, _ group: Int, in states: HiddenStates, _ chunk: Int
  ) -> Matrix<Float> {
    switch stage.input {
    case .stream(let norm): normed(states.stream[chunk].matrix, norm)
    case .previous:
      states.inner.isEmpty ? states.stream[chunk].matrix : states.inner[chunk][group].matrix
    }
  }

  /// The outputs of `group` that have `role`.
  private func apply(
    _ role: Linear.Role, of group: Stage.Group, _ x: Matrix<Float>, _ weights: StageWeights
  ) -> Matrix<Float> {
    for linear in group.linears {
      for part in linear.parts where part.role == role {
        return engine.linear(
          x, weight: weights[linear.name] ?? weight(linear.name), rows: part.rows,
          bias: biases[linear.name].map { Array($0[part.rows]) })
      }
    }
    preconditionFailure("a linear of this role in the group")
  }

  private func normed(_ x: Matrix<Float>, _ norm: Norm?) -> Matrix<Float> {
    guard let norm, let weight = norms[norm] else { return x }
    return engine.rmsNorm(x, gain: weight, epsilon: norm.epsilon)
  }

  private func attend(
    _ attention: Attention, q: Matrix<Float>, k: Matrix<Float>, v: Matrix<Float>,
    _ windows: [Range<Int>]
  ) -> Matrix<Float> {
    var q = normed(q, attention.queryNorm)
    var k = normed(k, attention.keyNorm)
    let width = attention.shape.headDimension
    rotary?.rotate(&q, windows, headDimension: width, engine: engine)
    rotary?.rotate(&k, windows, headDimension: width, engine: engine)
    return engine.attention(
      q: q, k: k, v: v, shape: attention.shape, windows: windows.map { AttentionWindow($0) })
  }
}
