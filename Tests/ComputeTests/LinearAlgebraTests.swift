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
    h.mirrorUpper()
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

  @Test("A·L with L lower triangular is the plain product", arguments: [1, 17, 130])
  func lowerTriangularProduct(n: Int) {
    let a = Matrix<Double>.gaussian(9, n, seed: 5)
    var l = Matrix<Double>.gaussian(n, n, seed: 6)
    for row in 0..<n { for column in row + 1..<max(n, row + 1) { l[row, column] = 0 } }
    let product = engine.multiply(Matrix<Float>(a), lowerTriangular: Matrix<Float>(l))
    #expect(Matrix<Double>(product).largestDifference(to: plainProduct(a, l)) < 1e-4)
  }

  @Test("sums in lanes and gathered columns are those of plain loops", arguments: [1, 33, 70_001])
  func reductions(count: Int) {
    let x = Matrix<Float>.gaussian(1, count, seed: 7)
    let y = Matrix<Float>.gaussian(1, count, seed: 8)
    let pairs = zip(x.elements, y.elements).map { (Double($0), Double($1)) }
    let (norm, distance, dot) = pairs.reduce(into: (0.0, 0.0, 0.0)) { sums, pair in
      sums.0 += pair.0 * pair.0
      sums.1 += (pair.0 - pair.1) * (pair.0 - pair.1)
      sums.2 += pair.0 * pair.1
    }
    #expect(abs(x.squaredNorm / norm - 1) < 1e-12)
    #expect(abs(x.squaredDistance(to: y) / distance - 1) < 1e-12)
    #expect(abs(x.dot(y) - dot) < 1e-12 * norm)
    #expect(x.subtracting(y).elements == zip(x.elements, y.elements).map { $0 - $1 })
    let order = Array((0..<count).reversed())
    #expect(x.selectingColumns(order).elements == x.elements.reversed())
  }

  @Test("rows that would poison a Hessian are found")
  func nonFiniteRows() {
    var x = Matrix<Float>.gaussian(5, 40, seed: 9)
    (x[1, 39], x[3, 0], x[4, 17]) = (.infinity, .nan, 2e19)
    #expect(x.nonFiniteRows == [1, 3, 4])
    #expect(Matrix<Float>.gaussian(5, 40, seed: 9).nonFiniteRows.isEmpty)
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
