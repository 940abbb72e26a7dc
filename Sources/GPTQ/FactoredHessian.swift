import Compute

/// The factor of one Hessian that the column loop runs on. It depends on nothing but H, the damping
/// and the column order, so all trials and all linears with the same inputs can share it.
public struct FactoredHessian: Sendable {
  /// H, (in, in), undamped, in the original order of columns.
  public let hessian: EngineBuffer
  /// Its diagonal.
  public let diagonal: [Float]
  /// The original column at each position of the processing order.
  public let permutation: [Int]
  /// Upper-triangular U with UᵀU = (H + λI)⁻¹, (in, in), in processing order.
  public let factor: EngineBuffer
  /// D of `InputShift`, in the original order; nil where the inputs are the base's.
  public let shift: EngineBuffer?
  /// GPTAQ's P = α·((D·Uᵀ) above the diagonal)·U, strictly upper triangular, (in, in), in processing
  /// order: row j is what a shift of input j asks of the columns after it. nil without D.
  public let correction: EngineBuffer?
  /// The diagonal of U, in processing order: 1/d² is the square of a pivot of H + λI.
  public let factorDiagonal: [Float]
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
  public static var alpha: Double { 0.25 }

  /// Factorises `hessian`, (in, in), whose diagonal is `diagonal`; `shift` is D of `InputShift`,
  /// from which GPTAQ's P is made where it `corrects`. Throws where H + λI has no factor in finite numbers.
  public init(
    _ hessian: EngineBuffer, diagonal: [Float], shift: EngineBuffer? = nil, corrects: Bool = true,
    damping: Damping, order: ColumnOrder, precision: Precision, engine: any Engine
  ) throws(NotPositiveDefinite) {
    self.hessian = hessian
    self.diagonal = diagonal
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
    self.shift = shift
    correction = (corrects ? shift : nil).map {
      engine.shiftCorrection($0, order: permutation, factor: factor, share: Self.alpha)
    }
    self.factor = factor
    factorDiagonal =
      precision == .float32 ? engine.diagonal(factor) : engine.download(factor).diagonal
  }

  /// `weight`, (out, in), moved so as to make up for `share` of what the layers before did to the
  /// inputs.
  func propagating(
    _ weight: EngineBuffer, share: Double, _ engine: any Engine
  ) -> EngineBuffer {
    guard share > 0, let shift else { return weight }
    return engine.propagatedWeight(
      weight, shift: shift, order: permutation, factor: factor, share: share)
  }

  /// `weight`, (out, in), with the columns of dead inputs set to 0, as the loop takes it.
  func clearingDeadColumns(_ weight: EngineBuffer, _ engine: any Engine) -> EngineBuffer {
    var weight = weight
    engine.clearColumns(&weight, deadColumns)
    return weight
  }

  /// 1/d² for each column in the original order: what a squared error of 1 in that column costs once
  /// the columns after it have made up for it; nothing in dead ones, whose weights are exactly 0.
  var squaredPivots: [Double] {
    var pivots = [Double](repeating: 0, count: permutation.count)
    for (place, column) in permutation.enumerated() {
      pivots[column] = 1 / (Double(factorDiagonal[place]) * Double(factorDiagonal[place]))
    }
    for column in deadColumns { pivots[column] = 0 }
    return pivots
  }

  /// One unit in the last place of 1.
  var unitInLastPlace: Double {
    switch precision {
    case .float32: Double(Float.ulpOfOne)
    case .float64: Double.ulpOfOne
    }
  }
}
