import Compute

/// How well a Hessian can be inverted.
public struct HessianCondition: Sendable, Codable, Equatable {
  /// The largest eigenvalue over the mean of the diagonal.
  public let largest: Double
  /// The smallest over the mean of the diagonal; negative where float32 rounding made it so.
  public let smallest: Double

  /// Wider Hessians are not decomposed: n³ takes too long.
  public static let widest = 4096

  /// The eigenvalues of H in Double, dead columns (H = 0) left out; nil where H is wider than
  /// `widest`, has no live column, or holds anything but numbers.
  public init?(_ hessian: EngineBuffer, engine: any Engine) {
    let diagonal = engine.diagonal(hessian)
    let live = diagonal.indices.filter { diagonal[$0] != 0 }
    guard !live.isEmpty, live.count <= Self.widest, engine.squaredNorm(hessian).isFinite,
      let values = engine.eigenvalues(hessian, of: live), let low = values.first,
      let high = values.last
    else { return nil }
    let mean = live.reduce(0) { $0 + Double(diagonal[$1]) } / Double(live.count)
    guard mean > 0 else { return nil }
    largest = high / mean
    smallest = low / mean
  }

  /// The condition number; infinite where H is singular in float32.
  public var number: Double { smallest > 0 ? largest / smallest : .infinity }

  /// The condition number of H + λI, λ being `dampPercent` of the mean diagonal.
  public func damped(_ dampPercent: Double) -> Double {
    let low = smallest + dampPercent
    return low > 0 ? (largest + dampPercent) / low : .infinity
  }
}
