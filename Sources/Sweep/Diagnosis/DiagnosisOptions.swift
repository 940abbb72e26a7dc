/// How thoroughly a diagnosis is made.
public struct DiagnosisOptions: Sendable, Equatable {
  /// Calibration draws, the main one included: how well chance is known.
  public var draws = 3
  /// Orders that are drawn where the sides differ in more factors than can be played out.
  public var orders = 12
  /// Evaluation tokens of the swaps, taken from the start of the main domain.
  public var swapTokens = 4096
  /// Whether modules are swapped at all.
  public var swaps = true
  /// Calibration windows that spectra are taken on.
  public var spectrumWindows = 16
  /// Bytes that the hidden states of one pass may take.
  public var memoryBudget = 4_000_000_000
  /// The seed of noise and of drawn orders.
  public var seed = 0

  /// The usual thoroughness.
  public init() {}
}
