/// A measured number with everything that is known of its uncertainty.
///
/// Two things blur a difference between quantizations: the held-out text is finite, which `stderr`
/// tells from the scatter over windows, and another draw of the calibration rows would have given
/// other codes, which `drawSpread` tells from repeats. What cannot be known, from one window or one
/// draw, has an interval without ends, and no verdict rests on it.
public struct Estimate: Sendable, Codable, Equatable {
  /// The value, nats per token.
  public var value: Double
  /// Standard error over held-out windows; NaN where there is one window.
  public var stderr: Double
  /// Standard deviation of a single calibration draw; nil where none or only one was made.
  public var drawSpread: Double?
  /// Draws that were made; 1 also where the number does not depend on them.
  public var draws: Int
  /// The ends of the 95 % interval; −∞ and ∞ where it cannot be estimated.
  public var low: Double
  /// The upper end.
  public var high: Double

  enum CodingKeys: String, CodingKey {
    case value, stderr, draws, low, high
    case drawSpread = "draw_spread"
  }

  /// An estimate from its parts. `freedom` are the degrees of freedom of `stderr`. `draws` is the
  /// same quantity on every draw, or a stand-in for it that moves alike; empty where no draw has to do
  /// with it. The variance that chance in the draws gives to `value` is `drawShare` times that of a
  /// single one of them. `assumedSpread` stands for that chance, as a standard error, where there are no
  /// draws to see it in.
  public init(
    value: Double, stderr: Double, freedom: Double, draws all: [Double] = [], drawShare: Double = 1,
    assumedSpread: Double = 0
  ) {
    self.value = value
    self.stderr = stderr
    draws = max(1, all.count)
    var scatter = Scatter(stderr: stderr, freedom: freedom)
    if !all.isEmpty { scatter = scatter.adding(Scatter(draws: all, share: drawShare)) }
    if assumedSpread != 0 {
      scatter = scatter.adding(Scatter(stderr: assumedSpread, freedom: .infinity))
    }
    drawSpread = all.count > 1 ? Scatter.deviation(all) : nil
    let reach = scatter.reach()
    let isKnown = reach.isFinite && value.isFinite
    low = isKnown ? value - reach : -.infinity
    high = isKnown ? value + reach : .infinity
  }

  /// Whether its uncertainty could be estimated.
  public var hasInterval: Bool { low.isFinite && high.isFinite }

  /// Whether the interval leaves 0 out, and the value is larger than `floor`.
  public func isBeyondNoise(floor: Double) -> Bool {
    (low > 0 || high < 0) && abs(value) > floor
  }
}
