import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Results
import Tensor

/// The one pass over the model that a sweep is made of.
///
/// The base model streams by once, layer after layer. At each stage of a layer the inputs' Hessians
/// are gathered, every trial's linears are quantized on them, and only then are the linears applied:
/// each trial's to its own tokens, the base's to the base's. Each linear meets each token once, after
/// it is quantized, which is GPTQ's true-sequential order. At the top all trials are scored against
/// the base together.
public struct OnePass {
  /// The base model.
  public let decoder: Decoder
  /// Who does the arithmetic.
  public let engine: any Engine
  /// The calibration windows of each stream; a trial is solved on one stream.
  public let streams: [[[Int32]]]
  /// The held-out domains; local errors are measured on the first.
  public let domains: [HeldoutDomain]
  /// The prompts behind which every model's next tokens are looked at; nil: none.
  public var prompts: PromptSet?
  /// Where the pass saves itself between layers, and goes on from; nil does neither.
  public var checkpoint: PassCheckpoint?
  /// How many experts' Hessians are in memory at once. No result depends on it.
  public var groupsAtOnce = Int.max
  /// Which Hessians are decomposed and handed to the observers; nil: none.
  public var spectra: SpectrumPlan?
  /// Asked after each layer: whether to stop there.
  public var isInterrupted: @Sendable () -> Bool = { Interruption.isRequested }

  /// A pass of `decoder` over these tokens.
  public init(
    decoder: Decoder, engine: any Engine, streams: [[[Int32]]], domains: [HeldoutDomain]
  ) {
    self.decoder = decoder
    self.engine = engine
    self.streams = streams
    self.domains = domains
  }

  /// A pass with one calibration stream.
  public init(
    decoder: Decoder, engine: any Engine, calibration: [[Int32]], domains: [HeldoutDomain]
  ) {
    self.init(decoder: decoder, engine: engine, streams: [calibration], domains: domains)
  }

  /// What a pass has found.
  public struct Findings: Sendable {
    /// The base's own scores on each domain.
    public internal(set) var base: [Evaluation] = []
    /// What the base lets follow each prompt.
    public internal(set) var baseNextTokens: [NextTokens] = []
    /// The trials with everything measured.
    public internal(set) var trials: [TrialResult] = []
  }

  /// Runs trials that quantize every linear on the first stream.
  public func run(
    _ trials: [TrialResult], observers: [any PassObserver] = []
  ) throws(InputError) -> Findings {
    try run(trials.map { PassTrial($0) }, observers: observers)
  }

  /// Runs `trials` and returns them with everything measured, and the base's own evaluations.
  public func run(
    _ trials: [PassTrial], observers: [any PassObserver] = []
  ) throws(InputError) -> Findings {
    let observer = PassObservers(observers)
    for trial in trials { try decoder.config.check(trial.result.config) }
    try checkHeads(trials)
    var base = try embed(trials)
    var live = trials.map { LiveTrial($0, tokens: base, model: decoder.config) }
    base.keepCalibration(for: live)
    observer.began(PassCost(config: decoder.config, base: base, trials: live))
    var done = -1
    if let saved = checkpoint?.restore(PassState(layer: done, base: base, live: live)) {
      (done, base, live) = (saved.layer, saved.base, saved.live)
    }
    try observer.starting(after: done)

    var spectra = spectra.map(PassSpectra.init)
    var finishing = FinishingStages()
    let handing = HandingOn(to: observer, beside: engine.loadsAhead)
    defer { handing.finish() }
    try decoder.walk(from: done + 1, positions: longestWindow) { (layer) throws(InputError) in
      try finish(layer, &base, &live, &finishing, &spectra, handing, observer)
    } visit: { (layer, stage) throws(InputError) in
      var solvers = StageSolvers(
        layer: layer, stage: stage, trials: live, groupsAtOnce: groupsAtOnce, spectra: spectra,
        engine: engine)
      defer { spectra = solvers.spectra }
      for position in live.indices where live[position].isRunning && live[position].needsBase {
        try advance(
          position, of: &live, through: layer, stage, &solvers, base: base, &finishing, handing,
          observer)
      }
      base.advance(through: layer, stage)
      observer.advanced(.base, layer: layer.index, stage: stage)
    }
    try handing.wait()
    return try score(base, live, observer)
  }

  /// What follows when the base's tokens have left a layer.
  private func finish(
    _ layer: DecoderLayer, _ base: inout Tokens, _ live: inout [LiveTrial],
    _ finishing: inout FinishingStages, _ spectra: inout PassSpectra?, _ handing: HandingOn,
    _ observer: PassObservers
  ) throws(InputError) {
    let running = live.indices.filter { live[$0].isRunning }
    // Trials that need nothing of the base's go one after another, so that one stage's input of one
    // trial is alive at a time.
    for position in running where !live[position].needsBase {
      for stage in layer.description.stages {
        var solvers = StageSolvers(
          layer: layer, stage: stage, trials: [], groupsAtOnce: groupsAtOnce, spectra: spectra,
          engine: engine)
        try advance(
          position, of: &live, through: layer, stage, &solvers, base: base, &finishing, handing,
          observer)
        spectra = solvers.spectra
      }
    }
    try complete(&finishing, of: &live, handing, all: true)
    if let failure = engine.failure { throw failure }
    let norm = base.evaluation.reduce(0) { $0 + $1.squaredNorm }
    for position in running {
      live[position].recordHiddenError(of: layer, against: base, norm: norm)
    }
    try observer.measured(spectra?.finishLayer() ?? [], layer: layer.index)
    let stopped = try observer.layerFinished(
      layer.index, trials: running.map { live[$0].trial.result })
    for position in live.indices where stopped.contains(live[position].trial.result.number) {
      live[position].prune()
    }
    base.keepCalibration(for: live)
    try save(PassState(layer: layer.index, base: base, live: live), handing, observer)
  }

  /// Saves the pass where that is due, and stops it where that was asked for.
  private func save(
    _ state: PassState, _ handing: HandingOn, _ observer: PassObservers
  ) throws(InputError) {
    let layers = decoder.config.layers
    let stops = isInterrupted()
    if let checkpoint, stops || checkpoint.isDue(bytes: state.bytes) {
      try handing.wait()
      try observer.saving(after: state.layer)
      try checkpoint.save(state)
      observer.saved(after: state.layer)
    }
    guard stops else { return }
    throw InputError(
      .interrupted, asked: "run a pass of \(layers) layers",
      found: "a request to stop, after layer \(state.layer + 1)",
      hint: checkpoint == nil
        ? "run the command again: it starts anew"
        : "run the same command again: it goes on after that layer")
  }

  /// Takes the trial at `position` through a stage.
  private func advance(
    _ position: Int, of live: inout [LiveTrial], through layer: DecoderLayer, _ stage: Stage,
    _ solvers: inout StageSolvers, base: Tokens, _ finishing: inout FinishingStages,
    _ handing: HandingOn, _ observer: PassObservers
  ) throws(InputError) {
    let moving = try live[position].begin(stage, of: layer, &solvers, base: base)
    if let stage = moving.finishing { finishing.append(stage, of: position, layer: layer.index) }
    // What is there of earlier stages is handed on while the engine moves tokens.
    try complete(&finishing, of: &live, handing)
    let seconds = live[position].end(stage, of: layer, moving)
    let trial = live[position].trial.result
    observer.spent(seconds, by: trial.number, layer: layer.index, stage: stage)
    observer.advanced(.trial(trial), layer: layer.index, stage: stage)
  }

  /// Takes down, and hands to the observers, the stages whose codes have come down, or `all` of them.
  private func complete(
    _ finishing: inout FinishingStages, of live: inout [LiveTrial], _ handing: HandingOn,
    all: Bool = false
  ) throws(InputError) {
    while let next = finishing.next(all: all) {
      let finished = next.stage.wait()
      live[next.trial].record(finished, keptWeights: next.stage.keptWeights)
      try handing.hand(
        live[next.trial].trial.result.number, layer: next.layer, finished.solved)
    }
  }

  /// Predicts the held-out tokens with the base and all trials.
  private func score(
    _ base: Tokens, _ live: [LiveTrial], _ observer: PassObservers
  ) throws(InputError) -> Findings {
    var live = live
    var found = Findings()
    let head = try decoder.head()
    let scored = live.indices.filter { live[$0].isRunning }
    let heads = try quantizeHeads(scored.map { live[$0] }, base, head, observer)
    for (index, domain) in domains.enumerated() {
      let began = ContinuousClock.now
      let states = [base.evaluation[index]] + scored.map { live[$0].tokens.evaluation[index] }
      let statistics = try head.compare(
        base: states[0], trials: states, windows: domain.windows,
        firstScored: domain.firstScored, heads: heads)
      let evaluations = statistics.enumerated().map { place, statistics in
        let scores = TokenScores(statistics)
        var evaluation = DomainScores(domain: domain, scores: scores).evaluation
        if place > 0 { evaluation.divergence = DivergenceSummary(scores, of: domain) }
        return evaluation
      }
      let sums = zip(evaluations, statistics).dropFirst().map { evaluation, statistics in
        evaluation.windows ?? WindowScores(statistics, counts: domain.scoredOfWindow)
      }
      let seconds = began.duration(to: .now).seconds / Double(states.count)
      guard evaluations[0].isFinite else { throw evaluations[0].notANumber }
      found.base.append(evaluations[0])
      for (position, evaluation) in zip(scored, evaluations.dropFirst()) {
        live[position].record(evaluation, seconds: seconds)
      }
      for (position, sums) in zip(scored, sums) {
        observer.measured(
          live[position].trial.result.number, domain: domain.name, scores: sums)
      }
      observer.scored(domain: domain.name)
    }
    found.baseNextTokens = try lookBehindPrompts(base, &live, of: scored, head, heads)
    found.trials = live.map { $0.finished() }
    return found
  }

  /// Looks at what the base, whose own it returns, and the trials at the places `scored` let follow the
  /// prompts.
  private func lookBehindPrompts(
    _ base: Tokens, _ live: inout [LiveTrial], of scored: [Int], _ head: DecoderHead,
    _ heads: [Int: DecoderHead.Tiles]
  ) throws(InputError) -> [NextTokens] {
    guard let prompts, let states = base.prompts else { return [] }
    let began = ContinuousClock.now
    let logits = try head.nextTokens(
      base: states, trials: [states] + scored.compactMap { live[$0].tokens.prompts },
      places: prompts.positions, count: NextTokens.count, heads: heads)
    let seconds = began.duration(to: .now).seconds / Double(logits.count)
    for (position, logits) in zip(scored, logits.dropFirst()) {
      live[position].record(prompts.nextTokens(logits), seconds: seconds)
    }
    return prompts.nextTokens(logits[0])
  }

  /// Quantizes lm_head for the trials that ask for it; by their place behind the base.
  private func quantizeHeads(
    _ trials: [LiveTrial], _ base: Tokens, _ head: DecoderHead, _ observer: PassObservers
  ) throws(InputError) -> [Int: DecoderHead.Tiles] {
    let solver = HeadSolver(head: head, engine: engine)
    var heads: [Int: DecoderHead.Tiles] = [:]
    for (place, live) in trials.enumerated() {
      let (trial, stream) = (live.trial, live.trial.stream)
      let tokens = trial.usesBase ? base : live.tokens
      guard
        let solved = try solver.solve(
          trial.result.config, calibration: tokens.calibration[stream],
          base: base.calibration[stream])
      else { continue }
      try observer.solvedHead(trial.result.number, solved)
      heads[place + 1] = solved.tiles(on: engine)
    }
    return heads
  }

  /// An lm_head that is the embedding table cannot be quantized without the table.
  private func checkHeads(_ trials: [PassTrial]) throws(InputError) {
    guard trials.contains(where: { $0.result.config.quantizeHead != nil }),
      try decoder.head().isTied
    else { return }
    throw InputError(
      .usage, asked: "quantize lm_head",
      found: "it is the embedding table of this model, which tokens are looked up in",
      hint: "leave lm_head out, or untie the two: save the model with lm_head.weight of its own")
  }

  /// All tokens that some trial, or the base, will carry.
  private func embed(_ trials: [PassTrial]) throws(InputError) -> Tokens {
    var tokens = Tokens()
    for stream in Set(trials.map(\.stream)).sorted() {
      tokens.calibration[stream] = try decoder.embed(streams[stream])
    }
    for domain in domains {
      tokens.evaluation.append(try decoder.embed(domain.windows))
    }
    if let prompts { tokens.prompts = try decoder.embed(prompts.windows) }
    return tokens
  }

  private var longestWindow: Int {
    (streams + domains.map(\.windows) + (prompts.map { [$0.windows] } ?? [])).map(\.longest)
      .max() ?? 0
  }
}
