import Model

/// The floating-point operations of a pass, stage by stage: what the ETA counts in.
public struct PassCost: Sendable {
  private let config: ModelConfig
  private let baseTokens: Double
  private let ownTokens: [Int: Double]
  private let evaluationTokens: Double
  private let scoredModels: Double
  /// All of it.
  public let total: Double

  init(config: ModelConfig, base: Tokens, trials: [LiveTrial]) {
    self.config = config
    baseTokens = Double(base.calibrationTokens)
    ownTokens = Dictionary(
      trials.map { ($0.trial.result.number, Double($0.tokens.calibrationTokens)) },
      uniquingKeysWith: max)
    evaluationTokens = Double(base.evaluation.reduce(0) { $0 + $1.tokens })
    scoredModels = Double(trials.count + 1)
    var total = 0.0
    for stage in Stage.allCases {
      total += Self.base(config, stage, baseTokens, evaluationTokens)
      for trial in trials {
        total += Self.trial(
          config, stage, ownTokens[trial.trial.result.number] ?? 0, evaluationTokens)
      }
    }
    self.total = total * Double(config.layers) + Self.head(config, evaluationTokens, scoredModels)
  }

  /// The work of moving one model's tokens through one stage, its Hessian and its solve included.
  public func operations(of member: PassMember, _ stage: Stage) -> Double {
    switch member {
    case .base: Self.base(config, stage, baseTokens, evaluationTokens)
    case .trial(let trial):
      Self.trial(config, stage, ownTokens[trial.number] ?? 0, evaluationTokens)
    }
  }

  /// The work of scoring every model's evaluation tokens.
  public var scoring: Double { Self.head(config, evaluationTokens, scoredModels) }

  private static func base(
    _ config: ModelConfig, _ stage: Stage, _ calibration: Double, _ evaluation: Double
  ) -> Double {
    let size = StageSize(config, stage)
    return (calibration + evaluation) * (2 * size.weights + size.columns * size.columns)
  }

  private static func trial(
    _ config: ModelConfig, _ stage: Stage, _ calibration: Double, _ evaluation: Double
  ) -> Double {
    let size = StageSize(config, stage)
    let solve = size.weights * size.columns
    guard calibration > 0 else { return evaluation * 2 * size.weights + solve }
    let square = size.columns * size.columns
    return (calibration + evaluation) * (2 * size.weights + square) + solve
      + square * size.columns
  }

  private static func head(_ config: ModelConfig, _ tokens: Double, _ models: Double) -> Double {
    2 * tokens * Double(config.hiddenSize) * Double(config.vocabularySize) * models
  }
}

/// The weights of a stage's linears, and the width of their input.
private struct StageSize {
  var weights = 0.0
  var columns = 0.0

  init(_ config: ModelConfig, _ stage: Stage) {
    for module in stage.modules {
      let shape = config.shape(of: module)
      columns = Double(shape.columns)
      weights += Double(shape.rows) * columns
    }
  }
}

extension Tokens {
  /// Calibration tokens of all streams.
  fileprivate var calibrationTokens: Int { calibration.values.reduce(0) { $0 + $1.tokens } }
}
