import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Results
import Tensor

/// The two sides as models: as they are stored or quantized, as their settings give them again, and
/// with overflowed codes repaired.
struct SideModels {
  let source: DiagnosisSource
  let role: DiagnosisRole
  /// What an audit said, where the side is a checkpoint.
  let audit: AuditReport?
  private let inputs: SweepInputs
  private let overflowed: Set<String>
  private var stored: DiagnosisPass.TrialID?
  private var repaired: DiagnosisPass.TrialID?
  private var companion: DiagnosisPass.TrialID?
  /// The side's own settings, carried out, by draw.
  private var made: [DiagnosisPass.TrialID] = []
  private var whole: DiagnosisPass.TrialID?
  /// Steps on which one part of the checkpoint after another becomes the base's.
  private(set) var steps:
    [(part: FolderPart, before: DiagnosisPass.TrialID, after: DiagnosisPass.TrialID)] = []
  /// Whether the checkpoint computes the base's function with other weights, so that its linears say
  /// nothing in the base.
  private(set) var isRecast = false

  /// The models of `source`; a checkpoint is audited against the base.
  init(_ source: DiagnosisSource, _ role: DiagnosisRole, _ inputs: SweepInputs) throws(InputError) {
    self.source = source
    self.role = role
    self.inputs = inputs
    guard let folder = source.folder else {
      audit = nil
      overflowed = []
      return
    }
    let report = try CheckpointAudit(
      folder, base: inputs.modelDirectory, engine: inputs.engine
    ).run()
    audit = report
    overflowed = Set(
      report.findings.filter { $0.defect == .packingOverflow && $0.level != .note }
        .flatMap(\.modules))
  }

  /// Asks for the models that a difference is measured on.
  mutating func ask(_ pass: inout DiagnosisPass, draws: Int) {
    made = (0..<draws).map { pass.ask(source.recipe, draw: $0) }
    companion = pass.ask(
      DiagnosisRecipe(config: source.config.companion, calibration: CalibrationSpec()))
    guard source.isCheckpoint else { return }
    stored = pass.ask(isMeasured: true) { [self] layer, linear throws(InputError) in
      try weight(layer, linear, repairing: false)
    }
    guard !overflowed.isEmpty else { return }
    repaired = pass.ask(isMeasured: false) { [self] layer, linear throws(InputError) in
      try weight(layer, linear, repairing: true)
    }
  }

  /// The trial of its linears in the base: where nothing else of it differs from the base's, the model
  /// itself.
  var main: DiagnosisPass.TrialID { stored ?? made.first ?? 0 }
  /// The trial of the model that is judged: a checkpoint as its own files give it.
  var judged: DiagnosisPass.TrialID { whole ?? main }
  /// What its linears come to without overflowed codes.
  var sound: DiagnosisPass.TrialID { isRecast ? judged : repaired ?? main }
  /// What its settings give, on a draw.
  func remade(_ draw: Int) -> DiagnosisPass.TrialID {
    made.indices.contains(draw) ? made[draw] : main
  }
  /// Round-to-nearest on its grid.
  var rtn: DiagnosisPass.TrialID { companion ?? main }
  /// Whether overflowed codes were found in a stored checkpoint.
  var isRepaired: Bool { repaired != nil && !isRecast }
  /// Whether another calibration draw would give another model: rounding to nearest looks at none.
  var isDrawn: Bool { source.config.quantize.algorithm != .rtn }

  /// Runs the checkpoint from its own files whole, where they differ from the base's in more than the
  /// linears, and adds what that and the way back to the base come to.
  mutating func runWhole(_ outcomes: inout PassOutcomes) throws(InputError) {
    guard let folder = source.folder else { return }
    let walk = try WholeWalk(folder, inputs)
    guard !walk.parts.isEmpty else { return }
    let scores = try walk.scores()
    func add(_ evaluations: [Evaluation]) -> DiagnosisPass.TrialID {
      var result = TrialResult(number: outcomes.trials.count, config: source.config, companion: nil)
      result.evaluations = evaluations
      outcomes.trials.append(
        DiagnosisPass.Outcome(result: result, scores: evaluations.compactMap(\.windows)))
      return outcomes.trials.count - 1
    }
    let judged = add(scores.whole)
    whole = judged
    let divergences = [judged, main].map {
      outcomes.trials[$0].result.evaluations.first?.kldMean ?? 0
    }
    isRecast =
      audit?.function?.isSameFunction == true && divergences[1] > 1.5 * divergences[0] + 0.05
    guard !isRecast else { return }
    var before = judged
    for (index, step) in scores.steps.enumerated() {
      // Without its last part the checkpoint is its linears in the base.
      let after = index == scores.steps.count - 1 ? main : add([step.evaluation])
      steps.append((step.part, before, after))
      before = after
    }
  }

  /// A stored weight, (out, in), or the base's where it is not quantized.
  func weight(
    _ layer: Int, _ linear: LinearName, repairing: Bool
  ) throws(InputError) -> Matrix<Float> {
    let name = linear.tensorPrefix(layer: layer)
    guard let reader = source.checkpoint, reader.isQuantized(name) else {
      return try inputs.baseWeight(layer, linear)
    }
    let stored = try reader.linear(name)
    guard repairing, overflowed.contains(name) else { return stored.dequantized() }
    let base = try inputs.baseWeight(layer, linear)
    guard base.rows == stored.codes.rows, base.columns == stored.codes.columns else {
      return stored.dequantized()
    }
    return OverflowRepair.repaired(
      stored, original: base, settings: reader.config, engine: inputs.engine
    ).dequantized()
  }

  /// The weight that the side was measured with, (out, in).
  func finalWeight(
    _ layer: Int, _ linear: LinearName, _ store: WeightStore
  ) throws(InputError) -> Matrix<Float> {
    if source.isCheckpoint { return try weight(layer, linear, repairing: false) }
    if let weight = try store.weight(role, layer, linear) { return weight }
    return try inputs.baseWeight(layer, linear)
  }

  /// Asks for the model that is judged, and for round-to-nearest on its grid, as `store` holds them.
  func askAgain(
    _ pass: inout DiagnosisPass, _ store: WeightStore
  ) -> (main: DiagnosisPass.TrialID, rtn: DiagnosisPass.TrialID) {
    let main = pass.ask(isMeasured: false) { [self] layer, linear throws(InputError) in
      try finalWeight(layer, linear, store)
    }
    let nearest = role == .suspect ? DiagnosisRole.suspectRTN : .baselineRTN
    let rtn = pass.ask(isMeasured: false) { [inputs] layer, linear throws(InputError) in
      if let weight = try store.weight(nearest, layer, linear) { return weight }
      return try inputs.baseWeight(layer, linear)
    }
    return (main, rtn)
  }
}

extension SweepInputs {
  /// The base's weight of a linear, (out, in).
  func baseWeight(_ layer: Int, _ linear: LinearName) throws(InputError) -> Matrix<Float> {
    try decoder.source.matrix(linear.tensorPrefix(layer: layer) + ".weight")
  }
}
