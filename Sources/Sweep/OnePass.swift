import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// The one pass over the model that a sweep is made of.
///
/// The base model streams by once, layer after layer. At each stage of a layer the inputs' Hessians
/// are gathered, every trial's linears are quantized on them, and only then are the linears applied:
/// the base's to the base's tokens, each trial's to its own. Each linear meets each token once, after
/// it is quantized, which is GPTQ's true-sequential order. At the top all trials are scored against
/// the base together.
public struct OnePass {
  /// The base model.
  public let decoder: Decoder
  /// Who does the arithmetic.
  public let engine: any Engine
  /// The calibration windows.
  public let calibration: [[Int32]]
  /// The held-out domains; local errors are measured on the first.
  public let domains: [HeldoutDomain]

  /// A pass of `decoder` over these tokens.
  public init(
    decoder: Decoder, engine: any Engine, calibration: [[Int32]], domains: [HeldoutDomain]
  ) {
    self.decoder = decoder
    self.engine = engine
    self.calibration = calibration
    self.domains = domains
  }

  /// Runs `trials` and returns them with everything measured, and the base's own evaluations.
  public func run(
    _ trials: [TrialResult], observer: any PassObserver = SilentObserver()
  ) throws(InputError) -> (base: [Evaluation], trials: [TrialResult]) {
    var live: [LiveTrial] = []
    var base = try Tokens(
      calibration: decoder.embed(calibration),
      evaluation: embedDomains())
    for trial in trials {
      let propagated = trial.config.propagation == .quantized
      live.append(LiveTrial(trial, tokens: propagated ? base : base.evaluationOnly))
    }
    observer.began(PassCost(config: decoder.config, base: base, trials: trials))

    for index in 0..<decoder.config.layers {
      let layer = try decoder.layer(index, positions: longestWindow)
      for stage in Stage.allCases {
        var shared = try StageSolver(layer: layer, stage: stage, tokens: base, engine: engine)
        base.advance(through: layer, stage, clean: layer.weights(of: stage))
        observer.advanced(.base, layer: index, stage: stage)
        for position in live.indices {
          let began = ContinuousClock.now
          let config = live[position].result.config
          let solved: [SolvedModule]
          if config.propagation == .quantized {
            var own = try StageSolver(
              layer: layer, stage: stage, tokens: live[position].tokens, engine: engine)
            solved = try own.solve(config)
          } else {
            solved = try shared.solve(config)
          }
          live[position].record(solved)
          try observer.solved(live[position].result.number, layer: index, modules: solved)
          live[position].tokens.advance(
            through: layer, stage, clean: solved.weights(\.cleanWeight),
            packed: solved.weights(\.packedWeight))
          live[position].result.wallSeconds += began.duration(to: .now).seconds
          observer.advanced(.trial(live[position].result), layer: index, stage: stage)
        }
      }
      for position in live.indices {
        live[position].recordHiddenError(layer: index, against: base)
      }
    }
    return try score(base, live, observer)
  }

  /// Predicts the held-out tokens with the base and all trials.
  private func score(
    _ base: Tokens, _ live: [LiveTrial], _ observer: any PassObserver
  ) throws(InputError) -> (base: [Evaluation], trials: [TrialResult]) {
    var live = live
    guard !domains.isEmpty else { return ([], live.map { $0.finished() }) }
    let head = try decoder.head()
    var baseEvaluations: [Evaluation] = []
    for (index, domain) in domains.enumerated() {
      let states = [base.evaluation[index]] + live.map { $0.tokens.evaluation[index] }
      let statistics = try head.compare(base: states[0], trials: states, windows: domain.windows)
      let counts = domain.windows.map { $0.count - 1 }
      let evaluations = statistics.map {
        Evaluation(
          domain: domain.name, statistics: $0, counts: counts, characters: domain.characters)
      }
      baseEvaluations.append(evaluations[0])
      for position in live.indices {
        live[position].result.evaluations.append(evaluations[position + 1])
      }
      observer.scored(domain: domain.name)
    }
    return (baseEvaluations, live.map { $0.finished() })
  }

  private func embedDomains() throws(InputError) -> [HiddenStates] {
    var states: [HiddenStates] = []
    for domain in domains { states.append(try decoder.embed(domain.windows)) }
    return states
  }

  private var longestWindow: Int {
    (calibration + domains.flatMap(\.windows)).map(\.count).max() ?? 0
  }
}
