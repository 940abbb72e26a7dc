import Basics
import Calib
import Compute
import Foundation
import GPTQ
import Model
import Tensor
import TestSupport
import Tokenizers

/// Decoder layers of the demo model, or of a variant that computes the same function from other
/// weights: norm weights moved against the columns that read them, rows of `v` and `up` against the
/// columns of `o` and `down`.
struct MadeModel: Sendable {
  /// How the weights were redistributed.
  enum Variant: String, CaseIterable, Sendable {
    /// As it is.
    case plain
    /// Each input scaled by its own factor, e^N(0, 1): an ill-conditioned Hessian.
    case uneven
    /// Small weights throughout: float16 scales of 8-bit grids become subnormal.
    case tiny
    /// Runs of 32 inputs scaled by 2⁰ to 2⁻¹²: some groups of tiny weights among others.
    case patchy
  }

  /// How much of the demo model.
  enum Size: Hashable, Sendable {
    /// Layer 2, its MLP cut to 256 channels.
    case oneLayer
    /// All six layers.
    case whole
  }

  /// One linear.
  struct Linear: Sendable {
    let layer: Int
    let module: LinearName
    var weight: Matrix<Float>
    /// Of 8,192 calibration tokens.
    var hessian: Matrix<Float>
    /// Of 256 of them.
    var narrowHessian: Matrix<Float>

    var name: String { module.tensorPrefix(layer: layer) }
  }

  /// Channels of the MLP of one layer.
  static let narrowedMLP = 256

  let variant: Variant
  let size: Size
  let config: ModelConfig
  let linears: [Linear]
  /// The normWeights of each layer's two norms.
  let normWeights: [[[Float]]]

  init(_ variant: Variant, _ size: Size) throws {
    self.variant = variant
    self.size = size
    let original = try Self.original(size)
    config = original.config
    var (linears, normWeights) = (original.linears, original.normWeights)
    var random = SplitMix(1)
    for layer in normWeights.indices {
      Self.redistribute(
        &linears, layer, &normWeights[layer], variant, original.config, size, random: &random)
    }
    self.linears = linears
    self.normWeights = normWeights
  }

  var layers: Int { normWeights.count }

  private static func redistribute(
    _ linears: inout [Linear], _ layer: Int, _ normWeights: inout [[Float]], _ variant: Variant,
    _ config: ModelConfig, _ size: Size, random: inout SplitMix
  ) {
    guard variant != .plain else { return }
    func factors(_ count: Int, deep: Bool) -> [Float] {
      switch variant {
      case .plain: return [Float](repeating: 1, count: count)
      case .uneven: return (0..<count).map { _ in Float(exp(random.gaussian())) }
      case .tiny: return [Float](repeating: deep ? 0x1p-10 : 0x1p-5, count: count)
      case .patchy:
        let runs = (0...count / 32).map { _ in Float(scalbn(1, -Int(random.next() % 13))) }
        return (0..<count).map { deep ? runs[$0 / 32] : 1 }
      }
    }
    func index(_ module: LinearName) -> Int {
      linears.firstIndex { $0.layer == layer && $0.module == module } ?? 0
    }
    func scaleColumns(_ module: LinearName, _ factors: [Float]) {
      linears[index(module)] = linears[index(module)].scalingColumns(by: factors)
    }
    func scaleRows(_ module: LinearName, _ factors: [Float]) {
      linears[index(module)].weight = linears[index(module)].weight.scalingRows(by: factors)
    }
    let attention = factors(config.hiddenSize, deep: true)
    for module in ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"] as [LinearName] {
      scaleColumns(module, attention)
    }
    normWeights[0] = zip(normWeights[0], attention).map { $0 / $1 }
    let mlp = factors(config.hiddenSize, deep: true)
    for module in ["mlp.gate_proj", "mlp.up_proj"] as [LinearName] { scaleColumns(module, mlp) }
    normWeights[1] = zip(normWeights[1], mlp).map { $0 / $1 }
    guard let shape = config.layer(layer).attention?.shape else { return }
    let heads = factors(shape.keyValueHeads * shape.headDimension, deep: false)
    scaleRows("self_attn.v_proj", heads.map { 1 / $0 })
    let shared = shape.heads / shape.keyValueHeads
    let width = shape.headDimension
    scaleColumns(
      "self_attn.o_proj",
      (0..<shape.heads * width).map { heads[$0 / width / shared * width + $0 % width] })
    let channels = factors(linears[index("mlp.down_proj")].weight.columns, deep: false)
    scaleRows("mlp.up_proj", channels.map { 1 / $0 })
    scaleColumns("mlp.down_proj", channels)
  }

  /// All linears quantized as `config` says, on few tokens where `narrow`.
  func solve(_ config: QuantizeConfig, narrow: Bool = false) throws -> [String: QuantizedLinear] {
    let solver = GPTQSolver(engine: CPUEngine())
    var solved: [String: QuantizedLinear] = [:]
    for linear in linears {
      solved[linear.name] = try solver.quantize(
        weight: linear.weight, hessian: narrow ? linear.narrowHessian : linear.hessian,
        config: config
      ).linear
    }
    return solved
  }

  /// What a checkpoint holds beside its linears: norms, and a vocabulary of 32.
  var otherTensors: [(name: String, shape: [Int], values: [Float])] {
    let hidden = config.hiddenSize
    var tensors: [(name: String, shape: [Int], values: [Float])] = [
      (
        "model.embed_tokens.weight", [32, hidden],
        (0..<32 * hidden).map { Float($0 * 7919 % 1009) / 1009 - 0.4 }
      ),
      ("model.norm.weight", [hidden], (0..<hidden).map { 1 + Float($0 % 8) / 16 }),
    ]
    for (layer, both) in normWeights.enumerated() {
      for (name, values) in zip(["input_layernorm", "post_attention_layernorm"], both) {
        tensors.append(("model.layers.\(layer).\(name).weight", [hidden], values))
      }
    }
    return tensors
  }

  /// Writes the layers as a base model's folder.
  func writeBase(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try MadeCheckpoint.writeConfig(nil, self, to: folder)
    let others = otherTensors
    var writer = try SafetensorsWriter(
      folder.appendingPathComponent("model.safetensors"),
      entries: linears.map {
        .init(
          name: $0.name + ".weight", type: .f32, shape: [$0.weight.rows, $0.weight.columns])
      } + others.map { .init(name: $0.name, type: .f32, shape: $0.shape) })
    for linear in linears { try writer.append(FloatFormat.f32.encode(linear.weight.elements)) }
    for tensor in others { try writer.append(FloatFormat.f32.encode(tensor.values)) }
    try writer.finish()
  }
}

extension MadeModel {
  private struct Original: Sendable {
    var config: ModelConfig
    var linears: [Linear]
    var normWeights: [[[Float]]]
  }

  private static func original(_ size: Size) throws -> Original {
    switch size {
    case .oneLayer: try oneLayer.get()
    case .whole: try whole.get()
    }
  }

  private static let oneLayer = Result { try read(.oneLayer) }
  private static let whole = Result { try read(.whole) }

  private static func read(_ size: Size) throws -> Original {
    let engine = CPUEngine()
    let decoder = try Decoder(directory: Repository.demoModel, engine: engine)
    let text = try EvaluationText(
      from: Repository.corpus.appendingPathComponent("jawiki-sample.xml"),
      tokenizer: Tokenizer(directory: Repository.demoModel), context: 512, maxTokens: 8192)
    var states = try decoder.embed(text.windows)
    var few = try decoder.embed([Array(text.windows[0].prefix(256))])
    let kept = size == .whole ? Array(0..<decoder.config.layers) : [2]
    var original = Original(config: decoder.config, linears: [], normWeights: [])
    try decoder.walk(through: kept.last, positions: 512) { layer, stage in
      if let place = kept.firstIndex(of: layer.index) {
        let hessian = engine.download(layer.hessians(of: stage, in: states)[0].hessian())
        let narrow = engine.download(layer.hessians(of: stage, in: few)[0].hessian())
        original.linears += stage.linears.map {
          let linear = Linear(
            layer: place, module: $0.name, weight: engine.download(layer.weight($0.name)),
            hessian: hessian,
            narrowHessian: narrow)
          return size == .oneLayer ? linear.narrowed() : linear
        }
      }
      layer.advance(&states, through: stage)
      layer.advance(&few, through: stage)
    }
    for index in kept {
      original.normWeights.append(
        try ["input_layernorm", "post_attention_layernorm"].map {
          try decoder.source.vector("model.layers.\(index).\($0).weight")
        })
    }
    return original
  }
}

extension MadeModel.Linear {
  /// With the first 256 channels of the MLP alone.
  func narrowed() -> Self {
    let kept = Array(0..<MadeModel.narrowedMLP)
    var linear = self
    switch module {
    case "mlp.gate_proj", "mlp.up_proj": linear.weight = weight.selectingRows(kept)
    case "mlp.down_proj":
      linear.weight = weight.selectingColumns(kept)
      linear.hessian = hessian.selectingRows(kept).selectingColumns(kept)
      linear.narrowHessian = narrowHessian.selectingRows(kept).selectingColumns(kept)
    default: break
    }
    return linear
  }

  /// Columns times `factors`, and the Hessians of inputs divided by them.
  func scalingColumns(by factors: [Float]) -> Self {
    var linear = self
    for row in 0..<weight.rows {
      for column in 0..<weight.columns { linear.weight[row, column] *= factors[column] }
    }
    for row in 0..<hessian.rows {
      for column in 0..<hessian.columns {
        let factor = factors[row] * factors[column]
        linear.hessian[row, column] /= factor
        linear.narrowHessian[row, column] /= factor
      }
    }
    return linear
  }
}

extension Matrix<Float> {
  /// Rows times `factors`.
  func scalingRows(by factors: [Float]) -> Matrix {
    var scaled = self
    for row in 0..<rows {
      for column in 0..<columns { scaled[row, column] *= factors[row] }
    }
    return scaled
  }
}

/// A seeded generator with the few draws that made checkpoints need.
struct SplitMix: RandomNumberGenerator {
  private var generator: Basics.SplitMix64

  init(_ seed: UInt64) { generator = .init(seed: seed) }

  mutating func next() -> UInt64 { generator.next() }

  mutating func gaussian() -> Double {
    (-2 * log(1 - generator.uniform())).squareRoot() * cos(2 * .pi * generator.uniform())
  }

  mutating func pick<T>(_ values: [T]) -> T { values[Int(next() % UInt64(values.count))] }
}
