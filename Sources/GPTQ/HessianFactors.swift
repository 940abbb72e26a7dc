import Basics
import Compute
import Tensor

/// One Hessian and every factor that has been asked of it, so that each (damp, column order,
/// precision) is factorised once however many linears and trials use it.
public struct HessianFactors: Sendable {
  /// H, (in, in), undamped.
  public let hessian: Matrix<Float>
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

  /// Holds `hessian`; factors come when they are asked for.
  /// - Precondition: it is square.
  public init(_ hessian: Matrix<Float>) {
    precondition(hessian.rows == hessian.columns, "H is square")
    self.hessian = hessian
    isFinite = hessian.squaredNorm.isFinite
  }

  /// The factor in float32.
  public mutating func factor(
    _ damping: Damping, _ order: ColumnOrder, engine: any Engine
  ) throws(NotPositiveDefinite) -> FactoredHessian<Float> {
    let began = ContinuousClock.now
    defer { seconds += began.duration(to: .now).seconds }
    return try Self.factor(&single, hessian, Key(damping: damping, order: order), engine)
  }

  /// The factor in Double.
  public mutating func doubleFactor(
    _ damping: Damping, _ order: ColumnOrder, engine: any Engine
  ) throws(NotPositiveDefinite) -> FactoredHessian<Double> {
    let began = ContinuousClock.now
    defer { seconds += began.duration(to: .now).seconds }
    return try Self.factor(&double, hessian, Key(damping: damping, order: order), engine)
  }

  /// Forgets all factors: n² numbers each.
  public mutating func removeFactors() {
    single = [:]
    double = [:]
  }

  private static func factor<S: BLASScalar>(
    _ known: inout [Key: Outcome<S>], _ hessian: Matrix<Float>, _ key: Key, _ engine: any Engine
  ) throws(NotPositiveDefinite) -> FactoredHessian<S> {
    if let outcome = known[key] { return try outcome.get() }
    let outcome = Outcome<S> { () throws(NotPositiveDefinite) in
      try FactoredHessian(hessian, damping: key.damping, order: key.order, engine: engine)
    }
    known[key] = outcome
    return try outcome.get()
  }
}
