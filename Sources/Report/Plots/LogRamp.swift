import Foundation

/// Positive numbers on the colour ramp, by their logarithms: from half a decade to half a decade around
/// all of them, and at least a decade.
struct LogRamp: Sendable {
  /// log₁₀ of the value at the pale and at the deep end.
  let range: ClosedRange<Double>

  /// The ramp that `values` need; those that are not positive or not finite have no say.
  init(_ values: some Sequence<Double>) {
    var smallest = Double.infinity
    var largest = -Double.infinity
    for value in values where value.isFinite && value > 0 {
      smallest = min(smallest, value)
      largest = max(largest, value)
    }
    guard smallest.isFinite, largest.isFinite else {
      range = -4...0
      return
    }
    let low = (2 * log10(smallest)).rounded(.down) / 2
    let high = (2 * log10(largest)).rounded(.up) / 2
    range = low...max(high, low + 1)
  }

  /// The step for `value`, the palest for zero; nil where there is nothing to show.
  func step(_ value: Double) -> Int? {
    guard !value.isNaN, value >= 0 else { return nil }
    guard value > 0 else { return 0 }
    let share = (log10(value) - range.lowerBound) / (range.upperBound - range.lowerBound)
    return Int(min(max(share, 0), 0.999) * Double(ColorRamp.steps))
  }

  /// The ramp with the decades on it, as a legend called `name`.
  func legend(_ name: Bilingual) -> RampLegend {
    let decades = Int(range.lowerBound.rounded(.up))...Int(range.upperBound.rounded(.down))
    let every = decades.count > 5 ? 2 : 1
    let ticks = decades.filter { $0.isMultiple(of: every) }.map { exponent in
      let share = (Double(exponent) - range.lowerBound) / (range.upperBound - range.lowerBound)
      return RampLegend.Tick(share: share, label: Scale.power(exponent))
    }
    return RampLegend(name: name, ticks: ticks)
  }
}

/// What the colour ramp means, to be drawn beside a plot.
struct RampLegend: Sendable, Equatable {
  /// A mark on the ramp.
  struct Tick: Sendable, Equatable {
    /// Its place as a share of the ramp's length.
    let share: Double
    let label: String
  }

  /// What the colours stand for.
  let name: Bilingual
  let ticks: [Tick]
}
