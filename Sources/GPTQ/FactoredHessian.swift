import Compute

/// The factor of one Hessian that the column loop runs on. It depends on nothing but H, the damping
/// and the column order, so all trials and all linears with the same inputs can share it.
public struct FactoredHessian: Sendable {
  /// The original column at each position of the processing order.
  public let permutation: [Int]
  /// Upper-triangular U with UᵀU = (H + λI)⁻¹, (in, in), in processing order.
  public let factor: EngineBuffer
  /// GPTAQ's P = α·((D·Uᵀ) above the diagonal)·U, strictly upper triangular, (in, in), in processing
  /// order: row j is what a shift of input j asks of the columns after it. nil without D.
  public let correction: EngineBuffer?
  /// λ / mean(diag H).
  public let dampPercent: Double
  /// What was added to the diagonal.
  public let lambda: Double
  /// Inputs that are always 0. They get H = 1 and their weights become 0.
  public let deadColumns: [Int]
  /// tr H, dead columns counting 1 each.
  public let trace: Double
  /// The precision of `factor`.
  public let precision: Precision

  /// α: the share of the shift that the updates make up for. The authors' value.
  public static var shiftShare: Double { 0.25 }

  /// Factorises `hessian`, (in, in), whose diagonal is `diagonal`; `shift` is D of `InputShift`, for
  /// GPTAQ. Throws where H + λI has no factor in finite numbers.
  public init(
    _ hessian: EngineBuffer, diagonal: [Float], shift: EngineBuffer? = nil, damping: Damping,
    order: ColumnOrder, precision: Precision, engine: any Engine
  ) throws(NotPositiveDefinite) {
    var diagonal = diagonal.map(Double.init)
    deadColumns = diagonal.indices.filter { diagonal[$0] == 0 }
    for column in deadColumns { diagonal[column] = 1 }
    trace = diagonal.reduce(0, +)
    dampPercent = damping.dampPercent
    let lambda = damping.lambda(diagonal: diagonal)
    self.lambda = lambda
    self.precision = precision
    let permutation = order.permutation(diagonal: diagonal)
    self.permutation = permutation
    let factor = try engine.inverseFactor(
      hessian, order: permutation, diagonal: permutation.map { diagonal[$0] + lambda },
      precision: precision)
    correction = shift.map {
      engine.shiftCorrection($0, order: permutation, factor: factor, share: Self.shiftShare)
    }
    self.factor = factor
  }

  /// `weight`, (out, in), with the columns of dead inputs set to 0, as the loop takes it.
  func clearingDeadColumns(_ weight: EngineBuffer, _ engine: any Engine) -> EngineBuffer {
    var weight = weight
    engine.clearColumns(&weight, deadColumns)
    return weight
  }

  /// One unit in the last place of 1.
  var unitInLastPlace: Double {
    switch precision {
    case .float32: Double(Float.ulpOfOne)
    case .float64: Double.ulpOfOne
    }
  }
}
