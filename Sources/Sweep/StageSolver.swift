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
}

/// Treats the linears of one stage for any number of trials that see the same inputs: one Hessian,
/// one factor for each (damp, column order), one round-to-nearest result for each grid, one solve
/// for each config.
struct StageSolver {
  /// One linear and how it is quantized.
  struct Key: Hashable {
    var module: LinearModule
    var config: TrialConfig
  }

  private let layer: DecoderLayer
  private let stage: Stage
  private let engine: any Engine
  private let solver: GPTQSolver
  private let heldout: [LinearModule: ReconstructionMeter]
  private let calibration: [LinearModule: ReconstructionMeter]
  private let deadColumns: Int
  private let repeated: Set<Key>
  private var factors: HessianFactors
  private var companions: [Key: Measured] = [:]
  private var known: [Key: SolvedModule] = [:]

  /// A solution and its error on held-out inputs.
  private struct Measured {
    var solved: SolvedLinear
    var heldout: ReconstructionError
    var seconds: Double
  }

  /// Gathers the Hessians of the stage's inputs over the tokens of `calibration` and `heldout`. The
  /// solutions of `repeated` are kept, so that they are found once. `base` is the base model's
  /// calibration tokens at the same place, where GPTAQ asks how far `calibration` has moved from them.
  init(
    layer: DecoderLayer, stage: Stage, calibration: HiddenStates?, heldout: HiddenStates?,
    base: HiddenStates? = nil, engine: any Engine, repeated: Set<Key> = []
  ) throws(InputError) {
    self.layer = layer
    self.stage = stage
    self.engine = engine
    self.repeated = repeated
    solver = GPTQSolver(engine: engine)
    let hessian = try Self.hessian(layer, stage, calibration, engine)
    deadColumns = hessian.diagonal.count { $0 == 0 }
    factors = HessianFactors(hessian, shift: Self.shift(layer, stage, calibration, base, engine))
    self.calibration = try Self.meters(layer, stage, HessianNorm(hessian), engine)
    guard let heldout else {
      self.heldout = [:]
      return
    }
    let heldoutNorm = HessianNorm(
      factoring: try Self.hessian(layer, stage, heldout, engine), engine: engine)
    self.heldout = try Self.meters(layer, stage, heldoutNorm, engine)
  }

  /// Treats the stage's linears.
  mutating func treat(
    _ treatments: [(module: LinearModule, treatment: Treatment)]
  ) throws(InputError) -> TreatedStage {
    var treated = TreatedStage()
    let factorised = factors.seconds
    for (module, treatment) in treatments {
      switch treatment {
      case .keep: treated.keep(layer.weight(module), of: module)
      case .solve(let config):
        guard let solved = try solve(module, config) else {
          treated.keep(layer.weight(module), of: module)
          continue
        }
        treated.solved.append(solved)
        treated.results.append(solved.result)
        treated.clean[module] = solved.solved.linear.dequantized()
        treated.packed[module] =
          config.packer == .exact ? treated.clean[module] : solved.packed.dequantized()
      case .load(let load):
        let weight = try checked(load(), module)
        treated.exchange(weight, of: module, measured: measure(weight, module))
      case .exchange(let load):
        treated.exchange(try checked(load(), module), of: module, measured: nil)
      case .disturb(let config, let seed):
        let weight = layer.weight(module)
        let solved = try solve(module, config)
        let norm = solved.map { weight.squaredDistance(to: $0.packed.dequantized()) } ?? 0
        let disturbed = weight.disturbed(
          norm: norm.squareRoot(), seed: seed, layer: layer.index, module: module)
        treated.exchange(disturbed, of: module, measured: measure(disturbed, module))
      }
    }
    treated.factoriseSeconds = factors.seconds - factorised
    return treated
  }

  /// Quantizes one linear as `config` says, and measures it; nil leaves it as it is.
  private mutating func solve(
    _ module: LinearModule, _ config: TrialConfig
  ) throws(InputError) -> SolvedModule? {
    let key = Key(module: module, config: config)
    if let known = known[key] { return known }
    guard var quantize = config.quantize(for: layer.index, module) else { return nil }
    let grid = config.companion.quantize(for: layer.index, module) ?? config.companion.quantize
    let rtn = try companion(module, grid)
    // AutoGPTQ's column loop runs on unrounded scales; its packer rounds them.
    if config.packer == .autogptqBF16 { quantize.scalesDtype = .f32 }
    let mine =
      quantize == grid
      ? rtn : try measured(module, quantize, companion: rtn.solved)
    let solved = try finish(module, mine, rtn, config.packer)
    if repeated.contains(key) { known[key] = solved }
    return solved
  }

  /// The round-to-nearest result on `grid`.
  private mutating func companion(
    _ module: LinearModule, _ grid: QuantizeConfig
  ) throws(InputError) -> Measured {
    let key = Key(module: module, config: TrialConfig(quantize: grid))
    if let known = companions[key] { return known }
    let rtn = try measured(module, grid, companion: nil)
    companions[key] = rtn
    return rtn
  }

  private mutating func measured(
    _ module: LinearModule, _ config: QuantizeConfig, companion: SolvedLinear?
  ) throws(InputError) -> Measured {
    guard let meter = calibration[module] else { preconditionFailure("a linear of the stage") }
    let began = ContinuousClock.now
    let solved = try solver.quantize(
      meter, factors: &factors, config: config, companion: companion)
    let seconds = began.duration(to: .now).seconds
    return Measured(
      solved: solved,
      heldout: heldoutError(of: solved.linear.dequantized(), module),
      seconds: seconds)
  }

  /// The error on held-out inputs; nothing where there are none.
  private func heldoutError(of weight: Matrix<Float>, _ module: LinearModule) -> ReconstructionError
  {
    heldout[module]?.error(of: weight, engine: engine) ?? .none
  }

  /// `weight`, if it has the shape of the base's.
  private func checked(
    _ weight: Matrix<Float>, _ module: LinearModule
  ) throws(InputError) -> Matrix<Float> {
    let expected = layer.config.shape(of: module)
    guard weight.rows == expected.rows, weight.columns == expected.columns else {
      throw InputError(
        .badData, asked: "load \(module.tensorPrefix(layer: layer.index))",
        found: "a weight of \(weight.rows) x \(weight.columns)",
        hint: "the base has \(expected.rows) x \(expected.columns): give a checkpoint of it")
    }
    return weight
  }

  /// The errors of a weight that no solver made.
  private func measure(_ weight: Matrix<Float>, _ module: LinearModule) -> ModuleResult {
    var result = ModuleResult(layer: layer.index, module: module.rawValue)
    guard let calibration = calibration[module] else { return result }
    let error = calibration.error(of: weight, engine: engine)
    let heldoutError = heldoutError(of: weight, module)
    result.relativeErrorCalibration = error.relative
    result.relativeErrorHeldout = heldoutError.relative
    result.sqnrDb = heldoutError.sqnr
    result.weightRelativeNorm = error.relativeWeight
    result.deadColumns = deadColumns
    return result
  }

  /// Sends the codes through the packer and fills in what a study records.
  private func finish(
    _ module: LinearModule, _ mine: Measured, _ rtn: Measured, _ packer: Packer
  ) throws(InputError) -> SolvedModule {
    var result = ModuleResult(layer: layer.index, module: module.rawValue)
    var packed = mine.solved.linear
    var (calibrationError, heldoutError) = (mine.solved.error, mine.heldout)
    if packer == .autogptqBF16, let calibration = calibration[module] {
      let outcome = try AutoGPTQPacker.packBF16(mine.solved.linear)
      packed = outcome.linear
      result.packerChangedCodes =
        Double(outcome.changedCodes) / Double(packed.codes.elements.count)
      let weight = packed.dequantized()
      calibrationError = calibration.error(of: weight, engine: engine)
      heldoutError = self.heldoutError(of: weight, module)
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
    result.rescueReason = mine.solved.rescueReason
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

  /// How the stage's inputs differ from those of the base model; nil without it.
  private static func shift(
    _ layer: DecoderLayer, _ stage: Stage, _ states: HiddenStates?, _ base: HiddenStates?,
    _ engine: any Engine
  ) -> Matrix<Float>? {
    guard let states, let base else { return nil }
    let features = stage.modules.first.map { layer.config.shape(of: $0).columns } ?? 0
    var shift = InputShift(features: features)
    layer.forEachInput(of: stage, in: states, beside: base) {
      shift.accumulate($0, base: $1, engine: engine)
    }
    return shift.matrix()
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
