import Foundation

/// Student's t distribution, for as many degrees of freedom as there are, whole or not.
public enum StudentT {
  /// The number that |t| exceeds with probability `alpha`, in `comparisons` comparisons together
  /// (Bonferroni: each of them with `alpha / comparisons`). Infinite without any freedom: then nothing
  /// is known of the scatter.
  public static func reach(
    alpha: Double = 0.05, freedom: Double, comparisons: Int = 1
  ) -> Double {
    guard freedom > 0 else { return .infinity }
    // From here on it is the normal distribution, and the gamma functions lose their digits.
    let freedom = min(freedom, 1e6)
    let tail = alpha / Double(max(1, comparisons))
    // P(|T| > t) = I(x; ν/2, ½) with x = ν/(ν + t²), which rises with x.
    var (low, high) = (0.0, 1.0)
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if tailShare(middle, freedom) < tail { low = middle } else { high = middle }
    }
    let x = (low + high) / 2
    return (freedom * (1 - x) / x).squareRoot()
  }

  /// The regularized incomplete beta function I(x; ν/2, ½).
  private static func tailShare(_ x: Double, _ freedom: Double) -> Double {
    let (a, b) = (freedom / 2, 0.5)
    // The fraction converges fast below the mean of the distribution; above it, its mirror does.
    return x < (a + 1) / (a + b + 2) ? fraction(x, a, b) : 1 - fraction(1 - x, b, a)
  }

  /// I(x; a, b) by its continued fraction (Abramowitz and Stegun 26.5.8), from the front.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    let scale =
      exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    // Numerators and denominators of two successive convergents, kept near 1.
    var (p0, q0, p1, q1) = (0.0, 1.0, 1.0, 1.0)
    var last = 1.0
    for step in 1...500 {
      let m = Double(step / 2)
      let term =
        step.isMultiple(of: 2)
        ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      (p0, p1) = (p1, p1 + term * p0)
      (q0, q1) = (q1, q1 + term * q0)
      guard q1 != 0 else { continue }
      let now = p1 / q1
      if abs(now - last) < 1e-14 * abs(now) { break }
      last = now
      (p0, q0, p1, q1) = (p0 / q1, q0 / q1, now, 1)
    }
    return scale * (p1 / q1)
  }
}
