import Analysis
import Basics
import GPTQ
import Model

/// Runs the passes of a diagnosis, one after another.
struct DiagnosisPasses {
  let inputs: SweepInputs
  let streams: CalibrationStreams
  /// The codes of both sides.
  let store: WeightStore
  /// Where they are saved; nil: nowhere.
  let saved: SavedPasses?
  let observers: [any PassObserver]

  /// Runs everything that was asked for, at most `width` trials at once. Without `calibrating` no
  /// calibration tokens are carried along, and local errors are not measured on them. The codes of
  /// `capture` are kept.
  func run(
    _ asked: DiagnosisPass, domains: [HeldoutDomain], width: Int, calibrating: Bool = true,
    capture: [DiagnosisPass.TrialID: [DiagnosisRole]] = [:]
  ) throws(InputError) -> PassOutcomes {
    var all = PassOutcomes()
    for start in stride(from: 0, to: asked.asked.count, by: max(1, width)) {
      let part = Array(asked.asked[start..<min(asked.asked.count, start + max(1, width))])
      var numbers: [CalibrationStreams.Key: Int] = [:]
      var windows: [[[Int32]]] = []
      let trials = part.map { one -> PassTrial in
        var trial = one.trial
        if let known = numbers[one.stream] {
          trial.stream = known
        } else {
          trial.stream = windows.count
          numbers[one.stream] = windows.count
          windows.append(calibrating ? streams.windows(one.stream) : [])
        }
        return trial
      }
      var pass = OnePass(
        decoder: inputs.decoder, engine: inputs.engine, streams: windows, domains: domains)
      let outcomes: PassOutcomes
      if let done = saved?.next(&pass) {
        outcomes = done
      } else {
        outcomes = try run(pass, trials, capture)
        try saved?.finish(outcomes)
      }
      all.base = outcomes.base
      all.trials += outcomes.trials
    }
    return all
  }

  private func run(
    _ pass: OnePass, _ trials: [PassTrial], _ capture: [DiagnosisPass.TrialID: [DiagnosisRole]]
  ) throws(InputError) -> PassOutcomes {
    let recorder = ScoreRecorder(capture: capture, store: store)
    let found = try pass.run(trials, observers: [recorder] + observers)
    return PassOutcomes(
      base: found.base,
      trials: found.trials.map { result in
        DiagnosisPass.Outcome(result: result, scores: recorder.scores[result.number] ?? [])
      })
  }
}

/// What a pass came to.
struct PassOutcomes: Codable {
  /// The base's own scores.
  var base: [Evaluation] = []
  /// Its trials, by number.
  var trials: [DiagnosisPass.Outcome] = []
}

/// Takes down every trial's scores window by window, and the codes of the trials to be kept.
private final class ScoreRecorder: PassObserver {
  private(set) var scores: [Int: [WindowScores]] = [:]
  private let capture: [Int: [DiagnosisRole]]
  private let store: WeightStore

  init(capture: [Int: [DiagnosisRole]], store: WeightStore) {
    self.capture = capture
    self.store = store
  }

  func measured(_ trial: Int, domain: String, scores: WindowScores) {
    self.scores[trial, default: []].append(scores)
  }

  func solved(_ trial: Int, layer: Int, modules: [SolvedModule]) throws(InputError) {
    for role in capture[trial] ?? [] {
      for module in modules { try store.store(module.packed, role, layer, module.name) }
    }
  }
}
