import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// A stage's linears as one trial leaves them.
struct TreatedStage {
  /// The weights that calibration tokens meet, (out, in).
  var clean: StageWeights = [:]
  /// The weights that evaluation tokens meet: those of whoever loads the file.
  var packed: StageWeights = [:]
  /// The linears that were quantized.
  var solved: [SolvedModule] = []
  /// What was measured on every linear that is not the base's.
  var results: [ModuleResult] = []
  /// Weights of linears that are the base's.
  var keptWeights = 0
  /// Seconds spent on Hessians of the trial's own.
  var gatherSeconds = 0.0
  /// Seconds spent on factors that no trial before it had asked for.
  var factoriseSeconds = 0.0
}

/// The solvers of one stage: one a stream for the trials that are solved on the base's activations,
/// and one of its own, for a moment, for each trial that is not.
struct StageSolvers {
  private let layer: DecoderLayer
  private let stage: Stage
  private let engine: any Engine
  private let repeated: Set<Repeat>
  private var shared: [Int: StageSolver] = [:]

  private struct Repeat: Hashable {
    var stream: Int
    var key: StageSolver.Key
  }

  /// The stage as `trials` will ask for it.
  init(layer: DecoderLayer, stage: Stage, trials: [LiveTrial], engine: any Engine) {
    self.layer = layer
    self.stage = stage
    self.engine = engine
    var seen = Set<Repeat>()
    var repeated = Set<Repeat>()
    for trial in trials where trial.isRunning && trial.trial.usesBase {
      for (module, treatment) in trial.trial.treatments(layer: layer.index, stage: stage) {
        guard let config = treatment.solves else { continue }
        let key = Repeat(
          stream: trial.trial.stream, key: .init(module: module, config: config))
        if !seen.insert(key).inserted { repeated.insert(key) }
      }
    }
    self.repeated = repeated
  }

  /// Treats the stage's linears for `trial`, on the inputs that it sees: its own or those of `base`,
  /// which has not moved through the stage yet.
  mutating func treat(_ trial: LiveTrial, base: Tokens) throws(InputError) -> TreatedStage {
    let treatments = trial.trial.treatments(layer: layer.index, stage: stage)
    if treatments.allSatisfy({ if case .keep = $0.treatment { true } else { false } }) {
      var kept = TreatedStage()
      for (module, _) in treatments { kept.keep(layer.weight(module), of: module) }
      return kept
    }
    guard !trial.trial.usesBase else { return try treatShared(treatments, trial, base) }
    let began = ContinuousClock.now
    var own = try StageSolver(
      layer: layer, stage: stage, calibration: trial.tokens.calibration[trial.trial.stream],
      heldout: trial.tokens.evaluation.first,
      base: treatments.contains { $0.treatment.usesShift }
        ? base.calibration[trial.trial.stream] : nil, engine: engine)
    let gathered = began.duration(to: .now).seconds
    var treated = try own.treat(treatments)
    treated.gatherSeconds = gathered
    return treated
  }

  private mutating func treatShared(
    _ treatments: [(module: LinearModule, treatment: Treatment)], _ trial: LiveTrial, _ base: Tokens
  ) throws(InputError) -> TreatedStage {
    let stream = trial.trial.stream
    // Taken out while it works, so that it is not copied.
    var solver: StageSolver
    if let known = shared.removeValue(forKey: stream) {
      solver = known
    } else {
      solver = try StageSolver(
        layer: layer, stage: stage, calibration: base.calibration[stream],
        heldout: base.evaluation.first, engine: engine,
        repeated: Set(repeated.filter { $0.stream == stream }.map(\.key)))
    }
    let treated = try solver.treat(treatments)
    shared[stream] = solver
    return treated
  }
}

extension TreatedStage {
  mutating func keep(_ weight: Matrix<Float>, of module: LinearModule) {
    clean[module] = weight
    packed[module] = weight
    keptWeights += weight.elements.count
  }

  mutating func exchange(
    _ weight: Matrix<Float>, of module: LinearModule, measured result: ModuleResult?
  ) {
    clean[module] = weight
    packed[module] = weight
    if let result { results.append(result) }
  }
}
