import Compute
import Tensor

/// The factor of one Hessian that the column loop runs on. It depends on nothing but H, the damping
/// and the column order, so all trials and all linears with the same inputs can share it.
public struct FactoredHessian<Scalar: BLASScalar>: Sendable {
  /// The original column at each position of the processing order.
  public let permutation: [Int]
  /// Upper-triangular U with UᵀU = (H + λI)⁻¹, (in, in), in processing order.
  public let factor: Matrix<Scalar>
  /// λ / mean(diag H).
  public let dampPercent: Double
  /// What was added to the diagonal.
  public let lambda: Double
  /// Inputs that are always 0. They get H = 1 and their weights become 0.
  public let deadColumns: [Int]
  /// tr H, dead columns counting 1 each.
  public let trace: Double

  /// Factorises `hessian`, (in, in).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public init(
    _ hessian: Matrix<Float>, damping: Damping, order: ColumnOrder, engine: any Engine
  ) throws(NotPositiveDefinite) {
    var diagonal = hessian.diagonal.map(Double.init)
    deadColumns = diagonal.indices.filter { diagonal[$0] == 0 }
    for column in deadColumns { diagonal[column] = 1 }
    trace = diagonal.reduce(0, +)
    dampPercent = damping.dampPercent
    lambda = damping.lambda(diagonal: diagonal)
    permutation = order.permutation(diagonal: diagonal)

    var damped = Matrix<Scalar>(hessian)
    if order != .natural {
      damped = damped.selectingColumns(permutation)
      damped = Matrix(
        rows: damped.rows, columns: damped.columns,
        elements: permutation.flatMap { damped.row($0) })
    }
    for (position, column) in permutation.enumerated() {
      damped[position, position] = Scalar(diagonal[column] + lambda)
    }
    factor = try engine.inverseFactor(damped)
  }

  /// Whether the inverse came out in finite numbers; a tiny pivot can overflow it.
  public var isFinite: Bool { factor.diagonal.allSatisfy { $0.isFinite && $0 > 0 } }

  /// `weight`, (out, in), with the columns of dead inputs set to 0, as the loop takes it.
  func clearingDeadColumns(_ weight: Matrix<Float>) -> Matrix<Float> {
    var weight = weight
    for column in deadColumns {
      for row in 0..<weight.rows { weight[row, column] = 0 }
    }
    return weight
  }
}
