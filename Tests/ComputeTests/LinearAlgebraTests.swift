import Compute
import Tensor
import TestSupport
import Testing

@Suite("Linear algebra against plain loops")
struct LinearAlgebraTests {
  let engine = CPUEngine()

  @Test("op(A)·op(B)", arguments: [false, true], [false, true])
  func multiply(transposingA: Bool, transposingB: Bool) {
    let a = Matrix<Double>.gaussian(transposingA ? 7 : 5, transposingA ? 5 : 7, seed: 1)
    let b = Matrix<Double>.gaussian(transposingB ? 4 : 7, transposingB ? 7 : 4, seed: 2)
    let product = engine.multiply(a, transposingA: transposingA, b, transposingB: transposingB)
    let expected = plainProduct(
      transposingA ? a.transposed() : a, transposingB ? b.transposed() : b)
    #expect(product.largestDifference(to: expected) < 1e-12)
  }

  @Test("an empty product is zeros")
  func emptyProduct() {
    let product = engine.multiply(
      Matrix<Float>(rows: 2, columns: 0), transposingA: false, Matrix<Float>(rows: 0, columns: 3),
      transposingB: false)
    #expect(product == Matrix<Float>(rows: 2, columns: 3))
  }

  @Test("H += scale·XᵀX, both triangles, chunk by chunk", arguments: [3, 70, 129])
  func gram(width: Int) {
    let x = Matrix<Double>.gaussian(40, width, seed: 3)
    var h = Matrix<Double>(rows: width, columns: width)
    engine.accumulateGram(x.rows(in: 0..<25), scale: 0.5, into: &h)
    engine.accumulateGram(x.rows(in: 25..<40), scale: 0.5, into: &h)
    let expected = plainProduct(x.transposed(), x).map { $0 * 0.5 }
    #expect(h.largestDifference(to: expected) < 1e-11)
  }

  @Test("UᵀU·H = I with U upper triangular", arguments: [1, 2, 63, 130])
  func inverseFactor(n: Int) throws {
    let h = spd(n)
    let u = try engine.inverseFactor(h)
    for row in 0..<n { #expect(u.row(row).prefix(row).allSatisfy { $0 == 0 }) }
    let identity = plainProduct(plainProduct(u.transposed(), u), h)
    var expected = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n { expected[i, i] = 1 }
    #expect(identity.largestDifference(to: expected) < 1e-9)
  }

  @Test("LLᵀ = H with L lower triangular")
  func cholesky() throws {
    let h = spd(33)
    let l = try engine.choleskyFactor(h)
    #expect((0..<32).allSatisfy { l.row($0).suffix(32 - $0).allSatisfy { $0 == 0 } })
    #expect(plainProduct(l, l.transposed()).largestDifference(to: h) < 1e-10)
  }

  @Test("a singular H is refused, not factorised")
  func singular() {
    let h = Matrix<Double>(rows: 3, columns: 3, elements: [1, 0, 0, 0, -1, 0, 0, 0, 1])
    #expect(throws: NotPositiveDefinite.self) { try engine.inverseFactor(h) }
    #expect {
      try engine.choleskyFactor(h)
    } throws: { ($0 as? NotPositiveDefinite)?.leadingMinor == 2 }
  }

  private func spd(_ n: Int) -> Matrix<Double> {
    let x = Matrix<Double>.gaussian(2 * n + 3, n, seed: UInt64(n))
    return plainProduct(x.transposed(), x)
  }
}

/// A·B by the definition.
func plainProduct(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Matrix<Double> {
  var product = Matrix<Double>(rows: a.rows, columns: b.columns)
  for i in 0..<a.rows {
    for j in 0..<b.columns {
      product[i, j] = (0..<a.columns).reduce(0) { $0 + a[i, $1] * b[$1, j] }
    }
  }
  return product
}
