import Basics
import Compute

/// One Hessian and every factor that has been asked of it, so that each (damp, column order,
/// precision) is factorised once however many linears and trials use it.
public struct HessianFactors: Sendable {
  /// H, (in, in), undamped.
  public let hessian: EngineBuffer
  /// diag H.
  public let diagonal: [Float]
  /// D of `InputShift`, (in, in), where the error of the layers before is to be made up for.
  public let shift: EngineBuffer?
  /// Whether H holds numbers only.
  let isFinite: Bool
  /// Seconds spent on factors so far.
  public private(set) var seconds = 0.0
  private let engine: any Engine
  private var known: [Key: Result<FactoredHessian, NotPositiveDefinite>] = [:]

  private struct Key: Hashable {
    var damping: Damping
    var order: ColumnOrder
    var precision: Precision
    var corrects: Bool
  }

  /// Holds `hessian`, and the inputs' shift where it is asked for; factors come when they are asked for.
  /// - Precondition: they are square, and equally large.
  public init(_ hessian: EngineBuffer, shift: EngineBuffer? = nil, engine: any Engine) {
    precondition(hessian.rows == hessian.columns, "H is square")
    precondition(
      shift.map { $0.rows == hessian.rows && $0.columns == hessian.rows } ?? true, "D is as H")
    self.hessian = hessian
    self.shift = shift
    self.engine = engine
    diagonal = engine.diagonal(hessian)
    isFinite = engine.squaredNorm(hessian).isFinite
  }

  /// Inputs that are always 0.
  public var deadColumns: Int { diagonal.count { $0 == 0 } }

  /// The factor in `precision`, with GPTAQ's correction where it `corrects` and there is a shift;
  /// throws where there is none in finite numbers.
  public mutating func factor(
    _ damping: Damping, _ order: ColumnOrder, _ precision: Precision = .float32,
    corrects: Bool = true
  ) throws(NotPositiveDefinite) -> FactoredHessian {
    let began = ContinuousClock.now
    defer { seconds += began.duration(to: .now).seconds }
    let key = Key(
      damping: damping, order: order, precision: precision, corrects: corrects && shift != nil)
    if let outcome = known[key] { return try outcome.get() }
    let outcome = Result { () throws(NotPositiveDefinite) in
      try FactoredHessian(
        hessian, diagonal: diagonal, shift: shift, corrects: corrects, damping: damping,
        order: order, precision: precision, engine: engine)
    }
    engine.synchronize()
    known[key] = outcome
    return try outcome.get()
  }
}
