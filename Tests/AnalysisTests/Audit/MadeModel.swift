import Basics
import Calib
import Compute
import Foundation
import GPTQ
import Model
import Tensor
import TestSupport
import Tokenizers

/// One decoder layer of the demo model, its MLP cut to 256 channels, or a variant that computes the same function from other
/// weights: gains of the norms moved against the columns that read them, and rows of `up` against
/// the columns of `down`.
struct MadeModel: Sendable {
  /// How the weights were redistributed.
  enum Variant: String, CaseIterable, Sendable {
    /// As it is.
    case plain
    /// Each input scaled by its own factor, e^N(0, 1): an ill-conditioned Hessian.
    case uneven
    /// Weights 1/256 as large: float16 scales of 8-bit grids become subnormal.
    case tiny
  }

  /// One linear.
  struct Linear: Sendable {
    let module: LinearModule
    let weight: Matrix<Float>
    let hessian: Matrix<Float>
  }

  /// Channels of the MLP.
  static let intermediateSize = 256

  let variant: Variant
  let linears: [Linear]

  /// The variant of layer 2.
  init(_ variant: Variant, seed: UInt64 = 1) throws {
    self.variant = variant
    var random = SplitMix(seed)
    linears = try Self.original().map { linear in
      let factors = (0..<linear.weight.columns).map { _ -> Float in
        switch variant {
        case .plain: 1
        case .uneven: Float(exp(random.gaussian()))
        case .tiny: 1.0 / 256
        }
      }
      return linear.scaling(by: factors)
    }
  }

  private static func original() throws -> [Linear] {
    try cached.get()
  }

  private static let cached = Result { () throws -> [Linear] in
    let engine = CPUEngine()
    let decoder = try Decoder(directory: Repository.demoModel, engine: engine)
    let text = try EvaluationText(
      from: Repository.corpus.appendingPathComponent("jawiki-sample.xml"),
      tokenizer: Tokenizer(directory: Repository.demoModel), context: 512, maxTokens: 8192)
    var states = try decoder.embed(text.windows)
    var linears: [Linear] = []
    for index in 0...2 {
      let layer = try decoder.layer(index, positions: 512)
      for stage in Stage.allCases {
        if index == 2 {
          let features = decoder.config.shape(of: stage.modules[0]).columns
          var accumulator = HessianAccumulator(features: features)
          layer.forEachInput(of: stage, in: states) { accumulator.accumulate($0, engine: engine) }
          let hessian = accumulator.hessian()
          linears += stage.modules.map {
            Linear(module: $0, weight: layer.weight($0), hessian: hessian).narrowed()
          }
        }
        layer.advance(&states, through: stage, weights: layer.weights(of: stage))
      }
    }
    return linears
  }

  /// All linears quantized as `config` says.
  func solve(_ config: QuantizeConfig) throws -> [String: QuantizedLinear] {
    let solver = GPTQSolver(engine: CPUEngine())
    var solved: [String: QuantizedLinear] = [:]
    for linear in linears {
      solved[linear.module.tensorPrefix(layer: 0)] = try solver.quantize(
        weight: linear.weight, hessian: linear.hessian, config: config
      ).linear
    }
    return solved
  }

  /// Writes the layer as a base model's folder.
  func writeBase(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try MadeCheckpoint.writeConfig(nil, to: folder)
    var writer = try SafetensorsWriter(
      folder.appendingPathComponent("model.safetensors"),
      entries: linears.map {
        .init(
          name: $0.module.tensorPrefix(layer: 0) + ".weight", type: .f32,
          shape: [$0.weight.rows, $0.weight.columns])
      })
    for linear in linears { try writer.append(FloatFormat.f32.encode(linear.weight.elements)) }
    try writer.finish()
  }
}

extension MadeModel.Linear {
  /// With the first 256 channels of the MLP alone.
  func narrowed() -> Self {
    let kept = Array(0..<MadeModel.intermediateSize)
    switch module {
    case .gate, .up:
      return Self(module: module, weight: weight.selectingRows(kept), hessian: hessian)
    case .down:
      return Self(
        module: module, weight: weight.selectingColumns(kept),
        hessian: hessian.selectingRows(kept).selectingColumns(kept))
    default: return self
    }
  }

  /// Columns times `factors`, and the Hessian of inputs divided by them.
  func scaling(by factors: [Float]) -> Self {
    var (weight, hessian) = (weight, hessian)
    for row in 0..<weight.rows {
      for column in 0..<weight.columns { weight[row, column] *= factors[column] }
    }
    for row in 0..<hessian.rows {
      for column in 0..<hessian.columns { hessian[row, column] /= factors[row] * factors[column] }
    }
    return Self(module: module, weight: weight, hessian: hessian)
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
}
