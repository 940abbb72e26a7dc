/// What factors of columns explain of weights beyond what the base's own columns do.
struct ColumnFactors {
  private var gain = 0.0
  private var full = 0.0
  private var rest = 0.0
  private var power = 0.0
  private var product = 0.0
  private var square = 0.0

  /// Takes in a row of the checkpoint's and the base's of it.
  mutating func add(_ own: [Float], _ base: [Float], _ factors: [Float]) {
    let scaled = zip(base, factors).map { $0 * $1 }
    let line = Line(own, scaled)
    gain += Line(own, base).rest - line.rest
    full += Line(scaled, base).rest * line.slope * line.slope
    rest += line.rest
    power += line.power
    product += line.slope * line.square
    square += line.square
  }

  /// Whether the factors are there: they explain `full` then, and −`full` otherwise. Rounding blurs both
  /// alike, and weights that have nothing in common with the base's carry none.
  var areThere: Bool { full > 0 && gain > 0 && rest < 0.8 * power }

  /// The slope of all weights on the base's with the factors.
  var slope: Double { square > 0 ? product / square : 1 }
}

/// One row regressed on another through 0.
struct Line {
  /// The slope.
  let slope: Double
  /// The square of what it leaves.
  let rest: Double
  /// The square of the row.
  let power: Double
  /// The square of the other.
  let square: Double

  init(_ own: [Float], _ other: [Float]) {
    var (product, square, power) = (0.0, 0.0, 0.0)
    for (a, b) in zip(own, other) {
      product += Double(a * b)
      square += Double(b * b)
      power += Double(a * a)
    }
    slope = square > 0 ? product / square : 0
    rest = max(0, power - slope * product)
    (self.power, self.square) = (power, square)
  }
}
