import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// One linear as one trial leaves it.
public struct SolvedModule: Sendable {
  /// The decoder layer, from 0.
  public let layer: Int
  /// Which of its linears.
  public let module: LinearModule
  /// Codes, scales, zeros and g_idx as the column loop left them, and how it went.
  public let solved: SolvedLinear
  /// The codes as the packer wrote them.
  public let packed: QuantizedLinear
  /// What was measured on them.
  public let result: ModuleResult

  /// The weights that later calibration sees, (out, in).
  var cleanWeight: Matrix<Float> { solved.linear.dequantized() }
  /// The weights that whoever loads the file sees, (out, in).
  var packedWeight: Matrix<Float> { packed.dequantized() }
}

extension [SolvedModule] {
  /// The modules' weights, for the layer to apply.
  func weights(_ weight: KeyPath<SolvedModule, Matrix<Float>>) -> StageWeights {
    StageWeights(uniqueKeysWithValues: map { ($0.module, $0[keyPath: weight]) })
  }
}

/// Quantizes the linears of one stage for any number of trials that see the same inputs: one
/// Hessian, one factor for each (damp, column order), one round-to-nearest result for each grid.
struct StageSolver {
  private let layer: DecoderLayer
  private let stage: Stage
  private let engine: any Engine
  private let solver: GPTQSolver
  private let heldout: [LinearModule: ReconstructionMeter]
  private let calibration: [LinearModule: ReconstructionMeter]
  private let deadColumns: Int
  private var factors: HessianFactors
  private var companions: [QuantizeConfig: [LinearModule: Measured]] = [:]

  /// A solution and its error on held-out inputs.
  private struct Measured {
    var solved: SolvedLinear
    var heldout: ReconstructionError
    var seconds: Double
  }

  /// Gathers the Hessians of the stage's inputs over `tokens`: calibration, and the first held-out
  /// domain.
  init(
    layer: DecoderLayer, stage: Stage, tokens: Tokens, engine: any Engine
  ) throws(InputError) {
    self.layer = layer
    self.stage = stage
    self.engine = engine
    solver = GPTQSolver(engine: engine)
    let hessian = try Self.hessian(layer, stage, tokens.calibration, engine)
    deadColumns = hessian.diagonal.count { $0 == 0 }
    factors = HessianFactors(hessian)
    let heldoutNorm = HessianNorm(
      factoring: try Self.hessian(layer, stage, tokens.evaluation.first, engine), engine: engine)
    calibration = try Self.meters(layer, stage, HessianNorm(hessian), engine)
    heldout = try Self.meters(layer, stage, heldoutNorm, engine)
  }

  /// Quantizes the stage's linears as `config` says, and measures them.
  mutating func solve(_ config: TrialConfig) throws(InputError) -> [SolvedModule] {
    let grid = config.companion.quantize
    if companions[grid] == nil { companions[grid] = try solveAll(grid, companions: nil) }
    let companions = companions[grid] ?? [:]
    var quantize = config.quantize
    // AutoGPTQ's column loop runs on unrounded scales; its packer rounds them.
    if config.packer == .autogptqBF16 { quantize.scalesDtype = .f32 }
    let solved =
      quantize == grid ? companions : try solveAll(quantize, companions: companions)
    var modules: [SolvedModule] = []
    for module in stage.modules {
      guard let mine = solved[module], let rtn = companions[module] else { continue }
      modules.append(try finish(module, mine, rtn, config.packer))
    }
    return modules
  }

  private mutating func solveAll(
    _ config: QuantizeConfig, companions: [LinearModule: Measured]?
  ) throws(InputError) -> [LinearModule: Measured] {
    var result: [LinearModule: Measured] = [:]
    for module in stage.modules {
      guard let meter = calibration[module], let heldout = heldout[module] else { continue }
      let began = ContinuousClock.now
      let solved = try solver.quantize(
        meter, factors: &factors, config: config, companion: companions?[module]?.solved)
      let seconds = began.duration(to: .now).seconds
      result[module] = Measured(
        solved: solved,
        heldout: heldout.error(of: solved.linear.dequantized(), engine: engine),
        seconds: seconds)
    }
    return result
  }

  /// Sends the codes through the packer and fills in what a study records.
  private func finish(
    _ module: LinearModule, _ mine: Measured, _ rtn: Measured, _ packer: Packer
  ) throws(InputError) -> SolvedModule {
    var result = ModuleResult(layer: layer.index, module: module.rawValue)
    var packed = mine.solved.linear
    var (calibrationError, heldoutError) = (mine.solved.error, mine.heldout)
    if packer == .autogptqBF16, let calibration = calibration[module], let heldout = heldout[module]
    {
      let outcome = try AutoGPTQPacker.packBF16(mine.solved.linear)
      packed = outcome.linear
      result.packerChangedCodes =
        Double(outcome.changedCodes) / Double(packed.codes.elements.count)
      let weight = packed.dequantized()
      calibrationError = calibration.error(of: weight, engine: engine)
      heldoutError = heldout.error(of: weight, engine: engine)
    }
    result.relativeErrorCalibration = calibrationError.relative
    result.relativeErrorHeldout = heldoutError.relative
    result.rtnRelativeErrorCalibration = rtn.solved.error.relative
    result.rtnRelativeErrorHeldout = rtn.heldout.relative
    result.sqnrDb = heldoutError.sqnr
    result.weightRelativeNorm = calibrationError.relativeWeight
    result.clipRate = mine.solved.clipRate
    result.deadColumns = deadColumns
    result.dampPercentUsed = mine.solved.dampPercentUsed ?? 0
    result.solverPath = mine.solved.path
    result.solveSeconds = mine.seconds
    return SolvedModule(
      layer: layer.index, module: module, solved: mine.solved, packed: packed, result: result)
  }

  private static func meters(
    _ layer: DecoderLayer, _ stage: Stage, _ norm: HessianNorm, _ engine: any Engine
  ) throws(InputError) -> [LinearModule: ReconstructionMeter] {
    var meters: [LinearModule: ReconstructionMeter] = [:]
    for module in stage.modules {
      meters[module] = try ReconstructionMeter(
        weight: layer.weight(module), norm: norm, engine: engine)
    }
    return meters
  }

  private static func hessian(
    _ layer: DecoderLayer, _ stage: Stage, _ states: HiddenStates?, _ engine: any Engine
  ) throws(InputError) -> Matrix<Float> {
    let features = stage.modules.first.map { layer.config.shape(of: $0).columns } ?? 0
    var accumulator = HessianAccumulator(features: features)
    if let states {
      layer.forEachInput(of: stage, in: states) { accumulator.accumulate($0, engine: engine) }
    }
    if accumulator.tokens == 0, accumulator.rejectedTokens > 0 {
      throw InputError(
        .badData, asked: "measure the inputs of layer \(layer.index), \(stage.modules[0].rawValue)",
        found: "NaN or infinity in every token",
        hint: "the base model overflows: check its weights and config.json")
    }
    return accumulator.hessian()
  }
}
