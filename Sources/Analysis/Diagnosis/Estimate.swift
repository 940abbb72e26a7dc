/// A measured number with everything that is known of its uncertainty.
///
/// Two things blur a difference between quantizations: the held-out text is finite, which `stderr`
/// tells from the scatter over windows, and another draw of the calibration rows would have given
/// other codes, which `drawSpread` tells from repeats. The interval is
/// value ± √((1.96·stderr)² + (t·drawSpread)²), t being Student's 97.5 % point for the draws.
public struct Estimate: Sendable, Codable, Equatable {
  /// The value, nats a token.
  public var value: Double
  /// Standard error over held-out windows.
  public var stderr: Double
  /// Standard deviation over calibration draws; nil where only one was made.
  public var drawSpread: Double?
  /// Draws that were made.
  public var draws: Int
  /// The ends of the 95 % interval.
  public var low: Double
  /// The upper end.
  public var high: Double

  enum CodingKeys: String, CodingKey {
    case value, stderr, draws, low, high
    case drawSpread = "draw_spread"
  }

  /// An estimate on the main draw. `draws` is the same quantity on every draw, the main one included,
  /// or a stand-in for it that moves alike.
  public init(_ main: LinearContrast, draws: [Double] = []) {
    self.init(value: main.value, stderr: main.stderr, draws: draws)
  }

  /// An estimate from its parts.
  public init(value: Double, stderr: Double, draws all: [Double] = []) {
    self.value = value
    self.stderr = stderr
    draws = max(1, all.count)
    var reach = 1.96 * stderr
    if all.count > 1 {
      let mean = all.reduce(0, +) / Double(all.count)
      let squares = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let spread = (squares / Double(all.count - 1)).squareRoot()
      drawSpread = spread
      let draw = studentQuantile(freedom: all.count - 1) * spread
      reach = (reach * reach + draw * draw).squareRoot()
    } else {
      drawSpread = nil
    }
    low = value - reach
    high = value + reach
  }

  /// Whether the interval leaves 0 out, and the value is larger than `floor`.
  public func isBeyondNoise(floor: Double) -> Bool {
    (low > 0 || high < 0) && abs(value) > floor
  }
}

/// The 97.5 % point of Student's t.
func studentQuantile(freedom: Int) -> Double {
  let table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
  if freedom < 1 { return .infinity }
  if freedom <= table.count { return table[freedom - 1] }
  // Fisher's expansion, to 0.1 % from 10 on.
  let z = 1.959964
  return z + (z * z * z + z) / (4 * Double(freedom))
}
