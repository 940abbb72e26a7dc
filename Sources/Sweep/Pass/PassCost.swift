import Foundation
import GPTQ
import Model
import Results

/// The floating-point operations of a pass, stage by stage: what the estimate before a run, and the
/// ETA during it, count in. A multiplication and an addition are two; of symmetric and triangular
/// products, only what is needed.
public struct PassCost: Sendable {
  /// Tokens, and the (query, key) pairs of their attention.
  public struct Load: Sendable {
    /// Tokens.
    public var tokens = 0.0
    /// Pairs of a query and a key that it sees.
    public var pairs = 0.0

    /// The load of windows with these numbers of tokens.
    public init(windows: some Sequence<Int> = []) {
      for length in windows {
        tokens += Double(length)
        pairs += Double(length) * Double(length + 1) / 2
      }
    }

    /// Both loads.
    public static func + (a: Load, b: Load) -> Load {
      var sum = a
      sum.tokens += b.tokens
      sum.pairs += b.pairs
      return sum
    }
  }

  /// What a trial brings along.
  public struct Member: Sendable {
    var number: Int
    var config: TrialConfig
    /// Calibration tokens of its own.
    var own: Load

    /// The trial `number`, with `own` calibration tokens where it does not use the base's.
    public init(number: Int, config: TrialConfig, own: Load) {
      (self.number, self.config, self.own) = (number, config, own)
    }
  }

  private let config: ModelConfig
  private let calibration: Load
  private let evaluation: Load
  private let own: [Int: Load]
  private let scoredModels: Double
  /// All of it.
  public let total: Double

  /// A pass over a model of `config`: the base carries `calibration` and `evaluation` tokens, each
  /// trial the evaluation tokens and its own.
  public init(
    config: ModelConfig, calibration: Load, evaluation: Load, trials: [Member]
  ) {
    self.config = config
    self.calibration = calibration
    self.evaluation = evaluation
    own = Dictionary(trials.map { ($0.number, $0.own) }, uniquingKeysWith: { a, _ in a })
    scoredModels = Double(trials.count + 1)
    var total = 0.0
    for stage in config.description.layers.flatMap(\.stages) {
      let size = StageSize(stage)
      total += size.base(calibration, evaluation)
      for trial in trials { total += size.trial(trial.config, trial.own, evaluation) }
    }
    self.total = total + Self.head(config, evaluation.tokens) * scoredModels
  }

  /// The work of moving one model's tokens through one stage, its Hessian and its solve included.
  public func operations(of member: PassMember, _ stage: Stage) -> Double {
    let size = StageSize(stage)
    return switch member {
    case .base: size.base(calibration, evaluation)
    case .trial(let trial):
      size.trial(trial.config, own[trial.number] ?? Load(), evaluation)
    }
  }

  /// The work of one trial in all stages of a layer.
  public func operations(of trial: TrialResult, layer: Int) -> Double {
    config.layer(layer).stages.reduce(0) { $0 + operations(of: .trial(trial), $1) }
  }

  /// The work of scoring every model's evaluation tokens.
  public var scoring: Double { Self.head(config, evaluation.tokens) * scoredModels }

  private static func head(_ config: ModelConfig, _ tokens: Double) -> Double {
    2 * tokens * Double(config.hiddenSize) * Double(config.vocabularySize)
  }
}

/// What the work of a stage grows with: weights, inputs, and the attention behind them.
private struct StageSize {
  /// Weights that a token meets.
  var activeWeights = 0.0
  /// in² of the Hessians that a token goes into.
  var activeSquares = 0.0
  /// weights · in, of every linear.
  var solving = 0.0
  /// in³ of every Hessian.
  var cubes = 0.0
  var pairWidth = 0.0

  init(_ stage: Stage) {
    for group in stage.groups {
      let share = group.expert == nil ? 1 : stage.expertShare
      let columns = Double(group.columns)
      let weights = group.linears.reduce(0) { $0 + Double($1.rows) * columns }
      activeWeights += weights * share
      activeSquares += columns * columns * share
      solving += weights * columns
      cubes += columns * columns * columns
    }
    if case .attention(let attention) = stage.outcome {
      pairWidth = Double(attention.shape.heads * attention.shape.headDimension)
    }
  }

  private func forward(_ load: PassCost.Load) -> Double {
    2 * load.tokens * activeWeights + 4 * load.pairs * pairWidth
  }

  private func gram(_ load: PassCost.Load) -> Double { load.tokens * activeSquares }

  func base(_ calibration: PassCost.Load, _ evaluation: PassCost.Load) -> Double {
    let both = calibration + evaluation
    return forward(both) + gram(both)
  }

  func trial(
    _ config: TrialConfig, _ own: PassCost.Load, _ evaluation: PassCost.Load
  ) -> Double {
    let heldout = evaluation.tokens > 0 ? solving : 0
    let companion = 2 * solving + heldout
    let solve =
      config.quantize.algorithm == .rtn ? companion : solving + heldout + 2 * cubes / 3
    guard own.tokens > 0 else { return forward(evaluation) + solve }
    let both = own + evaluation
    return forward(both) + gram(both) + solve + companion
      + (evaluation.tokens > 0 ? cubes / 3 : 0)
  }
}

extension PassCost {
  /// The cost of a pass whose tokens are embedded.
  init(config: ModelConfig, base: Tokens, trials: [LiveTrial]) {
    self.init(
      config: config, calibration: base.calibrationLoad,
      evaluation: Load(windows: base.predicted.flatMap(\.windows).map(\.count)),
      trials: trials.map {
        Member(
          number: $0.trial.result.number, config: $0.trial.result.config,
          own: $0.tokens.calibrationLoad)
      })
  }
}

extension Tokens {
  /// Calibration tokens of all streams.
  fileprivate var calibrationLoad: PassCost.Load {
    PassCost.Load(windows: calibration.values.flatMap(\.windows).map(\.count))
  }
}
