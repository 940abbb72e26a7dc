import Basics
import Codecs
import Foundation

/// What a parameter may be: one of W&B's distributions.
public enum SearchDomain: Sendable, Equatable {
  /// One of these values, with these probabilities (which add up to 1). One value is a constant.
  case categorical([JSONValue], probabilities: [Double])
  /// A number.
  case numeric(NumericDomain)

  /// Equally likely `values`.
  static func values(_ values: [JSONValue]) -> SearchDomain {
    let share = 1 / Double(max(values.count, 1))
    return .categorical(values, probabilities: values.map { _ in share })
  }

  /// Every value there is, smallest first or as written; nil where there are more than 10,000.
  var finiteValues: [JSONValue]? {
    switch self {
    case .categorical(let values, _): values
    case .numeric(let domain): domain.finiteValues
    }
  }

  /// Whether there is anything to choose.
  public var isConstant: Bool {
    if case .categorical(let values, _) = self { return values.count == 1 }
    return false
  }

  /// A value at random.
  func draw(using random: inout SplitMix64) -> JSONValue {
    switch self {
    case .categorical(let values, let probabilities):
      return values[probabilities.draw(using: &random)]
    case .numeric(let domain): return domain.value(domain.drawLatent(using: &random))
    }
  }
}

/// A number that is drawn as a uniform or normal latent, perhaps exponentiated, perhaps rounded to
/// multiples of a step.
public struct NumericDomain: Sendable, Equatable {
  /// How the latent is distributed.
  public enum Shape: Sendable, Equatable {
    /// Between two bounds.
    case uniform(Double, Double)
    /// About a mean, with a standard deviation.
    case normal(Double, Double)
  }

  /// How the latent is distributed.
  public var shape: Shape
  /// Whether the value is exp(latent).
  public var isLogarithmic = false
  /// The step of which values are multiples; nil: any value.
  public var step: Double?
  /// Whether values are written as whole numbers.
  public var isInteger = false

  /// The latent's bounds; infinite for a normal.
  var bounds: (low: Double, high: Double) {
    switch shape {
    case .uniform(let low, let high): (low, high)
    case .normal: (-.infinity, .infinity)
    }
  }

  /// The bounds of the values; nil for a normal.
  var valueBounds: (low: Double, high: Double)? {
    guard case .uniform(let low, let high) = shape, let least = value(low).number,
      let most = value(high).number
    else { return nil }
    return (least, most)
  }

  /// The middle of the latent, and how far it reaches: what a search believes before it has seen
  /// anything.
  var prior: (mean: Double, deviation: Double) {
    switch shape {
    case .uniform(let low, let high): ((low + high) / 2, high - low)
    case .normal(let mean, let deviation): (mean, deviation)
    }
  }

  func drawLatent(using random: inout SplitMix64) -> Double {
    switch shape {
    case .uniform(let low, let high):
      let (low, high) = widened(low, high)
      return low + (high - low) * random.uniform()
    case .normal(let mean, let deviation): return mean + deviation * random.normal()
    }
  }

  /// The value of a latent. Unstepped values are rounded to four digits, so that they can be typed.
  func value(_ latent: Double) -> JSONValue {
    var value = isLogarithmic ? exp(latent) : latent
    let rounded = { (value: Double) in
      self.step.map { (value / $0).rounded() * $0 } ?? Self.fourDigits(value)
    }
    value = rounded(value)
    if case .uniform(let low, let high) = shape {
      let (least, most) = isLogarithmic ? (exp(low), exp(high)) : (low, high)
      value = min(max(value, rounded(least)), rounded(most))
    }
    if isInteger, let whole = Int(exactly: value.rounded()) { return .integer(whole) }
    return .number(value)
  }

  /// The latents that end as the same value as `value`: an interval for stepped ones, a point else.
  func latents(of value: Double) -> (low: Double, middle: Double, high: Double) {
    let half = (step ?? 0) / 2
    let latent = { (value: Double) in
      self.isLogarithmic ? log(Swift.max(value, .leastNormalMagnitude)) : value
    }
    let (least, most) = bounds
    let clamp = { (latent: Double) in
      Swift.min(Swift.max(latent, least), most)
    }
    let (wideLeast, wideMost) = step == nil ? (least, most) : widened(least, most)
    return (
      Swift.max(latent(value - half), wideLeast), clamp(latent(value)),
      Swift.min(latent(value + half), wideMost)
    )
  }

  var finiteValues: [JSONValue]? {
    guard let step, case .uniform(let low, let high) = shape else { return nil }
    let (least, most) = isLogarithmic ? (exp(low), exp(high)) : (low, high)
    let (first, last) = ((least / step).rounded(), (most / step).rounded())
    guard last >= first, last - first < 10_000 else { return nil }
    return (0...Int(last - first)).map { index in
      let value = (first + Double(index)) * step
      if isInteger, let whole = Int(exactly: value.rounded()) { return .integer(whole) }
      return .number(value)
    }
  }

  /// Whole numbers take the half steps at both ends along, so that each is equally likely.
  private func widened(_ low: Double, _ high: Double) -> (Double, Double) {
    isInteger && !isLogarithmic && step == 1 ? (low - 0.5, high + 0.5) : (low, high)
  }

  private static func fourDigits(_ value: Double) -> Double {
    guard value != 0, value.isFinite else { return value }
    // By way of decimal text: scaling by powers of ten would leave 0.009999999999999998.
    return Double(String(format: "%.3e", value)) ?? value
  }
}

extension SplitMix64 {
  /// A standard normal number (Box and Muller, one of the pair).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }
}

extension [Double] {
  /// An index with these weights, which need not add up to 1.
  func draw(using random: inout SplitMix64) -> Int {
    let target = random.uniform() * reduce(0, +)
    var sum = 0.0
    for (index, weight) in enumerated() {
      sum += weight
      if target < sum { return index }
    }
    return Swift.max(0, count - 1)
  }
}
