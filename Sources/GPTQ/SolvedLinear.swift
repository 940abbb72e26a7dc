/// A linear that has been quantized, and how it went: `Solution` while its engine keeps the codes,
/// `SolvedLinear` once they have come down.
public struct Solved<Codes: Sendable>: Sendable {
  /// Codes, scales, zeros and groups.
  public var linear: Codes
  /// Its error on the calibration inputs.
  public var error: ReconstructionError
  /// How the solve ended up with this result.
  public var path: SolverPath
  /// λ / mean(diag H) of the factor used; nil where none was (`rtn`, `failed`).
  public var dampPercentUsed: Double?
  /// What was wrong with the first attempt, where it is not the result.
  public var rescueReason: RescueReason?
  /// ½·Σ((w − q)/d)² over all columns, the loss that the peers report; nil for round-to-nearest.
  /// It equals ½·tr(ΔW (H + λI) ΔWᵀ), so that it grows with the damp: do not compare it across them.
  public var losses: Double?
  /// Weights that lay more than half a step outside their grid when their turn came.
  public var clipped: Int
  /// Inputs that were always 0 in calibration, and whose weights are 0 now.
  public var deadColumns: [Int]

}

/// A solved linear whose codes are where its engine keeps them.
public typealias Solution = Solved<KeptLinear>

/// A solved linear with its codes.
public typealias SolvedLinear = Solved<QuantizedLinear>

extension Solution {
  /// The same with its codes.
  public func downloaded() -> SolvedLinear {
    SolvedLinear(
      linear: linear.downloaded(), error: error, path: path, dampPercentUsed: dampPercentUsed,
      rescueReason: rescueReason, losses: losses, clipped: clipped, deadColumns: deadColumns)
  }
}

extension SolvedLinear {
  /// `clip_rate`, clipped weights over all weights.
  public var clipRate: Double { Double(clipped) / Double(max(linear.codes.elements.count, 1)) }

  /// This result for the first rows of a linear, and after them `other` for the next: errors and
  /// losses add up, and the path is that of the part that went worse.
  public func appending(_ other: SolvedLinear) -> SolvedLinear {
    var result = self
    result.linear = linear.appending(other.linear)
    result.error.squaredError += other.error.squaredError
    result.error.squaredOutput += other.error.squaredOutput
    result.error.squaredWeightError += other.error.squaredWeightError
    result.error.squaredWeight += other.error.squaredWeight
    result.losses = losses.flatMap { mine in other.losses.map { mine + $0 } }
    result.clipped += other.clipped
    let order = SolverPath.allCases
    if let mine = order.firstIndex(of: path), let theirs = order.firstIndex(of: other.path),
      theirs > mine
    {
      result.path = other.path
      result.dampPercentUsed = other.dampPercentUsed
      result.rescueReason = other.rescueReason
    }
    return result
  }
}

/// Why an attempt was not accepted.
public enum RescueReason: String, Sendable, Codable, CaseIterable {
  /// H + λI has no Cholesky factor, or one that overflows.
  case notPositiveDefinite = "not_positive_definite"
  /// tr(ΔW H ΔWᵀ) is above that of round-to-nearest.
  case worseThanRTN = "worse_than_rtn"
  /// ‖ΔW‖ is several times that of round-to-nearest: H is near-singular.
  case weightsExploded = "weights_exploded"
}
