import Basics
import Compute
import Foundation
import GPTQ
import Model
import Results
import Tensor

/// One linear as one trial leaves it.
public struct SolvedModule: Sendable {
  /// The decoder layer, from 0.
  public let layer: Int
  /// Which of its linears.
  public let name: LinearName
  /// Codes, scales, zeros and g_idx as the column loop left them, and how it went.
  public let solved: SolvedLinear
  /// The codes as the packer wrote them.
  public let packed: QuantizedLinear
  /// What was measured on them.
  public let result: ModuleResult
  /// How far the weights that `packed` stands for are from the base's.
  public let weightErrors: WeightErrors
}

/// Applies the actions of linears that read the same for any number of trials that see the same inputs: one Hessian,
/// one factor for each (damp, column order), one round-to-nearest result for each grid, one solve
/// for each config.
struct GroupSolver {
  /// One linear and how it is quantized.
  struct Key: Hashable {
    var name: LinearName
    var config: TrialConfig
  }

  private let layer: DecoderLayer
  private let engine: any Engine
  private let solver: GPTQSolver
  private let heldout: [LinearName: ReconstructionMeter]
  private let calibration: [LinearName: ReconstructionMeter]
  private let repeated: Set<Key>
  private let evidence: GroupEvidence
  private var factors: HessianFactors
  private var companions: [Key: Measured] = [:]
  private var known: [Key: Done] = [:]

  /// A solution and its error on held-out inputs.
  private struct Measured {
    var solved: Solution
    var heldout: ReconstructionError
    var seconds: Double
  }

  /// A linear that is solved and measured.
  private struct Done {
    var module: UnfinishedModule
    /// The codes as the column loop left them.
    var kept: KeptLinear
    /// The codes as the packer wrote them, where it has changed them.
    var packed: KeptCodes?
  }

  /// Solves on `evidence` and `shift`, and measures on the Hessian of `heldout` inputs. The solutions of
  /// `repeated` are kept, so that they are found once.
  init(
    layer: DecoderLayer, group: Stage.Group, evidence: GroupEvidence, shift: EngineBuffer?,
    heldout: EngineBuffer?, engine: any Engine, repeated: Set<Key> = []
  ) throws(InputError) {
    self.layer = layer
    self.engine = engine
    self.repeated = repeated
    self.evidence = evidence
    solver = GPTQSolver(engine: engine)
    factors = HessianFactors(evidence.hessian, shift: shift, engine: engine)
    func meters(_ norm: HessianNorm) throws(InputError) -> [LinearName: ReconstructionMeter] {
      var meters: [LinearName: ReconstructionMeter] = [:]
      for linear in group.linears {
        meters[linear.name] = try ReconstructionMeter(
          weight: layer.weight(linear.name), norm: norm)
      }
      return meters
    }
    calibration = try meters(HessianNorm(evidence.hessian, engine: engine))
    self.heldout =
      try heldout.map { hessian throws(InputError) in
        try meters(HessianNorm(factoring: hessian, engine: engine))
      } ?? [:]
  }

  /// Applies the actions of the group's linears.
  mutating func apply(
    _ actions: [(linear: Linear, action: LinearAction)], into applied: inout AppliedStage
  ) throws(InputError) {
    let factorised = factors.seconds
    for (linear, action) in actions {
      let name = linear.name
      switch action {
      case .keep: applied.keep(linear)
      case .solve(let config):
        guard let done = try solve(name, config) else {
          applied.keep(linear)
          continue
        }
        applied.outcomes.append(.solved(done.module))
        applied.solved[name] = done.kept.dequantized()
        applied.packed[name] = done.packed.map(engine.dequantize) ?? applied.solved[name]
      case .load(let load):
        let weight = try uploaded(load(), linear)
        applied.replace(weight, of: name, measured: measure(weight, name))
      case .replace(let load):
        applied.replace(try uploaded(load(), linear), of: name, measured: nil)
      case .addNoise(let config, let seed):
        let weight = layer.weight(name)
        let norm = try solve(name, config).map {
          engine.squaredDistance(weight, engine.dequantize($0.packed ?? $0.kept.codes))
        }
        let place = layer.description.linears.firstIndex(of: linear) ?? 0
        let noisy = engine.upload(
          engine.download(weight).addingNoise(
            norm: (norm ?? 0).squareRoot(), seed: seed,
            place: layer.index * layer.description.linears.count + place))
        applied.replace(noisy, of: name, measured: measure(noisy, name))
      }
    }
    applied.factoriseSeconds += factors.seconds - factorised
  }

  /// Quantizes one linear as `config` says, and measures it; nil leaves it as it is.
  private mutating func solve(
    _ name: LinearName, _ config: TrialConfig
  ) throws(InputError) -> Done? {
    let key = Key(name: name, config: config)
    if let known = known[key] { return known }
    guard var quantize = config.quantize(for: layer.index, name) else { return nil }
    let grid = config.companion.quantize(for: layer.index, name) ?? config.companion.quantize
    let rtn = try companion(name, grid)
    // AutoGPTQ's column loop runs on unrounded scales; its packer rounds them.
    if config.packer == .autogptqBF16 { quantize.scalesDtype = .f32 }
    var mine =
      quantize == grid || evidence.expert?.isUnseen == true
      ? rtn : try measured(name, quantize, companion: rtn.solved)
    if quantize.algorithm != .rtn, let expert = evidence.expert {
      if expert.isUnseen { mine.solved.path = .noTokens }
      if expert.isPooled, mine.solved.path == .direct { mine.solved.path = .pooled }
    }
    let solved = try finish(name, mine, rtn, config.packer)
    if repeated.contains(key) { known[key] = solved }
    return solved
  }

  /// The round-to-nearest result on `grid`.
  private mutating func companion(
    _ name: LinearName, _ grid: QuantizeConfig
  ) throws(InputError) -> Measured {
    let key = Key(name: name, config: TrialConfig(quantize: grid))
    if let known = companions[key] { return known }
    let rtn = try measured(name, grid, companion: nil)
    companions[key] = rtn
    return rtn
  }

  private mutating func measured(
    _ name: LinearName, _ config: QuantizeConfig, companion: Solution?
  ) throws(InputError) -> Measured {
    guard let meter = calibration[name] else { preconditionFailure("a linear of the stage") }
    let began = ContinuousClock.now
    let solved = try solver.quantize(
      meter, factors: &factors, config: config, companion: companion)
    engine.synchronize()
    let seconds = began.duration(to: .now).seconds
    return Measured(
      solved: solved,
      heldout: heldoutError(of: solved.linear.dequantized(), name),
      seconds: seconds)
  }

  /// The error on held-out inputs; nothing where there are none.
  private func heldoutError(of weight: EngineBuffer, _ name: LinearName) -> ReconstructionError {
    heldout[name]?.error(of: weight) ?? .none
  }

  /// `weight` for the engine, if it has the shape of the base's.
  private func uploaded(
    _ weight: Matrix<Float>, _ linear: Linear
  ) throws(InputError) -> EngineBuffer {
    guard weight.rows == linear.rows, weight.columns == linear.columns else {
      throw InputError(
        .badData, asked: "load \(linear.name.tensorPrefix(layer: layer.index))",
        found: "a weight of \(weight.rows) x \(weight.columns)",
        hint: "the base has \(linear.rows) x \(linear.columns): give a checkpoint of it")
    }
    return engine.upload(weight)
  }

  /// A result of which only the tokens are known.
  private func unmeasured(_ name: LinearName) -> ModuleResult {
    var result = ModuleResult(layer: layer.index, module: name.rawValue)
    guard let expert = evidence.expert else { return result }
    result.expertTokens = expert.tokens
    result.expertShare = expert.share
    result.hessianTokens = evidence.tokens
    result.inFeatures = evidence.hessian.columns
    return result
  }

  /// The errors of a weight that no solver made.
  private func measure(_ weight: EngineBuffer, _ name: LinearName) -> ModuleResult {
    var result = unmeasured(name)
    guard let calibration = calibration[name] else { return result }
    let error = calibration.error(of: weight)
    let heldoutError = heldoutError(of: weight, name)
    result.relativeErrorCalibration = error.relative
    result.relativeErrorHeldout = heldoutError.relative
    result.sqnrDb = heldoutError.sqnr
    result.weightRelativeNorm = error.relativeWeight
    result.deadColumns = factors.deadColumns
    return result
  }

  /// Sends the codes through a packer that changes them, and fills in what a study records.
  private func finish(
    _ name: LinearName, _ mine: Measured, _ rtn: Measured, _ packer: Packer
  ) throws(InputError) -> Done {
    var result = unmeasured(name)
    var downloaded: SolvedLinear?
    var packed: QuantizedLinear?
    var keptPacked: KeptCodes?
    var (calibrationError, heldoutError) = (mine.solved.error, mine.heldout)
    if packer == .autogptqBF16, let calibration = calibration[name] {
      let solved = mine.solved.downloaded()
      let outcome = try AutoGPTQPacker.packBF16(solved.linear)
      let linear = outcome.linear
      (downloaded, packed) = (solved, linear)
      result.packerChangedCodes =
        Double(outcome.changedCodes) / Double(linear.codes.elements.count)
      let kept = engine.upload(
        linear.codes, grids: linear.grids, groupIndex: linear.groupIndex)
      keptPacked = kept
      let weight = engine.dequantize(kept)
      calibrationError = calibration.error(of: weight)
      heldoutError = self.heldoutError(of: weight, name)
    }
    result.relativeErrorCalibration = calibrationError.relative
    result.relativeErrorHeldout = heldoutError.relative
    result.rtnRelativeErrorCalibration = rtn.solved.error.relative
    result.rtnRelativeErrorHeldout = rtn.heldout.relative
    result.sqnrDb = heldoutError.sqnr
    result.weightRelativeNorm = calibrationError.relativeWeight
    result.deadColumns = factors.deadColumns
    result.dampPercentUsed = mine.solved.dampPercentUsed ?? 0
    result.solverPath = mine.solved.path
    result.rescueReason = mine.solved.rescueReason
    result.solveSeconds = mine.seconds
    let errors = WeightErrors(
      of: keptPacked ?? mine.solved.linear.codes, bits: mine.solved.linear.bits,
      original: layer.weight(name), deadColumns: mine.solved.deadColumns, engine: engine)
    return Done(
      module: UnfinishedModule(
        layer: layer.index, name: name, solution: mine.solved, downloaded: downloaded,
        packed: packed, measured: result, weightErrors: errors),
      kept: mine.solved.linear, packed: keptPacked)
  }
}
