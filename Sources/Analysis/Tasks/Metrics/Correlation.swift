/// Correlations of two lists, as `scipy.stats` computes them.
enum Correlation {
  /// Pearson's r = Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)²·Σ(y − ȳ)²).
  ///
  /// - Returns: NaN of fewer than two values, and where one list is constant or not finite.
  static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    guard let first = deviations(x), let second = deviations(y), x.count == y.count else {
      return .nan
    }
    let r = zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
    return max(-1, min(1, r))
  }

  /// Spearman's ρ: Pearson's r of the ranks, of which equal values share the mean.
  static func spearman(_ x: [Double], _ y: [Double]) -> Double {
    guard !(x + y).contains(where: \.isNaN) else { return .nan }
    return pearson(ranks(x), ranks(y))
  }

  /// The deviations from the mean, of length 1 as a vector.
  private static func deviations(_ values: [Double]) -> [Double]? {
    guard values.count > 1, values.allSatisfy(\.isFinite),
      values.contains(where: { $0 != values[0] })
    else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let shifts = values.map { $0 - mean }
    let length = shifts.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? shifts.map { $0 / length } : nil
  }

  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = values
    var start = 0
    while start < order.count {
      let end = order[start...].firstIndex { values[$0] != values[order[start]] } ?? order.count
      // Ranks start + 1 to end.
      for place in order[start..<end] { ranks[place] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }
}
