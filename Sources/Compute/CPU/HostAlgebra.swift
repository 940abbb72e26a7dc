import COpenBLAS
import Tensor

/// Linear algebra on matrices of the host, in Float and Double.
extension CPUEngine {
  @specialized(where S == Float)
  @specialized(where S == Double)
  func product<S: BLASScalar>(
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

  func product(
    _ a: Matrix<Float>, lowerTriangular l: Matrix<Float>
  ) -> Matrix<Float> {
    precondition(a.columns == l.rows && l.rows == l.columns, "L is square, A has its width")
    var product = a
    if product.elements.isEmpty { return product }
    product.elements.withUnsafeMutableBufferPointer { product in
      guard let product = product.baseAddress else { return }
      Float.multiplyRight(
        .lower, CblasNoTrans, a.rows, a.columns, 1, l.elements, Int32(l.columns), product,
        Int32(a.columns))
    }
    return product
  }

  /// H += XᵀX, in the upper triangle of H only.
  func addGram(_ x: Matrix<Float>, to h: inout Matrix<Float>) {
    let n = x.columns
    precondition(h.rows == n && h.columns == n, "H is (\(n), \(n))")
    if x.rows == 0 { return }
    h.elements.withUnsafeMutableBufferPointer { h in
      guard let h = h.baseAddress else { return }
      Float.syrk(Int32(n), Int32(x.rows), 1, x.elements, 1, h)
    }
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  func choleskyFactor<S: BLASScalar>(
    _ h: Matrix<S>
  ) throws(NotPositiveDefinite) -> Matrix<S> {
    var l = h
    let n = h.rows
    // LAPACK is column-major: its upper triangle is our lower one.
    let info = l.elements.withUnsafeMutableBufferPointer { a in
      a.baseAddress.map { S.potrf(.upper, Int32(n), $0) } ?? 0
    }
    guard info == 0 else { throw NotPositiveDefinite(leadingMinor: Int(info)) }
    l.clearTriangle(above: true)
    return l
  }

  /// Reversing rows and columns of H turns "factorise, invert, factorise again" into one
  /// factorisation and one triangular inverse: with J the reversal and JHJ = LLᵀ,
  /// H⁻¹ = (J L⁻ᵀ J)(J L⁻¹ J), whose second factor is the upper-triangular U of UᵀU = H⁻¹.
  @specialized(where S == Float)
  @specialized(where S == Double)
  func inverseFactor<S: BLASScalar>(
    _ h: Matrix<S>
  ) throws(NotPositiveDefinite) -> Matrix<S> {
    let n = h.rows
    var elements = h.elements.reversedInParallel()
    var info = elements.withUnsafeMutableBufferPointer { a in
      a.baseAddress.map { S.potrf(.upper, Int32(n), $0) } ?? 0
    }
    guard info == 0 else { throw NotPositiveDefinite(leadingMinor: Int(info)) }
    elements = elements.reversedInParallel()
    info = elements.withUnsafeMutableBufferPointer { a in
      a.baseAddress.map { S.trtri(.lower, Int32(n), $0) } ?? 0
    }
    guard info == 0 else { throw NotPositiveDefinite(leadingMinor: Int(info)) }
    var u = Matrix(rows: n, columns: n, elements: elements)
    u.clearTriangle(above: false)
    return u
  }
}

extension Matrix where Scalar: BLASScalar {
  /// Sets one triangle of a square matrix, without the diagonal, to 0.
  fileprivate mutating func clearTriangle(above: Bool) {
    let n = rows
    elements.withUnsafeMutableBufferPointer { a in
      guard let a = a.baseAddress else { return }
      for row in 0..<n {
        let start = a + row * n
        if above {
          (start + row + 1).update(repeating: 0, count: n - row - 1)
        } else {
          start.update(repeating: 0, count: row)
        }
      }
    }
  }
}

extension Array where Element: BLASScalar {
  /// The elements from the last to the first.
  fileprivate func reversedInParallel() -> [Element] {
    let count = self.count
    return [Element](unsafeUninitializedCapacity: count) { out, initialized in
      initialized = count
      withUnsafeBufferPointer { x in
        guard let out = out.baseAddress, let x = x.baseAddress else { return }
        nonisolated(unsafe) let pointers = (x: x, out: out)
        parallelFor(count, chunk: 1 << 16) { part in
          var source = pointers.x + (count - 1 - part.lowerBound)
          var index = part.lowerBound
          while index < part.upperBound {
            pointers.out[index] = source.pointee
            source -= 1
            index += 1
          }
        }
      }
    }
  }
}
