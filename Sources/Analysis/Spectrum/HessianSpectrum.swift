import Compute

/// The eigenvalues of one Hessian H = (2/T)·XᵀX, in a few numbers.
///
/// Their unit is the mean of H's diagonal as the solver takes it, in which damp_percent counts, too: λ =
/// damp_percent·mean. An eigenvalue below it is a direction of the inputs that the solve does not trust the
/// calibration tokens on. Inputs that are always 0 have no eigenvalue here: the solver puts 1 in their
/// place of the diagonal, and sets their weights to 0.
public struct HessianSpectrum: Sendable, Codable, Equatable {
  /// How the eigenvalues were found.
  public enum Method: String, Sendable, Codable, CaseIterable {
    /// All of them, by LAPACK or the engine's own solver, in Double.
    case exact
    /// Not at all: H is wider than `widest`, or the solver did not converge.
    case none
  }

  /// The share of eigenvalues below a damp.
  public struct Share: Sendable, Codable, Equatable {
    /// damp_percent, or another number in its unit.
    public var damp: Double
    /// The share of eigenvalues below it, 0 to 1.
    public var below: Double

    /// The share `below` a `damp`.
    public init(damp: Double, below: Double) { (self.damp, self.below) = (damp, below) }
  }

  /// How they were found.
  public var method: Method
  /// in_features, n.
  public var inFeatures: Int
  /// Inputs that are always 0.
  public var deadColumns: Int
  /// The mean of the diagonal, dead inputs counting 1 each, as `Damping` takes it.
  public var meanDiagonal: Double
  /// (Σλ)²/Σλ² over the eigenvalues: as many equal ones would have the same spread. Nil of no number.
  public var effectiveRank: Double?
  /// The eigenvalues at `levels`, over `meanDiagonal`; empty where `method` is `none`. A small one that is
  /// negative is float32 rounding of H.
  public var quantiles: [Double]
  /// The share of eigenvalues below some damps, ascending by damp.
  public var shares: [Share]

  /// Puts the parts together.
  public init(
    method: Method, inFeatures: Int, deadColumns: Int, meanDiagonal: Double, effectiveRank: Double?,
    quantiles: [Double], shares: [Share]
  ) {
    (self.method, self.inFeatures, self.deadColumns) = (method, inFeatures, deadColumns)
    (self.meanDiagonal, self.effectiveRank) = (meanDiagonal, effectiveRank)
    (self.quantiles, self.shares) = (quantiles, shares)
  }

  /// The share of the eigenvalues at or below each of `quantiles`: the smallest first, the largest last.
  public static let levels = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1]

  /// Damps at which every spectrum knows the share below.
  public static let damps: [Double] = (-6...0).flatMap { exponent in
    [1.0, 2.5, 5].map { Double("\($0)e\(exponent)") ?? .nan }.filter { $0 <= 1 }
  }

  /// Wider Hessians are not decomposed: n³ takes too long beside what else a pass does with them.
  public static var widest: Int { HessianCondition.widest }

  /// The spectrum of `hessian`, (n, n), with the shares below `damps` beside those that it always knows.
  public init(_ hessian: EngineBuffer, damps: [Double] = [], engine: any Engine) {
    let diagonal = engine.diagonal(hessian)
    let live = diagonal.indices.filter { diagonal[$0] != 0 }
    inFeatures = diagonal.count
    deadColumns = diagonal.count - live.count
    let trace = live.reduce(0) { $0 + Double(diagonal[$1]) }
    let mean = (trace + Double(deadColumns)) / Double(max(diagonal.count, 1))
    meanDiagonal = mean
    let squares = engine.squaredNorm(hessian)
    effectiveRank = squares.isFinite && squares > 0 ? trace * trace / squares : nil
    (method, quantiles, shares) = (.none, [], [])
    guard !live.isEmpty, live.count <= Self.widest, squares.isFinite,
      let values = engine.eigenvalues(hessian, of: live), values.allSatisfy(\.isFinite)
    else { return }
    let scaled = values.map { $0 / mean }
    method = .exact
    quantiles = Self.levels.map { Self.quantile(scaled, $0) }
    shares = Set(Self.damps + damps.filter { $0 > 0 && $0.isFinite }).sorted().map { damp in
      let below = scaled.partitioningIndex { $0 >= damp }
      return Share(damp: damp, below: Double(below) / Double(scaled.count))
    }
  }

  /// Takes in shares below other damps of the same eigenvalues.
  public mutating func add(_ others: [Share]) {
    let known = Set(shares.map(\.damp))
    shares = (shares + others.filter { !known.contains($0.damp) }).sorted { $0.damp < $1.damp }
  }

  /// The quantile of ascending `values` at `level`, between two of them on the line through both, as
  /// numpy takes it.
  private static func quantile(_ values: [Double], _ level: Double) -> Double {
    let place = level * Double(values.count - 1)
    let low = Int(place)
    let high = min(low + 1, values.count - 1)
    return values[low] + (place - Double(low)) * (values[high] - values[low])
  }

  /// The quantile at one of `levels`.
  public func quantile(_ level: Double) -> Double? {
    Self.levels.firstIndex(of: level).flatMap {
      quantiles.indices.contains($0) ? quantiles[$0] : nil
    }
  }

  /// Largest over smallest eigenvalue; infinite where H is singular in float32, nil where not known.
  public var conditionNumber: Double? { conditionNumber(damp: 0) }

  /// The condition number of H + λI, λ being `damp` of the mean diagonal.
  public func conditionNumber(damp: Double) -> Double? {
    guard let low = quantiles.first, let high = quantiles.last else { return nil }
    return low + damp > 0 ? (high + damp) / (low + damp) : .infinity
  }

  /// The share of eigenvalues below `damp`; nil where it was not asked for.
  public func share(below damp: Double) -> Double? {
    shares.first { $0.damp == damp }?.below
  }
}

extension [Double] {
  /// The place of the first element that `belongs` to the second part; the elements of the first come
  /// before it.
  fileprivate func partitioningIndex(where belongs: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
