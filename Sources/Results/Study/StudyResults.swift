import Analysis

/// Everything a study has found: what the report, the CSVs and the model card are made from.
public struct StudyResults: Sendable, Codable {
  /// What was swept, on what, by what.
  public var environment: StudyEnvironment
  /// The base model's own evaluation on each domain.
  public var base: [Evaluation]
  /// What the base itself lets follow each prompt of the environment; empty: not looked at.
  public var baseNextTokens: [NextTokens] = []
  /// The trials, in order of their numbers.
  public var trials: [TrialResult]
  /// The calibration draws that trials were repeated on, from 1; draw 0 is the study's own set.
  public var draws: [CalibrationDraw]
  /// The latest allocation of bits among its trials; nil: none.
  public var allocation: Allocation?
  /// The spectra of what linears read in calibration, by draw and layer; empty in a study of an older
  /// tenbin.
  public var spectra: [StudySpectrum] = []
  /// When its passes, layers and trials began and ended; none of a study of an older tenbin.
  public var times: [TimedStep]

  /// Gathers a study's parts.
  public init(
    environment: StudyEnvironment, base: [Evaluation], trials: [TrialResult],
    draws: [CalibrationDraw] = [], allocation: Allocation? = nil, times: [TimedStep] = []
  ) {
    self.environment = environment
    self.base = base
    self.trials = trials
    self.draws = draws
    self.allocation = allocation
    self.times = times
  }
}
