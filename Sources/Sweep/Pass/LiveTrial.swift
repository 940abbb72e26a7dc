import Analysis
import Basics
import Foundation
import GPTQ
import Model
import Results
import Tensor

/// The tokens that one model, the base or a trial, carries through the pass.
struct Tokens: Sendable {
  /// Calibration tokens by stream; none for a trial that is solved on the base's.
  var calibration: [Int: HiddenStates] = [:]
  /// Evaluation tokens, one state a domain.
  var evaluation: [HiddenStates] = []
  /// The prompts' tokens, which count in no error; nil: none.
  var prompts: HiddenStates?

  /// All tokens after which something is predicted.
  var predicted: [HiddenStates] { evaluation + (prompts.map { [$0] } ?? []) }

  /// Drops the calibration tokens of streams on which no running trial needs the base's activations.
  mutating func keepCalibration(for trials: [LiveTrial]) {
    let needed = Set(trials.filter { $0.isRunning && $0.needsBase }.map(\.trial.stream))
    calibration = calibration.filter { needed.contains($0.key) }
  }

  /// Moves every token through a stage. Calibration tokens meet the codes as the column loop left
  /// them, as every other tool has it; evaluation tokens meet them as the packer wrote them.
  mutating func advance(
    through layer: DecoderLayer, _ stage: Stage, solved: StageWeights = [:],
    packed: StageWeights? = nil
  ) {
    advanceCalibration(through: layer, stage, solved)
    advanceEvaluation(through: layer, stage, packed ?? solved)
  }

  mutating func advanceCalibration(
    through layer: DecoderLayer, _ stage: Stage, _ weights: StageWeights
  ) {
    for stream in calibration.keys.sorted() {
      guard var states = calibration.removeValue(forKey: stream) else { continue }
      layer.advance(&states, through: stage, weights: weights)
      calibration[stream] = states
    }
  }

  mutating func advanceEvaluation(
    through layer: DecoderLayer, _ stage: Stage, _ weights: StageWeights
  ) {
    for index in evaluation.indices {
      layer.advance(&evaluation[index], through: stage, weights: weights)
    }
    if var states = prompts {
      prompts = nil
      layer.advance(&states, through: stage, weights: weights)
      prompts = states
    }
  }
}

/// A trial on its way through the pass.
struct LiveTrial {
  var trial: PassTrial
  var tokens: Tokens
  /// The weights of the stage before, between two stages of experts that may be measured on all tokens;
  /// empty otherwise.
  private(set) var before: (solved: StageWeights, packed: StageWeights) = ([:], [:])
  /// Whether the base's calibration tokens must move with it.
  let needsBase: Bool
  private var stored = StoredWeights()

  /// Starts `trial` with its share of all `tokens`.
  init(_ trial: PassTrial, tokens: Tokens, model: ModelConfig) {
    self.trial = trial
    needsBase = trial.needsBase(model)
    self.trial.result = trial.result.unmeasured()
    self.tokens = Tokens(evaluation: tokens.evaluation, prompts: tokens.prompts)
    if !trial.usesBase {
      self.tokens.calibration[trial.stream] = tokens.calibration[trial.stream]
    }
  }

  /// Whether it has not been stopped.
  var isRunning: Bool { trial.result.state == .running }

  /// Applies its actions to the linears of a stage, and has its calibration tokens begin to move through
  /// them.
  mutating func begin(
    _ stage: Stage, of layer: DecoderLayer, _ solvers: inout StageSolvers, base: Tokens
  ) throws(InputError) -> MovingStage {
    var moving = MovingStage()
    let applied = try solvers.apply(self, base: base)
    layer.engine.synchronize()
    moving.clock.leaveOut(applied.spectrumSeconds)
    moving.seconds.hessians = applied.gatherSeconds
    moving.seconds.factors = applied.factoriseSeconds
    moving.seconds.columns =
      moving.clock.lap() - moving.seconds.hessians - moving.seconds.factors
    tokens.advanceCalibration(through: layer, stage, applied.solved)
    (moving.solved, moving.packed) = (applied.solved, applied.packed)
    moving.finishing = FinishingStage(applied, beside: layer.engine.loadsAhead)
    return moving
  }

  /// Waits for its calibration tokens, and moves its evaluation tokens through the same stage.
  mutating func end(
    _ stage: Stage, of layer: DecoderLayer, _ moving: MovingStage
  ) -> StageSeconds {
    var (clock, seconds) = (moving.clock, moving.seconds)
    layer.engine.synchronize()
    seconds.calibration = clock.lap()
    tokens.advanceEvaluation(through: layer, stage, moving.packed)
    // Experts without a token are measured on all, whatever the trial asks for.
    let isFollowed = stage.router != nil && !trial.usesBase
    before = isFollowed ? (moving.solved, moving.packed) : ([:], [:])
    layer.engine.synchronize()
    seconds.evaluation = clock.lap()
    trial.result.seconds.add(seconds)
    trial.result.wallSeconds += clock.total
    return seconds
  }

  /// Takes down what became of a stage's linears.
  mutating func record(
    _ finished: (solved: [SolvedModule], results: [ModuleResult]), keptWeights: Int
  ) {
    trial.result.modules += finished.results
    for module in finished.solved {
      trial.result.weightErrors.add(module.weightErrors, of: module.name.kind)
      stored.add(module.packed)
    }
    stored.add(kept: keptWeights)
  }

  mutating func record(_ evaluation: Evaluation, seconds: Double) {
    trial.result.evaluations.append(evaluation)
    trial.result.seconds.evaluate += seconds
    trial.result.wallSeconds += seconds
  }

  mutating func record(_ nextTokens: [NextTokens], seconds: Double) {
    trial.result.nextTokens = nextTokens
    trial.result.seconds.evaluate += seconds
    trial.result.wallSeconds += seconds
  }

  /// What a saved pass keeps of it.
  var saved: SavedTrial {
    SavedTrial(result: trial.result, storedBits: stored.bits, storedWeights: stored.count)
  }

  /// Goes on from what was saved; its tokens are read separately.
  mutating func restore(_ saved: SavedTrial) {
    trial.result = saved.result
    stored = StoredWeights(bits: saved.storedBits, count: saved.storedWeights)
    if !isRunning { tokens = Tokens() }
  }

  /// Stops the trial here.
  mutating func prune() {
    trial.result.state = .pruned
    tokens = Tokens()
  }

  /// The result of a trial that went all the way, or was stopped.
  func finished() -> TrialResult {
    var finished = trial.result
    if isRunning {
      let failed =
        finished.modules.contains { $0.solverPath == .failed }
        || finished.evaluations.contains { !$0.isFinite }
      finished.state = failed ? .failed : .complete
    }
    finished.bitsPerWeight = stored.bitsPerWeight
    return finished
  }
}

/// A stage that a trial's tokens are on their way through.
struct MovingStage {
  fileprivate var clock = StageClock()
  fileprivate var seconds = StageSeconds()
  fileprivate var solved: StageWeights = [:]
  fileprivate var packed: StageWeights = [:]
  /// Its codes, which come down meanwhile.
  fileprivate(set) var finishing: FinishingStage?
}

/// What one trial's way through one stage took, in seconds.
public struct StageSeconds: Sendable {
  /// The Hessians of its own inputs.
  public var hessians = 0.0
  /// Factors that no trial before it had asked for.
  public var factors = 0.0
  /// Column loops, round-to-nearest companions, and local errors.
  public var columns = 0.0
  /// Its own calibration tokens, through the quantized linears.
  public var calibration = 0.0
  /// Its evaluation tokens.
  public var evaluation = 0.0

  /// Nothing spent yet.
  public init() {}
}

extension TrialSeconds {
  fileprivate mutating func add(_ stage: StageSeconds) {
    calibrate += stage.hessians + stage.calibration
    factorise += stage.factors
    columns += stage.columns
    evaluate += stage.evaluation
  }
}

/// Seconds since the last lap, and in all.
private struct StageClock {
  private var began = ContinuousClock.now
  private var last = ContinuousClock.now

  mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    return last.duration(to: now).seconds
  }

  /// Counts `seconds` that have passed to nobody.
  mutating func leaveOut(_ seconds: Double) {
    began += .seconds(seconds)
    last += .seconds(seconds)
  }

  var total: Double { began.duration(to: .now).seconds }
}
