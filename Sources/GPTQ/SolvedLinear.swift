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
  /// ½·Σ((w − q)/d)² over all columns, the loss that other tools report; nil for round-to-nearest.
  /// It equals ½·tr(ΔW (H + λI) ΔWᵀ), so that it grows with the damp: do not compare it across them.
  public var losses: Double?
  /// What `losses` is to be expected to be where nothing clips: ½·Σ d⁻²·scale²/12, the errors of
  /// rounding being spread evenly over a step (Babai's nearest plane: arXiv 2507.18553). Known of
  /// linears whose codes have come down; nil for round-to-nearest.
  public var expectedLosses: Double?
  /// Weights that lay more than half a step outside their grid when their turn came.
  public var clipped: Int
  /// Inputs that were always 0 in calibration, and whose weights are 0 now.
  public var deadColumns: [Int]
  /// What `error_propagation` made of the weight before it was quantized; nil where it is off.
  var propagated: PropagatedWeight?
  /// What a squared error of 1 in each original column adds to twice the loss; nil for
  /// round-to-nearest.
  var squaredPivots: [Double]?

}

extension QuantizedLinear {
  /// ½·Σ pivot·scale²/12 over all weights, with a squared pivot for each column.
  fileprivate func expectedLosses(_ squaredPivots: [Double]) -> Double {
    let groups = grids.scales.columns
    var pivots = [Double](repeating: 0, count: groups)
    for (column, group) in groupIndex.enumerated() { pivots[Int(group)] += squaredPivots[column] }
    var sum = 0.0
    for (place, scale) in grids.scales.elements.enumerated() {
      sum += Double(scale) * Double(scale) * pivots[place % groups]
    }
    return sum / 24
  }
}

/// How far the weight that was quantized is from the base's, and the codes from it.
struct PropagatedWeight: Sendable {
  /// ‖W' − W‖².
  var squaredMove: Double
  /// ‖W' − Wq‖².
  var squaredWeightError: Double
}

/// A solved linear whose codes are where its engine keeps them.
public typealias Solution = Solved<KeptLinear>

/// A solved linear with its codes.
public typealias SolvedLinear = Solved<QuantizedLinear>

extension Solution {
  /// The same with its codes.
  public func downloaded() -> SolvedLinear {
    let codes = linear.downloaded()
    return SolvedLinear(
      linear: codes, error: error, path: path, dampPercentUsed: dampPercentUsed,
      rescueReason: rescueReason, losses: losses,
      expectedLosses: squaredPivots.map(codes.expectedLosses), clipped: clipped,
      deadColumns: deadColumns)
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
    result.expectedLosses = expectedLosses.flatMap { mine in
      other.expectedLosses.map { mine + $0 }
    }
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
