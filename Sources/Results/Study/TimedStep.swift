/// When a part of a study's work began and ended, by the clock of the machine that did it.
public struct TimedStep: Sendable, Codable, Equatable {
  /// What it is a part of.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// A pass over the model, from reading its trials to storing what it found.
    case pass
    /// A decoder layer: all trials of the pass have left it.
    case layer
    /// A trial on its way through the pass, to its end or to where it was stopped.
    case trial
  }

  /// Which attempt at a pass, from 1 in the order in which they began: a pass that was broken off and
  /// gone on with took two.
  public var attempt: Int
  /// What it is.
  public var kind: Kind
  /// The number of the pass in its sweep, of the layer, or of the trial.
  public var number: Int
  /// What the pass is for, such as `repeats on other calibration draws`; empty of layers and trials.
  public var what: String
  /// When it began, in seconds since 1970.
  public var began: Double
  /// When it ended; of a pass that was broken off, and of its trials, when its last layer was done.
  public var ended: Double

  /// A step.
  public init(
    attempt: Int, kind: Kind, number: Int, what: String = "", began: Double, ended: Double
  ) {
    (self.attempt, self.kind, self.number) = (attempt, kind, number)
    (self.what, self.began, self.ended) = (what, began, ended)
  }
}
