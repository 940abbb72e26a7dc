extension Comparison {
  /// What may be said of the first trial.
  public enum Verdict: Sendable, Equatable {
    case better
    case worse
    /// The difference may be chance: held-out text, the draw of the calibration set, float noise.
    case tie

    /// The verdict on a difference, first minus second; positive: the first is worse.
    init(of difference: Double, noise: Double) {
      self = abs(difference) <= noise ? .tie : (difference < 0 ? .better : .worse)
    }
  }
}
