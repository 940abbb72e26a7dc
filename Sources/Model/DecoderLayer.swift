import Basics
import Compute
import Tensor

/// The weights of a stage's linears, (out, in) each.
public typealias StageWeights = [LinearModule: Matrix<Float>]

/// One decoder layer: pre-norm attention and a gated MLP around a residual stream, taken stage by
/// stage so that each linear's input can be seen, and its weight exchanged, before it is applied.
/// Biases, and the norms of q's and k's heads, belong to the layer and are never exchanged.
///
///     for stage in Stage.allCases {
///       layer.forEachInput(of: stage, in: states) { x in … }     // (tokens, in_features)
///       layer.advance(&states, through: stage, weights: layer.weights(of: stage))
///     }
public struct DecoderLayer: Sendable {
  /// Which layer it is, from 0.
  public let index: Int
  /// The model's config.
  public let config: ModelConfig
  private let linears: [LinearModule: Matrix<Float>]
  private let biases: [LinearModule: [Float]]
  private let inputNorm: [Float]
  private let postAttentionNorm: [Float]
  private let headNorms: (q: [Float], k: [Float])?
  private let attentionShape: AttentionShape
  private let rotary: Rotary
  private let engine: any Engine

  init(
    _ index: Int, config: ModelConfig, source: any WeightSource, rotary: Rotary,
    engine: any Engine
  ) throws(InputError) {
    self.index = index
    self.config = config
    self.rotary = rotary
    self.engine = engine
    func vector(_ name: String) throws(InputError) -> [Float] {
      try source.finiteVector(TensorName.layer(index, name))
    }
    var linears: [LinearModule: Matrix<Float>] = [:]
    var biases: [LinearModule: [Float]] = [:]
    for module in LinearModule.allCases {
      linears[module] = try source.finiteMatrix(
        "\(module.tensorPrefix(layer: index)).weight", rows: 0..<config.shape(of: module).rows)
      if config.biasedModules.contains(module) {
        biases[module] = try vector("\(module.rawValue).bias")
      }
    }
    self.linears = linears
    self.biases = biases
    inputNorm = try vector("input_layernorm.weight")
    postAttentionNorm = try vector("post_attention_layernorm.weight")
    headNorms =
      config.family.normsHeads
      ? (q: try vector("self_attn.q_norm.weight"), k: try vector("self_attn.k_norm.weight")) : nil
    attentionShape = AttentionShape(
      heads: config.heads, keyValueHeads: config.keyValueHeads,
      headDimension: config.headDimension, span: config.spans.span(ofLayer: index))
  }

  /// The base model's weight of `module`, (out, in).
  public func weight(_ module: LinearModule) -> Matrix<Float> {
    linears[module] ?? Matrix(rows: 0, columns: 0)
  }

  /// The base model's weights of a stage.
  public func weights(of stage: Stage) -> StageWeights {
    linears.filter { $0.key.stage == stage }
  }

  /// Calls `body` with the stage's input X, (tokens, in_features), chunk after chunk.
  public func forEachInput(
    of stage: Stage, in states: HiddenStates, _ body: (Matrix<Float>) throws -> Void
  ) rethrows {
    for index in states.chunks.indices { try body(input(of: stage, in: states, index)) }
  }

  /// The same with the input that another model's states, of the same windows, give the stage.
  public func forEachInput(
    of stage: Stage, in states: HiddenStates, beside others: HiddenStates,
    _ body: (_ x: Matrix<Float>, _ other: Matrix<Float>) throws -> Void
  ) rethrows {
    precondition(states.windows == others.windows, "the same windows")
    for index in states.chunks.indices {
      try body(input(of: stage, in: states, index), input(of: stage, in: others, index))
    }
  }

  /// Applies the stage's linears, with the weights given, and whatever follows up to the next
  /// stage's input.
  public func advance(
    _ states: inout HiddenStates, through stage: Stage, weights: StageWeights
  ) {
    var inner: [StoredMatrix] = []
    for (index, chunk) in states.chunks.enumerated() {
      let x = input(of: stage, in: states, index)
      func apply(_ module: LinearModule) -> Matrix<Float> {
        engine.linear(x, weight: weights[module] ?? weight(module), bias: biases[module])
      }
      switch stage {
      case .attentionInput:
        inner.append(
          states.store.keep(attention(q: apply(.q), k: apply(.k), v: apply(.v), chunk)))
      case .mlpInput:
        inner.append(
          states.store.keep(engine.siluMultiply(gate: apply(.gate), up: apply(.up))))
      case .attentionOutput, .mlpOutput:
        let y = apply(stage == .mlpOutput ? .down : .o)
        states.stream[index].update(in: states.store) { engine.add(y, to: &$0) }
      }
    }
    states.inner = inner
  }

  /// Applies the whole layer with the base model's weights.
  public func advance(_ states: inout HiddenStates) {
    for stage in Stage.allCases { advance(&states, through: stage, weights: weights(of: stage)) }
  }

  private func input(of stage: Stage, in states: HiddenStates, _ index: Int) -> Matrix<Float> {
    switch stage {
    case .attentionInput:
      engine.rmsNorm(
        states.stream[index].matrix, gain: inputNorm, epsilon: config.normEpsilon)
    case .mlpInput:
      engine.rmsNorm(
        states.stream[index].matrix, gain: postAttentionNorm, epsilon: config.normEpsilon)
    case .attentionOutput, .mlpOutput:
      (states.inner.isEmpty ? states.stream : states.inner)[index].matrix
    }
  }

  private func attention(
    q: Matrix<Float>, k: Matrix<Float>, v: Matrix<Float>, _ chunk: Chunk
  ) -> Matrix<Float> {
    var (q, k) = (q, k)
    if let headNorms {
      q = engine.rmsNorm(q, gain: headNorms.q, epsilon: config.normEpsilon)
      k = engine.rmsNorm(k, gain: headNorms.k, epsilon: config.normEpsilon)
    }
    rotary.rotate(&q, chunk, engine: engine)
    rotary.rotate(&k, chunk, engine: engine)
    return engine.attention(q: q, k: k, v: v, shape: attentionShape, windows: chunk.windows)
  }
}
