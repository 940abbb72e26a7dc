import COpenBLAS
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func multiply<S: BLASScalar>(
    _ a: Matrix<S>, transposingA: Bool, _ b: Matrix<S>, transposingB: Bool
  ) -> Matrix<S> {
    let (m, k) = transposingA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (kb, n) = transposingB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == kb, "inner dimensions \(k) and \(kb)")
    if m == 0 || n == 0 || k == 0 { return Matrix(rows: m, columns: n) }
    let elements = [S](unsafeUninitializedCapacity: m * n) { c, count in
      if let c = c.baseAddress {
        S.gemm(
          transposingA ? CblasTrans : CblasNoTrans, transposingB ? CblasTrans : CblasNoTrans,
          Int32(m), Int32(n), Int32(k), 1, a.elements, Int32(a.columns), b.elements,
          Int32(b.columns), 0, c, Int32(n))
      }
      count = m * n
    }
    return Matrix(rows: m, columns: n, elements: elements)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  public func accumulateGram<S: BLASScalar>(
    _ x: Matrix<S>, scale: S, into h: inout Matrix<S>
  ) {
    let n = x.columns
    precondition(h.rows == n && h.columns == n, "H is (\(n), \(n))")
    if x.rows == 0 { return }
    h.elements.withUnsafeMutableBufferPointer { h in
      guard let h = h.baseAddress else { return }
      S.syrk(Int32(n), Int32(x.rows), scale, x.elements, 1, h)
      mirrorUpper(h, n)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  public func choleskyFactor<S: BLASScalar>(
    _ h: Matrix<S>
  ) throws(NotPositiveDefinite) -> Matrix<S> {
    var l = h
    let n = h.rows
    // LAPACK is column-major: its upper triangle is our lower one.
    let info = l.elements.withUnsafeMutableBufferPointer { a in
      a.baseAddress.map { S.potrf(.upper, Int32(n), $0) } ?? 0
    }
    guard info == 0 else { throw NotPositiveDefinite(leadingMinor: Int(info)) }
    for row in 0..<n {
      for column in row + 1..<max(n, row + 1) { l[row, column] = 0 }
    }
    return l
  }

  /// Reversing rows and columns of H turns "factorise, invert, factorise again" into one
  /// factorisation and one triangular inverse: with J the reversal and JHJ = LLᵀ,
  /// H⁻¹ = (J L⁻ᵀ J)(J L⁻¹ J), whose second factor is the upper-triangular U of UᵀU = H⁻¹.
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func inverseFactor<S: BLASScalar>(
    _ h: Matrix<S>
  ) throws(NotPositiveDefinite) -> Matrix<S> {
    let n = h.rows
    var elements = Array(h.elements.reversed())
    var info = elements.withUnsafeMutableBufferPointer { a in
      a.baseAddress.map { S.potrf(.upper, Int32(n), $0) } ?? 0
    }
    guard info == 0 else { throw NotPositiveDefinite(leadingMinor: Int(info)) }
    elements.reverse()
    info = elements.withUnsafeMutableBufferPointer { a in
      a.baseAddress.map { S.trtri(.lower, Int32(n), $0) } ?? 0
    }
    guard info == 0 else { throw NotPositiveDefinite(leadingMinor: Int(info)) }
    var u = Matrix(rows: n, columns: n, elements: elements)
    for row in 1..<max(n, 1) {
      for column in 0..<row { u[row, column] = 0 }
    }
    return u
  }
}

/// Copies the upper triangle of the row-major (n, n) matrix `h` onto the lower one.
private func mirrorUpper<S>(_ h: UnsafeMutablePointer<S>, _ n: Int) {
  let tile = 64
  for rowStart in stride(from: 0, to: n, by: tile) {
    for columnStart in stride(from: rowStart, to: n, by: tile) {
      for row in rowStart..<min(n, rowStart + tile) {
        var column = max(columnStart, row + 1)
        while column < min(n, columnStart + tile) {
          h[column * n + row] = h[row * n + column]
          column += 1
        }
      }
    }
  }
}
