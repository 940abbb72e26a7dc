/// How far a pass over the model has come, as the process that runs it writes it into the study.
public struct PassProgress: Sendable, Codable, Equatable {
  /// Which pass it is, from 1.
  public var number: Int
  /// How many passes there are at most.
  public var count: Int
  /// What it is for, such as `repeats on other calibration draws`.
  public var what: String
  /// What was done last, such as `layer 3/6  #4 int4 g128 damp 0.01`.
  public var doing = ""
  /// Layers that all trials have left.
  public var layersDone = 0
  /// Decoder layers of the model.
  public var layers: Int
  /// Numbers of the trials that it began with.
  public var trials: [Int]
  /// Those of them that were stopped on their way.
  public var stopped: [Int] = []
  /// The share of its estimated work that is done.
  public var share = 0.0
  /// The share that this run has done; an earlier one may have done the rest.
  public var own = 0.0
  /// Seconds since this run began the pass.
  public var seconds = 0.0
  /// When this was written, in seconds since 1970.
  public var updated = 0.0

  /// A pass of which nothing is done.
  public init(number: Int, count: Int, what: String, layers: Int, trials: [Int]) {
    (self.number, self.count, self.what) = (number, count, what)
    (self.layers, self.trials) = (layers, trials)
  }
}
