/// What one predicted token tells about a trial against its base.
public struct TokenStatistics: Sendable, Equatable {
  /// One model's logits of the token.
  public struct Logits: Sendable, Equatable {
    /// lse, log Σ exp.
    public var logSumExp: Double
    /// The largest logit.
    public var largest: Double
    /// The logit of the true next token.
    public var target: Double
    /// The vocabulary index of the largest logit, the first of equals.
    public var top: Int32

    /// Logits summed up.
    public init(logSumExp: Double, largest: Double, target: Double, top: Int32) {
      self.logSumExp = logSumExp
      self.largest = largest
      self.target = target
      self.top = top
    }
  }

  /// The base's.
  public var base: Logits
  /// The trial's.
  public var trial: Logits
  /// Σ p_a·(a − b).
  public var meanDifference: Double

  /// Statistics of a token whose whole vocabulary has been seen.
  public init(base: Logits, trial: Logits, meanDifference: Double) {
    self.base = base
    self.trial = trial
    self.meanDifference = meanDifference
  }
}
