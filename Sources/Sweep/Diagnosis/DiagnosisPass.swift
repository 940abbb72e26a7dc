import Analysis
import Basics
import Compute
import GPTQ
import Model
import Tensor

/// The trials of one step of a diagnosis, each asked for as often as need be and run once.
struct DiagnosisPass {
  /// What one trial came to.
  struct Outcome: Sendable {
    /// What was measured on it.
    var result: TrialResult
    /// Its scores, window by window, a domain each.
    var scores: [WindowScores]
  }

  /// A trial of a pass.
  typealias Ticket = Int

  private struct Asked {
    var trial: PassTrial
    var stream: CalibrationStreams.Key
  }

  private var asked: [Asked] = []
  private var known: [Request: Ticket] = [:]

  private struct Request: Hashable {
    var recipe: DiagnosisRecipe
    var draw: Int
  }

  /// Asks for a model made by `recipe` on a draw of its calibration.
  mutating func ask(_ recipe: DiagnosisRecipe, draw: Int = 0) -> Ticket {
    var recipe = recipe
    // Round-to-nearest looks at no calibration.
    if recipe.config.quantize.algorithm == .rtn { recipe.calibration = CalibrationSpec() }
    let draw = recipe.config.quantize.algorithm == .rtn ? 0 : draw
    let request = Request(recipe: recipe, draw: draw)
    if let ticket = known[request] { return ticket }
    let ticket = asked.count
    known[request] = ticket
    asked.append(
      Asked(
        trial: PassTrial(TrialResult(number: ticket, config: recipe.config, companion: nil)),
        stream: .init(spec: recipe.calibration, draw: draw)))
    return ticket
  }

  /// Asks for a model whose linears are given; their local errors are taken where `isMeasured`.
  mutating func ask(
    isMeasured: Bool,
    loading weight: @escaping @Sendable (Int, LinearModule) throws(InputError) -> Matrix<Float>
  ) -> Ticket {
    let ticket = asked.count
    let config = TrialConfig(quantize: QuantizeConfig())
    let trial = PassTrial(
      TrialResult(number: ticket, config: config, companion: nil),
      treatment: { layer, module in
        let load = { @Sendable () throws(InputError) in try weight(layer, module) }
        return isMeasured ? .load(load) : .exchange(load)
      })
    asked.append(Asked(trial: trial, stream: .init(spec: CalibrationSpec(), draw: 0)))
    return ticket
  }

  /// The number of trials asked for.
  var count: Int { asked.count }

  /// Runs everything that was asked for, at most `width` trials at once. Without `calibrating` no
  /// calibration tokens are carried along, and local errors are not measured on them.
  func run(
    _ inputs: SweepInputs, _ streams: CalibrationStreams, domains: [HeldoutDomain], width: Int,
    calibrating: Bool = true, capture: [Ticket: [DiagnosisRole]] = [:], store: WeightStore? = nil,
    observer: any PassObserver
  ) throws(InputError) -> (base: [Evaluation], outcomes: [Outcome]) {
    var outcomes: [Outcome] = []
    var base: [Evaluation] = []
    for start in stride(from: 0, to: asked.count, by: max(1, width)) {
      let part = Array(asked[start..<min(asked.count, start + max(1, width))])
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
      let recorder = ScoreRecorder(capture: capture, store: store, next: observer)
      let pass = OnePass(
        decoder: inputs.decoder, engine: inputs.engine, streams: windows, domains: domains)
      let (scores, results) = try pass.run(trials, observer: recorder)
      base = scores
      outcomes += results.map { result in
        Outcome(result: result, scores: recorder.scores[result.number] ?? [])
      }
    }
    return (base, outcomes)
  }
}

/// Takes down every trial's scores window by window, and the codes of the trials to be kept.
private final class ScoreRecorder: PassObserver {
  private(set) var scores: [Int: [WindowScores]] = [:]
  private let capture: [Int: [DiagnosisRole]]
  private let store: WeightStore?
  private let next: any PassObserver

  init(
    capture: [Int: [DiagnosisRole]], store: WeightStore?, next: any PassObserver
  ) {
    self.capture = capture
    self.store = store
    self.next = next
  }

  func began(_ cost: PassCost) { next.began(cost) }

  func advanced(_ who: PassMember, layer: Int, stage: Stage) {
    next.advanced(who, layer: layer, stage: stage)
  }

  func scored(domain: String) { next.scored(domain: domain) }

  func measured(_ trial: Int, domain: String, scores: WindowScores) {
    self.scores[trial, default: []].append(scores)
  }

  func solved(_ trial: Int, layer: Int, modules: [SolvedModule]) throws(InputError) {
    guard let store else { return }
    for role in capture[trial] ?? [] {
      for module in modules { store.store(module.packed, role, layer, module.module) }
    }
  }
}
