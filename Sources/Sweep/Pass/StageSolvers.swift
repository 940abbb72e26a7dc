import Basics
import Compute
import Foundation
import GPTQ
import Model
import Results
import Tensor

/// A stage's linears as one trial leaves them.
struct AppliedStage {
  /// The weights that calibration tokens meet, (out, in), where they are not the base's.
  var solved: StageWeights = [:]
  /// The weights that evaluation tokens meet: those of whoever loads the file.
  var packed: StageWeights = [:]
  /// What has become of every linear that is not the base's.
  var outcomes: [Outcome] = []
  /// Weights of linears that are the base's.
  var keptWeights = 0
  /// A linear that was quantized, or one that somebody else had changed, and what was measured on it.
  enum Outcome {
    case solved(UnfinishedModule)
    case measured(ModuleResult)
  }

  /// Has the codes come down: the linears that were quantized, and what was measured on all.
  static func finished(
    _ outcomes: [Outcome]
  ) -> (solved: [SolvedModule], results: [ModuleResult]) {
    let solved = UnfinishedModule.finish(
      outcomes.compactMap { if case .solved(let module) = $0 { module } else { nil } })
    var rest = solved[...]
    let results = outcomes.compactMap { outcome -> ModuleResult? in
      switch outcome {
      case .solved: rest.popFirst()?.result
      case .measured(let result): result
      }
    }
    return (solved, results)
  }

  /// Seconds spent on Hessians that no trial before it had asked for.
  var gatherSeconds = 0.0
  /// Seconds spent on factors that no trial before it had asked for.
  var factoriseSeconds = 0.0
  /// Seconds spent on spectra, which are not the trial's.
  var spectrumSeconds = 0.0
}

/// The solvers of one stage: one a stream for the trials that are solved on the base's activations,
/// and one of its own, for a moment, for each trial that is not.
struct StageSolvers {
  private let layer: DecoderLayer
  private let stage: Stage
  private let engine: any Engine
  private let repeated: Set<Repeat>
  /// The stage's groups, as many at a time as there is memory for.
  private let parts: [Range<Int>]
  private var shared: [SharedKey: StageSolver] = [:]
  /// Streams of which some trial has the base's inputs decomposed: no other's are.
  private let baseStreams: Set<Int>
  /// Where Hessians are decomposed; nil: nowhere.
  var spectra: PassSpectra?

  private struct SharedKey: Hashable {
    var stream: Int
    var rule: ExpertRule?
  }

  private struct Repeat: Hashable {
    var stream: Int
    var key: GroupSolver.Key
  }

  /// The stage as `trials` will ask for it. The Hessians of up to `groupsAtOnce` experts are in memory
  /// together; where a stage has more, each trial gathers them anew, part after part.
  init(
    layer: DecoderLayer, stage: Stage, trials: [LiveTrial], groupsAtOnce: Int,
    spectra: PassSpectra? = nil, engine: any Engine
  ) {
    self.spectra = spectra
    let step = max(1, min(groupsAtOnce, stage.groups.count))
    parts = stride(from: 0, to: stage.groups.count, by: step).map {
      $0..<min($0 + step, stage.groups.count)
    }
    self.layer = layer
    self.stage = stage
    self.engine = engine
    var seen = Set<Repeat>()
    var repeated = Set<Repeat>()
    for trial in trials where trial.isRunning && trial.trial.usesBase {
      for linear in stage.linears {
        guard let config = trial.trial.action(layer.index, linear.name).solves else { continue }
        let key = Repeat(
          stream: trial.trial.stream, key: .init(name: linear.name, config: config))
        if !seen.insert(key).inserted { repeated.insert(key) }
      }
    }
    self.repeated = repeated
    baseStreams = Set(seen.map(\.stream))
  }

  /// Applies `trial`'s actions to the stage's linears, on the inputs that it sees: its own or those of `base`,
  /// which has not moved through the stage yet.
  mutating func apply(_ trial: LiveTrial, base: Tokens) throws(InputError) -> AppliedStage {
    let actions = stage.groups.map { trial.trial.actions(layer: layer.index, $0) }
    let all = actions.joined().map(\.action)
    if all.allSatisfy({ if case .keep = $0 { true } else { false } }) {
      var kept = AppliedStage()
      for linear in stage.linears { kept.keep(linear) }
      return kept
    }
    let usesBase = trial.trial.usesBase
    if usesBase, parts.count == 1 { return try applyShared(actions, trial, base) }
    let stream = trial.trial.stream
    let source = usesBase ? base : trial.tokens
    var applied = AppliedStage()
    for part in parts {
      var own = try StageSolver(
        layer: layer, stage: stage, groups: part,
        calibration: (source.calibration[stream], usesBase ? [:] : trial.before.solved),
        heldout: (source.evaluation.first, usesBase ? [:] : trial.before.packed),
        base: all.contains(where: \.usesShift) ? base.calibration[stream] : nil,
        rule: ExpertRule(trial.trial.result.config), engine: engine)
      applied.gatherSeconds += own.gatherSeconds
      applied.spectrumSeconds += decompose(own, of: trial.trial)
      try own.apply(actions, into: &applied)
    }
    return applied
  }

  private mutating func applyShared(
    _ actions: [[(linear: Linear, action: LinearAction)]], _ trial: LiveTrial, _ base: Tokens
  ) throws(InputError) -> AppliedStage {
    let stream = trial.trial.stream
    let rule = ExpertRule(trial.trial.result.config)
    let key = SharedKey(stream: stream, rule: stage.hasExperts ? rule : nil)
    // Taken out while it works, so that it is not copied.
    var solver: StageSolver
    var applied = AppliedStage()
    if let known = shared.removeValue(forKey: key) {
      solver = known
    } else {
      solver = try StageSolver(
        layer: layer, stage: stage, groups: stage.groups.indices,
        calibration: (base.calibration[stream], [:]), heldout: (base.evaluation.first, [:]),
        rule: rule, engine: engine,
        repeated: Set(repeated.filter { $0.stream == stream }.map(\.key)))
      applied.gatherSeconds = solver.gatherSeconds
      applied.spectrumSeconds = decompose(solver, of: trial.trial)
    }
    try solver.apply(actions, into: &applied)
    shared[key] = solver
    return applied
  }
}

extension StageSolvers {
  /// Has the Hessians of `solver` decomposed, as far as they are not yet; returns the seconds.
  private mutating func decompose(_ solver: StageSolver, of trial: PassTrial) -> Double {
    guard trial.usesBase || !baseStreams.contains(trial.stream) else { return 0 }
    // Taken out while it works.
    var taking = spectra.take()
    defer { spectra = taking }
    return taking?.take(
      solver.evidence, of: stage, groups: solver.places, layer: layer.index, stream: trial.stream,
      trial: trial.usesBase ? nil : trial.result.number, engine: engine) ?? 0
  }
}

/// The solvers of some of a stage's groups, for trials that see the same inputs.
struct StageSolver {
  /// The groups, by their places among all.
  let places: Range<Int>
  /// Their Hessians.
  let evidence: [GroupEvidence]
  private var groups: [GroupSolver] = []
  /// Seconds that the Hessians took.
  private(set) var gatherSeconds = 0.0

  /// States, and the weights that the stage before was applied with where they are not the base's.
  typealias Source = (states: HiddenStates?, before: StageWeights)

  /// Gathers the Hessians of the inputs of the groups `places` over the tokens of `calibration` and
  /// `heldout`. The solutions of `repeated` are kept, so that they are found once. `base` is the base
  /// model's calibration tokens at the same place, where GPTAQ asks how far `calibration` has moved from
  /// them.
  init(
    layer: DecoderLayer, stage: Stage, groups places: Range<Int>, calibration: Source,
    heldout: Source, base: HiddenStates? = nil, rule: ExpertRule, engine: any Engine,
    repeated: Set<GroupSolver.Key> = []
  ) throws(InputError) {
    self.places = places
    let began = ContinuousClock.now
    evidence = try Self.evidence(layer, stage, places, calibration, rule)
    let shifts = Self.shifts(layer, stage, places, calibration, base, evidence, engine)
    // Errors on held-out inputs are those of the tokens that an expert is sent.
    var routed = rule
    routed.calibration = .routed
    let measured =
      heldout.states == nil ? nil : try Self.evidence(layer, stage, places, heldout, routed)
    engine.synchronize()
    gatherSeconds = began.duration(to: .now).seconds
    for (index, place) in places.enumerated() {
      groups.append(
        try GroupSolver(
          layer: layer, group: stage.groups[place], evidence: evidence[index],
          shift: shifts?[index], heldout: measured?[index].hessian, engine: engine,
          repeated: repeated))
    }
  }

  /// Applies the actions of the linears of its groups, given by the places of all.
  mutating func apply(
    _ actions: [[(linear: Linear, action: LinearAction)]], into applied: inout AppliedStage
  ) throws(InputError) {
    for (index, place) in places.enumerated() {
      try groups[index].apply(actions[place], into: &applied)
    }
  }

  private static func evidence(
    _ layer: DecoderLayer, _ stage: Stage, _ places: Range<Int>, _ source: Source,
    _ rule: ExpertRule
  ) throws(InputError) -> [GroupEvidence] {
    let gathered = layer.evidence(
      of: stage, groups: places, in: source.states, rule, weights: source.before)
    for (place, one) in zip(places, gathered) where one.rejected > 0 {
      let name = stage.groups[place].linears[0].name.rawValue
      throw InputError(
        .badData, asked: "measure the inputs of layer \(layer.index), \(name)",
        found: "NaN or infinity in every token",
        hint: "score the model alone first: tenbin evaluate perplexity MODEL_DIR --heldout TEXT")
    }
    return gathered.map(\.evidence)
  }

  /// How the inputs of each group differ from those of the base model; nil without it.
  private static func shifts(
    _ layer: DecoderLayer, _ stage: Stage, _ places: Range<Int>, _ source: Source,
    _ base: HiddenStates?, _ evidence: [GroupEvidence], _ engine: any Engine
  ) -> [EngineBuffer]? {
    guard let states = source.states, let base else { return nil }
    var shifts = places.map {
      InputShift(features: stage.groups[$0].columns, engine: engine)
    }
    layer.forEachInput(of: stage, groups: places, in: states, beside: base) {
      shifts[$0 - places.lowerBound].accumulate($1, base: $2)
    }
    for (index, place) in places.enumerated() where evidence[index].expert?.takesAll == true {
      var shift = InputShift(features: stage.groups[place].columns, engine: engine)
      layer.forEachToken(
        of: stage, group: place, in: states, weights: source.before, beside: base
      ) { shift.accumulate($0, base: $1) }
      shifts[index] = shift
    }
    return shifts.map { $0.matrix() }
  }
}

extension AppliedStage {
  mutating func keep(_ linear: Linear) {
    keptWeights += linear.weights
  }

  mutating func replace(
    _ weight: EngineBuffer, of name: LinearName, measured result: ModuleResult?
  ) {
    solved[name] = weight
    packed[name] = weight
    if let result { outcomes.append(.measured(result)) }
  }
}
