/// The Wilson score interval of a share, which neither leaves [0, 1] nor collapses at its ends.
public struct WilsonInterval: Sendable, Equatable {
  /// Its lower end.
  public let low: Double
  /// Its upper end.
  public let high: Double

  /// The interval of a share `p` of `n` items, `z` standard errors wide on each side.
  public init(_ p: Double, items n: Double, z: Double = 1.96) {
    let z2 = z * z
    let center = (p + z2 / (2 * n)) / (1 + z2 / n)
    let half =
      z / (1 + z2 / n) * (max(0, p * (1 - p)) / n + z2 / (4 * n * n)).squareRoot()
    low = center - half
    high = center + half
  }

  /// Newcombe's interval of the difference p − q of two shares of `n` items each, from their Wilson
  /// intervals; it takes them as independent.
  public static func difference(
    _ p: Double, _ q: Double, items n: Double, z: Double = 1.96
  ) -> (low: Double, high: Double) {
    let (a, b) = (WilsonInterval(p, items: n, z: z), WilsonInterval(q, items: n, z: z))
    func length(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }
    return (p - q - length(p - a.low, b.high - q), p - q + length(a.high - p, q - b.low))
  }
}
