/// The mean of a value over scored tokens, with a standard error that knows that tokens of one
/// window hang together.
///
/// The windows are the independent units: with d_w = Σ (x − mean) over window w of n,
/// stderr² = n/(n−1) · Σ d_w² / N² for N tokens in all (the ratio estimator of cluster sampling).
/// A single window falls back on its tokens as units.
public struct WindowedMean: Sendable, Equatable {
  /// Σx / N.
  public let mean: Double
  /// The standard error of `mean`; 0 for fewer than two values.
  public let stderr: Double

  /// Takes `values` in window order; window w has `counts[w]` of them.
  public init(_ values: [Double], counts: [Int]) {
    let total = Double(values.count)
    guard total > 0 else {
      mean = 0
      stderr = 0
      return
    }
    let mean = values.reduce(0, +) / total
    var deviations: [Double] = []
    if counts.count > 1 {
      var start = 0
      for count in counts {
        deviations.append(values[start..<start + count].reduce(0) { $0 + ($1 - mean) })
        start += count
      }
    } else {
      deviations = values.map { $0 - mean }
    }
    let units = Double(deviations.count)
    let squares = deviations.reduce(0) { $0 + $1 * $1 }
    self.mean = mean
    stderr = units > 1 ? (units / (units - 1) * squares).squareRoot() / total : 0
  }
}
