import Basics
import Compute
import Foundation
import GPTQ
import Model
import Results
import Tensor

/// A stage's linears as one trial leaves them.
struct TreatedStage {
  /// The weights that calibration tokens meet, (out, in), where they are not the base's.
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
    var key: GroupSolver.Key
  }

  /// The stage as `trials` will ask for it.
  init(layer: DecoderLayer, stage: Stage, trials: [LiveTrial], engine: any Engine) {
    self.layer = layer
    self.stage = stage
    self.engine = engine
    var seen = Set<Repeat>()
    var repeated = Set<Repeat>()
    for trial in trials where trial.isRunning && trial.trial.usesBase {
      for linear in stage.linears {
        guard let config = trial.trial.treatment(layer.index, linear.name).solves else { continue }
        let key = Repeat(
          stream: trial.trial.stream, key: .init(name: linear.name, config: config))
        if !seen.insert(key).inserted { repeated.insert(key) }
      }
    }
    self.repeated = repeated
  }

  /// Treats the stage's linears for `trial`, on the inputs that it sees: its own or those of `base`,
  /// which has not moved through the stage yet.
  mutating func treat(_ trial: LiveTrial, base: Tokens) throws(InputError) -> TreatedStage {
    let treatments = stage.groups.map { trial.trial.treatments(layer: layer.index, $0) }
    let all = treatments.joined().map(\.treatment)
    if all.allSatisfy({ if case .keep = $0 { true } else { false } }) {
      var kept = TreatedStage()
      for linear in stage.linears { kept.keep(linear) }
      return kept
    }
    guard !trial.trial.usesBase else { return try treatShared(treatments, trial, base) }
    let began = ContinuousClock.now
    var own = try StageSolver(
      layer: layer, stage: stage, calibration: trial.tokens.calibration[trial.trial.stream],
      heldout: trial.tokens.evaluation.first,
      base: all.contains(where: \.usesShift) ? base.calibration[trial.trial.stream] : nil,
      engine: engine)
    let gathered = began.duration(to: .now).seconds
    var treated = try own.treat(treatments)
    treated.gatherSeconds = gathered
    return treated
  }

  private mutating func treatShared(
    _ treatments: [[(linear: Linear, treatment: Treatment)]], _ trial: LiveTrial, _ base: Tokens
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

/// The solvers of a stage's groups, for trials that see the same inputs.
struct StageSolver {
  private var groups: [GroupSolver] = []

  /// Gathers the Hessians of the stage's inputs over the tokens of `calibration` and `heldout`. The
  /// solutions of `repeated` are kept, so that they are found once. `base` is the base model's
  /// calibration tokens at the same place, where GPTAQ asks how far `calibration` has moved from them.
  init(
    layer: DecoderLayer, stage: Stage, calibration: HiddenStates?, heldout: HiddenStates?,
    base: HiddenStates? = nil, engine: any Engine, repeated: Set<GroupSolver.Key> = []
  ) throws(InputError) {
    let hessians = try Self.hessians(layer, stage, calibration)
    let shifts = Self.shifts(layer, stage, calibration, base, engine)
    let heldout = try heldout.map { states throws(InputError) in
      try Self.hessians(layer, stage, states)
    }
    for (place, group) in stage.groups.enumerated() {
      groups.append(
        try GroupSolver(
          layer: layer, group: group, hessian: hessians[place], shift: shifts?[place],
          heldout: heldout?[place], engine: engine, repeated: repeated))
    }
  }

  /// Treats the stage's linears, given by group.
  mutating func treat(
    _ treatments: [[(linear: Linear, treatment: Treatment)]]
  ) throws(InputError) -> TreatedStage {
    var treated = TreatedStage()
    for place in groups.indices { try groups[place].treat(treatments[place], into: &treated) }
    return treated
  }

  private static func hessians(
    _ layer: DecoderLayer, _ stage: Stage, _ states: HiddenStates?
  ) throws(InputError) -> [EngineBuffer] {
    let gathered = layer.hessians(of: stage, in: states)
    for (group, hessian) in zip(stage.groups, gathered)
    where hessian.tokens == 0 && hessian.rejectedTokens > 0 {
      throw InputError(
        .badData,
        asked: "measure the inputs of layer \(layer.index), \(group.linears[0].name.rawValue)",
        found: "NaN or infinity in every token",
        hint: "score the model alone first: tenbin evaluate perplexity MODEL_DIR --data TEXT")
    }
    return gathered.map { $0.hessian() }
  }

  /// How the inputs of each group differ from those of the base model; nil without it.
  private static func shifts(
    _ layer: DecoderLayer, _ stage: Stage, _ states: HiddenStates?, _ base: HiddenStates?,
    _ engine: any Engine
  ) -> [EngineBuffer]? {
    guard let states, let base else { return nil }
    var shifts = stage.groups.map { InputShift(features: $0.columns, engine: engine) }
    layer.forEachInput(of: stage, in: states, beside: base) {
      shifts[$0].accumulate($1, base: $2)
    }
    return shifts.map { $0.matrix() }
  }
}

extension TreatedStage {
  mutating func keep(_ linear: Linear) {
    keptWeights += linear.weights
  }

  mutating func exchange(
    _ weight: EngineBuffer, of name: LinearName, measured result: ModuleResult?
  ) {
    clean[name] = weight
    packed[name] = weight
    if let result { results.append(result) }
  }
}
