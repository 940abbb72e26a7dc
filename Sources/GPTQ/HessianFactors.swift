import Basics
import Compute
import Tensor

/// One Hessian and every factor that has been asked of it, so that each (damp, column order,
/// precision) is factorised once however many linears and trials use it.
public struct HessianFactors: Sendable {
  /// H, (in, in), undamped.
  public let hessian: Matrix<Float>
  /// D of `InputShift`, (in, in), where GPTAQ is to be run.
  public let shift: Matrix<Float>?
  /// Whether H holds numbers only.
  let isFinite: Bool
  /// Seconds spent on factors so far.
  public private(set) var seconds = 0.0
  private var single: [Key: Outcome<Float>] = [:]
  private var double: [Key: Outcome<Double>] = [:]

  private typealias Outcome<S: BLASScalar> = Result<FactoredHessian<S>, NotPositiveDefinite>

  private struct Key: Hashable {
    var damping: Damping
    var order: ColumnOrder
  }

  /// Holds `hessian`, and the inputs' shift for GPTAQ; factors come when they are asked for.
  /// - Precondition: they are square, and equally large.
  public init(_ hessian: Matrix<Float>, shift: Matrix<Float>? = nil) {
    precondition(hessian.rows == hessian.columns, "H is square")
    precondition(
      shift.map { $0.rows == hessian.rows && $0.columns == hessian.rows } ?? true, "D is as H")
    self.hessian = hessian
    self.shift = shift
    isFinite = hessian.squaredNorm.isFinite
  }

  /// The factor in float32.
  public mutating func factor(
    _ damping: Damping, _ order: ColumnOrder, engine: any Engine
  ) throws(NotPositiveDefinite) -> FactoredHessian<Float> {
    let began = ContinuousClock.now
    defer { seconds += began.duration(to: .now).seconds }
    return try Self.factor(&single, hessian, shift, Key(damping: damping, order: order), engine)
  }

  /// The factor in Double.
  public mutating func doubleFactor(
    _ damping: Damping, _ order: ColumnOrder, engine: any Engine
  ) throws(NotPositiveDefinite) -> FactoredHessian<Double> {
    let began = ContinuousClock.now
    defer { seconds += began.duration(to: .now).seconds }
    return try Self.factor(&double, hessian, shift, Key(damping: damping, order: order), engine)
  }

  /// Forgets all factors: n² numbers each.
  public mutating func removeFactors() {
    single = [:]
    double = [:]
  }

  private static func factor<S: BLASScalar>(
    _ known: inout [Key: Outcome<S>], _ hessian: Matrix<Float>, _ shift: Matrix<Float>?,
    _ key: Key, _ engine: any Engine
  ) throws(NotPositiveDefinite) -> FactoredHessian<S> {
    if let outcome = known[key] { return try outcome.get() }
    let outcome = Outcome<S> { () throws(NotPositiveDefinite) in
      try FactoredHessian(
        hessian, shift: shift, damping: key.damping, order: key.order, engine: engine)
    }
    known[key] = outcome
    return try outcome.get()
  }
}
