import Foundation

/// The way from values to pixels along one axis.
struct Scale: Sendable {
  /// How values are spaced.
  enum Kind: Sendable, Equatable {
    case linear
    case logarithmic
  }

  /// A value worth a line and a label.
  struct Tick: Sendable, Equatable {
    let value: Double
    let label: String
  }

  let kind: Kind
  /// The values at the ends.
  let domain: ClosedRange<Double>
  /// The pixel of the smallest and of the largest value; the first may be the greater.
  let pixels: (from: Double, to: Double)

  /// Magnitudes that a plot can show; what lies beyond is a fault of the data, and has no place.
  private static let showable = 1e-30...1e30

  /// A scale over `values`, with `margin` of the span left free at both ends. Only showable values
  /// count, on a logarithmic scale only positive ones; none at all gives 0...1 (or 0.1...1).
  init(
    _ kind: Kind, over values: [Double], pixels: (from: Double, to: Double), margin: Double = 0.05
  ) {
    self.kind = kind
    self.pixels = pixels
    let usable = values.filter { value in
      Self.showable.contains(kind == .linear ? abs(value) : value)
        || (kind == .linear && value == 0)
    }.map { kind == .linear ? $0 : log10($0) }
    guard let smallest = usable.min(), let largest = usable.max() else {
      domain = kind == .linear ? 0...1 : 0.1...1
      return
    }
    // A span of nothing is widened, so that a lone value stands in the middle.
    let least = kind == .linear ? max(abs(largest), abs(smallest), 1e-9) * 0.02 : 0.02
    let span = max(largest - smallest, least)
    let middle = (smallest + largest) / 2
    let reach = span * (0.5 + margin)
    domain =
      kind == .linear
      ? (middle - reach)...(middle + reach) : pow(10, middle - reach)...pow(10, middle + reach)
  }

  /// The pixel of `value`; NaN where the scale has no place for it.
  func callAsFunction(_ value: Double) -> Double {
    let position: Double
    switch kind {
    case .linear:
      position = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    case .logarithmic:
      guard value > 0 else { return .nan }
      position =
        log10(value / domain.lowerBound) / log10(domain.upperBound / domain.lowerBound)
    }
    // Far outside the domain there is nothing to draw.
    return (-0.25...1.25).contains(position)
      ? pixels.from + position * (pixels.to - pixels.from) : .nan
  }

  /// Round values inside the domain, about `count` of them.
  func ticks(_ count: Int) -> [Tick] {
    switch kind {
    case .linear: return linearTicks(count)
    case .logarithmic:
      let decades = log10(domain.upperBound / domain.lowerBound)
      return decades < 0.6 ? linearTicks(count) : logarithmicTicks(count, decades)
    }
  }

  /// Multiples of 1, 2 or 5 times a power of ten.
  private func linearTicks(_ count: Int) -> [Tick] {
    let span = domain.upperBound - domain.lowerBound
    guard span > 0, span.isFinite else { return [] }
    let rough = span / Double(max(1, count))
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    let digits = max(0, -Int(log10(step * 1.0001).rounded(.down)))
    let first = (domain.lowerBound / step).rounded(.up)
    let last = (domain.upperBound / step).rounded(.down)
    guard abs(first) < 1e9, abs(last) < 1e9, first <= last else { return [] }
    return (Int(first)...Int(last)).map { index in
      let value = Double(index) * step
      return Tick(
        value: value,
        label: digits > 4 ? Self.label(value) : NumberText.fixed(value, digits))
    }
  }

  /// Powers of ten, with multiples of them where there is room, or every n-th where there is none.
  private func logarithmicTicks(_ count: Int, _ decades: Double) -> [Tick] {
    let first = Int(log10(domain.lowerBound).rounded(.down))
    let last = Int(log10(domain.upperBound).rounded(.up))
    let every = max(1, Int((decades / Double(max(1, count))).rounded(.up)))
    let digits: [Double] =
      decades < 1.2 ? [1, 1.5, 2, 3, 4, 5, 7] : decades * 2 <= Double(count) ? [1, 2, 5] : [1]
    var ticks: [Tick] = []
    for exponent in first...max(first, last) where exponent.isMultiple(of: every) {
      for digit in digits {
        let value = digit * pow(10, Double(exponent))
        guard domain.contains(value) else { continue }
        ticks.append(Tick(value: value, label: Self.label(value)))
      }
    }
    return ticks
  }

  /// A tick's label: plain from 0.001 to 10,000, `2×10⁻⁵` outside.
  static func label(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "" }
    let exponent = NumberText.decimalExponent(value * 1.000_001)
    if exponent >= -3 && exponent <= 4 {
      return NumberText.brief(Double(NumberText.significant(value, 3)) ?? value)
    }
    let power = power(exponent)
    let mantissa = (value / pow(10, Double(exponent)) * 100).rounded() / 100
    return mantissa == 1 ? power : "\(NumberText.brief(mantissa))×\(power)"
  }

  /// `10⁻³`; the powers that everyone reads faster are written out.
  static func power(_ value: Int) -> String {
    if (0...2).contains(value) { return String(Int(pow(10, Double(value)))) }
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return (value < 0 ? "10⁻" : "10")
      + String(value.magnitude).compactMap(\.wholeNumberValue)
      .map { String(digits[$0]) }.joined()
  }
}
