import COpenBLAS
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func zeros(rows: Int, columns: Int) -> EngineBuffer {
    EngineBuffer(Matrix<Float>(rows: rows, columns: columns))
  }

  public func accumulateGram(_ x: EngineBuffer, into h: inout EngineBuffer) -> DeferredCount {
    let x = x.floats
    let bad = Set(x.nonFiniteRows)
    let good = bad.isEmpty ? x : x.selectingRows((0..<x.rows).filter { !bad.contains($0) })
    h.updateFloats { addGram(good, to: &$0) }
    return DeferredCount(good.rows)
  }

  public func accumulateShift(
    _ x: EngineBuffer, base: EngineBuffer, into d: inout EngineBuffer
  ) -> Int {
    precondition(x.rows == base.rows && x.columns == base.columns, "the same tokens")
    var x = x.floats
    var shift = base.floats.subtracting(x)
    let bad = Set(x.nonFiniteRows)
    let empty = Matrix<Float>(rows: 1, columns: x.columns)
    for row in bad.union(shift.nonFiniteRows).sorted() {
      x.replaceRows(startingAt: row, with: empty)
      shift.replaceRows(startingAt: row, with: empty)
    }
    let part = product(shift, transposingA: true, x, transposingB: false)
    d.updateFloats { $0.add(part) }
    return x.rows - bad.count
  }

  public func scale(_ x: inout EngineBuffer, by factor: Float) {
    x.updateFloats { $0.scale(by: factor) }
  }

  public func mirrorUpper(_ h: inout EngineBuffer) { h.updateFloats { $0.mirrorUpper() } }

  public func inverseFactor(
    _ h: EngineBuffer, order: [Int], diagonal: [Double], precision: Precision
  ) throws(NotPositiveDefinite) -> EngineBuffer {
    let isNatural = order.indices.allSatisfy { order[$0] == $0 }
    let ordered = isNatural ? h.floats : h.floats.selectingRowsAndColumns(order)
    switch precision {
    case .float32: return EngineBuffer(try factor(ordered, diagonal))
    case .float64: return EngineBuffer(try factor(Matrix<Double>(ordered), diagonal))
    }
  }

  /// U of `h` with another diagonal.
  private func factor<S: BLASScalar>(
    _ h: Matrix<S>, _ diagonal: [Double]
  ) throws(NotPositiveDefinite) -> Matrix<S> {
    precondition(diagonal.count == h.rows, "a number for each row")
    var damped = h
    for place in diagonal.indices { damped[place, place] = S(diagonal[place]) }
    let factor = try inverseFactor(damped)
    // A tiny pivot can overflow the inverse.
    for (place, pivot) in factor.diagonal.enumerated() where !(pivot.isFinite && pivot > 0) {
      throw NotPositiveDefinite(leadingMinor: place + 1)
    }
    return factor
  }

  public func choleskyFactor(
    _ h: EngineBuffer
  ) throws(NotPositiveDefinite) -> EngineBuffer {
    EngineBuffer(try choleskyFactor(h.floats))
  }

  public func shiftCorrection(
    _ d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer {
    let shift = d.floats.selectingRowsAndColumns(order)
    switch factor.element {
    case .float64:
      return EngineBuffer(correction(Matrix<Double>(shift), factor.doubles, share))
    default: return EngineBuffer(correction(shift, factor.floats, Float(share)))
    }
  }

  private func correction<S: BLASScalar>(
    _ shift: Matrix<S>, _ factor: Matrix<S>, _ share: S
  ) -> Matrix<S> {
    var upper = product(shift, transposingA: false, factor, transposingB: true)
    for row in 0..<upper.rows {
      for column in 0...row { upper[row, column] = 0 }
      for column in row + 1..<max(upper.columns, row + 1) { upper[row, column] *= share }
    }
    return product(upper, transposingA: false, factor, transposingB: false)
  }

  public func propagatedWeight(
    _ weight: EngineBuffer, shift d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer {
    let moved = product(weight.floats, transposingA: false, d.floats, transposingB: false)
      .selectingColumns(order)
    var place = [Int](repeating: 0, count: order.count)
    for (position, column) in order.enumerated() { place[column] = position }
    let step =
      switch factor.element {
      case .float64: Matrix<Float>(timesInverse(Matrix<Double>(moved), factor.doubles))
      default: timesInverse(moved, factor.floats)
      }
    var added = step.selectingColumns(place)
    added.scale(by: Float(share))
    added.add(weight.floats)
    return EngineBuffer(added)
  }

  /// A·UᵀU.
  private func timesInverse<S: BLASScalar>(_ a: Matrix<S>, _ u: Matrix<S>) -> Matrix<S> {
    product(
      product(a, transposingA: false, u, transposingB: true), transposingA: false, u,
      transposingB: false)
  }

  public func eigenvalues(_ h: EngineBuffer, of kept: [Int]) -> [Double]? {
    precondition(h.rows == h.columns, "a symmetric matrix is square")
    guard var n = Int32(exactly: kept.count), n > 0 else { return kept.isEmpty ? [] : nil }
    let part = kept.count == h.rows ? h.floats : h.floats.selectingRowsAndColumns(kept)
    var elements = Matrix<Double>(part).elements
    var values = [Double](repeating: 0, count: kept.count)
    // Without eigenvectors: 2n + 1 words of work, one of integers.
    var work = [Double](repeating: 0, count: max(2 * kept.count + 1, 64 * kept.count))
    var (workCount, integerCount, info) = (Int32(clamping: work.count), Int32(1), Int32(0))
    var integers: [Int32] = [0]
    dsyevd_(
      "N", "U", &n, &elements, &n, &values, &work, &workCount, &integers, &integerCount, &info)
    return info == 0 ? values : nil
  }

  public func subtract(_ b: EngineBuffer, from a: EngineBuffer) -> EngineBuffer {
    EngineBuffer(a.floats.subtracting(b.floats))
  }

  public func multiply(
    _ a: EngineBuffer, transposingA: Bool, _ b: EngineBuffer, transposingB: Bool
  ) -> EngineBuffer {
    EngineBuffer(
      product(a.floats, transposingA: transposingA, b.floats, transposingB: transposingB))
  }

  public func squaredNorm(_ x: EngineBuffer) -> Double { x.floats.squaredNorm }

  public func squaredDistance(_ x: EngineBuffer, _ y: EngineBuffer) -> Double {
    x.floats.squaredDistance(to: y.floats)
  }

  public func dot(_ x: EngineBuffer, _ y: EngineBuffer) -> Double { x.floats.dot(y.floats) }

  public func largestMagnitude(_ x: EngineBuffer) -> Float {
    x.floats.elements.reduce(0) { max($0, abs($1)) }
  }

  public func traceProduct(_ a: EngineBuffer, hessian h: EngineBuffer) -> Double {
    let a = a.floats
    return product(a, transposingA: false, h.floats, transposingB: false).dot(a)
  }

  public func traceProduct(_ a: EngineBuffer, cholesky l: EngineBuffer) -> Double {
    product(a.floats, lowerTriangular: l.floats).squaredNorm
  }
}
