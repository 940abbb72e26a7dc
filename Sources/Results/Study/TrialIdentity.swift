/// What makes a trial the same trial: its settings and the calibration draw.
public struct TrialIdentity: Sendable, Hashable {
  /// What is tried.
  public var config: TrialConfig
  /// The calibration draw it is solved on.
  public var draw: Int

  /// The identity of a trial of `config` on that draw.
  public init(config: TrialConfig, draw: Int) {
    self.config = config
    self.draw = draw
  }
}

extension TrialResult {
  /// Whether it is rounded to nearest: a companion of a grid, as a rule.
  public var isRTN: Bool { config.quantize.algorithm == .rtn }

  /// What makes it the same trial in another run.
  public var identity: TrialIdentity { TrialIdentity(config: config, draw: draw) }
}
