/// The lattice that published scores lie on: a mean over N answers, points or half-points is a
/// multiple of 1/N, and four printed decimals tell whether it can be.
public enum ScoreLattice {
  /// Whether every score, printed with four decimals, can be a multiple of 1/`n`.
  public static func fits(_ scores: [Double], _ n: Int) -> Bool {
    scores.allSatisfy { score in
      let points = score * Double(n)
      // Half of the last decimal, and a little for the binary form of a decimal.
      return abs(points - points.rounded()) <= Double(n) * 0.500001e-4
    }
  }

  /// How likely random scores are to pass `fits`: each does with probability n · 10⁻⁴.
  public static func chance(_ n: Int, scores: Int) -> Double {
    (0..<scores).reduce(1) { product, _ in product * min(1, Double(n) * 1e-4) }
  }
}
