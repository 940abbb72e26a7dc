import Model

/// The floating-point operations of a pass, stage by stage: what the ETA counts in.
public struct PassCost: Sendable {
  private let config: ModelConfig
  private let calibrationTokens: Double
  private let evaluationTokens: Double
  private let scoredModels: Double
  /// All of it.
  public let total: Double

  init(config: ModelConfig, base: Tokens, trials: [TrialResult]) {
    self.config = config
    calibrationTokens = Double(base.calibration?.tokens ?? 0)
    evaluationTokens = Double(base.evaluation.reduce(0) { $0 + $1.tokens })
    scoredModels = Double(trials.count + 1)
    var total = 0.0
    let members = [PassMember.base] + trials.map { .trial($0) }
    for stage in Stage.allCases {
      for member in members {
        total += Self.operations(
          config, stage, member, calibration: calibrationTokens, evaluation: evaluationTokens)
      }
    }
    self.total = total * Double(config.layers) + Self.head(config, evaluationTokens, scoredModels)
  }

  /// The work of moving one model's tokens through one stage, its Hessian and its solve included.
  public func operations(of member: PassMember, _ stage: Stage) -> Double {
    Self.operations(
      config, stage, member, calibration: calibrationTokens, evaluation: evaluationTokens)
  }

  /// The work of scoring every model's evaluation tokens.
  public var scoring: Double { Self.head(config, evaluationTokens, scoredModels) }

  private static func operations(
    _ config: ModelConfig, _ stage: Stage, _ member: PassMember, calibration: Double,
    evaluation: Double
  ) -> Double {
    var weights = 0.0
    var columnLoop = 0.0
    var columns = 0.0
    for module in stage.modules {
      let shape = config.shape(of: module)
      columns = Double(shape.columns)
      weights += Double(shape.rows) * columns
      columnLoop += Double(shape.rows) * columns * columns
    }
    let apply = 2 * weights
    switch member {
    case .base:
      return (calibration + evaluation) * (apply + columns * columns)
    case .trial(let trial) where trial.config.propagation == .quantized:
      return (calibration + evaluation) * (apply + columns * columns) + columnLoop
        + columns * columns * columns
    case .trial:
      return evaluation * apply + columnLoop
    }
  }

  private static func head(_ config: ModelConfig, _ tokens: Double, _ models: Double) -> Double {
    2 * tokens * Double(config.hiddenSize) * Double(config.vocabularySize) * models
  }
}
