import Compute
import Tensor

/// The factor of one Hessian that the column loop runs on. It depends on nothing but H, the damping
/// and the column order, so all trials and all linears with the same inputs can share it.
public struct FactoredHessian<Scalar: BLASScalar>: Sendable {
  /// The original column at each position of the processing order.
  public let permutation: [Int]
  /// Upper-triangular U with UᵀU = (H + λI)⁻¹, (in, in), in processing order.
  public let factor: Matrix<Scalar>
  /// GPTAQ's P = α·((D·Uᵀ) above the diagonal)·U, strictly upper triangular, (in, in), in processing
  /// order: row j is what a shift of input j asks of the columns after it. nil without D.
  public let correction: Matrix<Scalar>?
  /// λ / mean(diag H).
  public let dampPercent: Double
  /// What was added to the diagonal.
  public let lambda: Double
  /// Inputs that are always 0. They get H = 1 and their weights become 0.
  public let deadColumns: [Int]
  /// tr H, dead columns counting 1 each.
  public let trace: Double

  /// α: the share of the shift that the updates make up for. The authors' value.
  public static var shiftShare: Double { 0.25 }

  /// Factorises `hessian`, (in, in); `shift` is D of `InputShift`, for GPTAQ.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public init(
    _ hessian: Matrix<Float>, shift: Matrix<Float>? = nil, damping: Damping, order: ColumnOrder,
    engine: any Engine
  ) throws(NotPositiveDefinite) {
    var diagonal = hessian.diagonal.map(Double.init)
    deadColumns = diagonal.indices.filter { diagonal[$0] == 0 }
    for column in deadColumns { diagonal[column] = 1 }
    trace = diagonal.reduce(0, +)
    dampPercent = damping.dampPercent
    lambda = damping.lambda(diagonal: diagonal)
    permutation = order.permutation(diagonal: diagonal)

    var damped = Matrix<Scalar>(
      order == .natural ? hessian : hessian.selectingRowsAndColumns(permutation))
    for (position, column) in permutation.enumerated() {
      damped[position, position] = Scalar(diagonal[column] + lambda)
    }
    let factor = try engine.inverseFactor(damped)
    let order = permutation
    correction = shift.map {
      Self.correction($0.selectingColumns(order).selectingRows(order), factor, engine)
    }
    self.factor = factor
  }

  /// P for a shift in processing order.
  private static func correction(
    _ shift: Matrix<Float>, _ factor: Matrix<Scalar>, _ engine: any Engine
  ) -> Matrix<Scalar> {
    let share = Scalar(shiftShare)
    var product = engine.multiply(
      Matrix<Scalar>(shift), transposingA: false, factor, transposingB: true)
    for row in 0..<product.rows {
      for column in 0...row { product[row, column] = 0 }
      for column in row + 1..<max(product.columns, row + 1) { product[row, column] *= share }
    }
    return engine.multiply(product, transposingA: false, factor, transposingB: false)
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
