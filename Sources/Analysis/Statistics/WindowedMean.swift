/// The mean of a value over scored tokens, with a standard error that knows that tokens of one unit
/// hang together: windows for what is paired with another model, documents for what is not.
///
/// The units are taken as independent. The error is that of the delete-one jackknife,
/// stderr² = (n−1)/n · Σ_u (θ_(u) − θ̄)², θ_(u) being the mean over all units but u: for units of one
/// size it is s/√n. Few large units among small ones tell less than their number says, so that the
/// degrees of freedom are (Σ m_u)² / Σ m_u² − 1 for units of m_u tokens.
public struct WindowedMean: Sendable, Equatable {
  /// Σx / N; 0 of nothing.
  public let mean: Double
  /// The standard error of `mean`; NaN where it cannot be estimated: from one unit.
  public let stderr: Double
  /// Degrees of freedom of `stderr`, for Student's t; 0 where there is none.
  public let freedom: Double

  /// Takes `values` unit by unit; unit u has `counts[u]` of them.
  public init(_ values: [Double], counts: [Int]) {
    var sums: [Double] = []
    var start = 0
    for count in counts {
      let end = min(start + count, values.count)
      sums.append(values[start..<end].reduce(0, +))
      start = end
    }
    self.init(sums: sums, tokens: counts.map(Double.init))
  }

  /// The same of values that weigh `weights` in the mean.
  public init(_ values: [Double], weights: [Double], counts: [Int]) {
    var units: (sums: [Double], tokens: [Double]) = ([], [])
    var start = 0
    for count in counts {
      let unit = start..<min(start + count, values.count)
      units.sums.append(unit.reduce(0) { $0 + weights[$1] * values[$1] })
      units.tokens.append(weights[unit].reduce(0, +))
      start = unit.upperBound
    }
    self.init(sums: units.sums, tokens: units.tokens)
  }

  /// Takes the sum over each unit's tokens, and their number.
  public init(sums: [Double], tokens: [Double]) {
    let units = zip(sums, tokens).filter { $0.1 > 0 }
    let total = units.reduce(0) { $0 + $1.1 }
    let sum = units.reduce(0) { $0 + $1.0 }
    guard total > 0 else {
      (mean, stderr, freedom) = (0, .nan, 0)
      return
    }
    mean = sum / total
    let count = Double(units.count)
    guard count > 1 else {
      (stderr, freedom) = (.nan, 0)
      return
    }
    // Deviations from the mean instead of sums: no cancellation where all units are alike.
    let shifts = units.map { ($0.0 - sum / total * $0.1) / (total - $0.1) }
    let middle = shifts.reduce(0, +) / count
    let squares = shifts.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
    stderr = ((count - 1) / count * squares).squareRoot()
    freedom = total * total / units.reduce(0) { $0 + $1.1 * $1.1 } - 1
  }
}
