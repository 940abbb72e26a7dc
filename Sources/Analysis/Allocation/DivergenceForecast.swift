import Foundation

/// The KL divergence that a mixture of options is to be expected to have, from the sum of its modules'
/// damages and what uniform models of the same options have shown.
///
/// Damages are measured one module at a time and taken to add up. How far they do is known for the
/// uniform models, whose sums and divergences are both there: the ratio of the two is interpolated
/// between them (both in logarithms, the nearest one's beyond the ends). How good such a forecast is
/// shows where each uniform model is foretold from the others.
public struct DivergenceForecast: Sendable {
  /// A uniform model: the sum of its modules' damages and its measured divergence, nats per token.
  public struct Model: Sendable, Equatable {
    /// The sum of the damages.
    public var sum: Double
    /// What was measured.
    public var measured: Double

    /// A uniform model.
    public init(sum: Double, measured: Double) {
      self.sum = sum
      self.measured = measured
    }
  }

  /// A forecast.
  public struct Value: Sendable, Equatable {
    /// The divergence, nats per token.
    public var value: Double
    /// It lies in here in 95 of 100 cases; zero to infinity where too little is known.
    public var interval: ClosedRange<Double>
  }

  /// log sum and log ratio of each, by sum.
  private let points: [(x: Double, ratio: Double)]
  private let errors: [Double]

  /// A forecast from the `models` whose numbers are above zero.
  public init(_ models: [Model]) {
    points = models.filter { $0.sum > 0 && $0.measured > 0 && ($0.sum / $0.measured).isFinite }
      .map { (x: log($0.sum), ratio: log($0.measured / $0.sum)) }
      .sorted { $0.x < $1.x }
    let all = points
    errors =
      all.count < 2
      ? []
      : all.indices.map { index in
        var others = all
        let left = others.remove(at: index)
        return left.ratio - Self.ratio(left.x, others)
      }
  }

  /// What a mixture has whose damages add up to `sum`, known itself to a factor of e^±`error` (one
  /// standard error; not a number where nothing is known of it).
  public func value(_ sum: Double, error: Double = 0) -> Value {
    guard sum > 0 else { return Value(value: 0, interval: 0...0) }
    let value = sum * exp(Self.ratio(log(sum), points))
    guard let scatter, scatter.isFinite, error.isFinite, value.isFinite else {
      return Value(value: value, interval: 0 ... .infinity)
    }
    let reach =
      StudentT.reach(freedom: Double(errors.count - 1))
      * (scatter * scatter + error * error).squareRoot()
    return Value(value: value, interval: value * exp(-reach)...value * exp(reach))
  }

  /// The root mean square error, in logarithms, with which a uniform model is foretold from the
  /// others; nil of fewer than three.
  public var scatter: Double? {
    guard errors.count > 2 else { return nil }
    return (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
  }

  private static func ratio(_ x: Double, _ points: [(x: Double, ratio: Double)]) -> Double {
    guard let first = points.first, let last = points.last else { return 0 }
    guard x > first.x else { return first.ratio }
    guard let above = points.firstIndex(where: { $0.x >= x }), above > 0 else { return last.ratio }
    let (low, high) = (points[above - 1], points[above])
    guard high.x > low.x else { return high.ratio }
    return low.ratio + (high.ratio - low.ratio) * (x - low.x) / (high.x - low.x)
  }
}
