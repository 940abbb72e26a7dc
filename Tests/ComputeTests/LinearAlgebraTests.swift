import Compute
import Foundation
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
    let product = engine.multiply(
      upload(a), transposingA: transposingA, upload(b), transposingB: transposingB)
    let expected = plainProduct(
      transposingA ? a.transposed() : a, transposingB ? b.transposed() : b)
    #expect(download(product).largestDifference(to: expected) < 1e-5)
  }

  @Test("an empty product is zeros")
  func emptyProduct() {
    let product = engine.multiply(
      engine.zeros(rows: 2, columns: 0), transposingA: false, engine.zeros(rows: 0, columns: 3),
      transposingB: false)
    #expect(engine.download(product) == Matrix<Float>(rows: 2, columns: 3))
  }

  @Test("rows of a weight, each with its number of the bias")
  func linear() {
    let x = Matrix<Double>.gaussian(6, 5, seed: 1)
    let weight = Matrix<Double>.gaussian(9, 5, seed: 2)
    let bias = (0..<9).map { Float($0) }
    let whole = plainProduct(x, weight.transposed())
    for rows in [0..<9, 3..<7, 8..<9, 4..<4] {
      let y = engine.linear(
        upload(x), weight: upload(weight), rows: rows, bias: engine.upload(vector: bias))
      let expected = Matrix<Double>(
        rows: 6, columns: rows.count,
        elements: (0..<6).flatMap { row in rows.map { whole[row, $0] + Double(bias[$0]) } })
      #expect(download(y).largestDifference(to: expected) < 1e-5)
    }
  }

  @Test("H += XᵀX, both triangles, chunk by chunk, bad rows left out", arguments: [3, 70, 129])
  func gram(width: Int) {
    var x = Matrix<Double>.gaussian(40, width, seed: 3)
    var h = engine.zeros(rows: width, columns: width)
    let untouched = h
    var bad = x.rows(in: 0..<25)
    bad[7, 1] = .nan
    #expect(engine.accumulateGram(upload(bad), into: &h).value == 24)
    #expect(engine.accumulateGram(upload(x.rows(in: 25..<40)), into: &h).value == 15)
    engine.scale(&h, by: 0.5)
    engine.mirrorUpper(&h)
    for column in 0..<width { x[7, column] = 0 }
    let expected = plainProduct(x.transposed(), x).map { $0 * 0.5 }
    #expect(download(h).largestDifference(to: expected) < 1e-4)
    #expect(engine.squaredNorm(untouched) == 0, "a copy is a value")
  }

  @Test(
    "UᵀU·A = I with U upper triangular, A in another order and damped", arguments: [1, 2, 63, 130])
  func inverseFactor(n: Int) throws {
    let h = spd(n)
    let order = Array((0..<n).reversed())
    let diagonal = order.map { h[$0, $0] * 1.5 }
    var damped = h.selectingRows(order).selectingColumns(order)
    for place in 0..<n { damped[place, place] = diagonal[place] }
    for precision in [Precision.float32, .float64] {
      let factor = try engine.inverseFactor(
        upload(h), order: order, diagonal: diagonal, precision: precision)
      let u = download(factor)
      for row in 0..<n { #expect(u.row(row).prefix(row).allSatisfy { $0 == 0 }) }
      let identity = plainProduct(plainProduct(u.transposed(), u), damped)
      var expected = Matrix<Double>(rows: n, columns: n)
      for i in 0..<n { expected[i, i] = 1 }
      #expect(identity.largestDifference(to: expected) < 1e-4)
    }
  }

  @Test("LLᵀ = H with L lower triangular")
  func cholesky() throws {
    let h = spd(33)
    let l = download(try engine.choleskyFactor(upload(h)))
    #expect((0..<32).allSatisfy { l.row($0).suffix(32 - $0).allSatisfy { $0 == 0 } })
    #expect(plainProduct(l, l.transposed()).largestDifference(to: h) < 1e-4)
  }

  @Test("a singular H is refused, not factorised")
  func singular() {
    let h = upload(Matrix<Double>(rows: 3, columns: 3, elements: [1, 0, 0, 0, -1, 0, 0, 0, 1]))
    for precision in [Precision.float32, .float64] {
      #expect(throws: NotPositiveDefinite.self) {
        try engine.inverseFactor(
          h, order: [0, 1, 2], diagonal: [1, -1, 1], precision: precision)
      }
    }
    #expect {
      try engine.choleskyFactor(h)
    } throws: { ($0 as? NotPositiveDefinite)?.leadingMinor == 2 }
  }

  @Test("tr(A·H·Aᵀ) by H and by its factor is the plain sum", arguments: [1, 17, 130])
  func traceProducts(n: Int) throws {
    let a = Matrix<Double>.gaussian(9, n, seed: 5)
    let h = spd(n)
    let product = plainProduct(plainProduct(a, h), a.transposed())
    let expected = (0..<9).reduce(0.0) { $0 + product[$1, $1] }
    let byHessian = engine.traceProduct(upload(a), hessian: upload(h))
    let byFactor = engine.traceProduct(
      upload(a), cholesky: try engine.choleskyFactor(upload(h)))
    #expect(abs(byHessian / expected - 1) < 1e-4)
    #expect(abs(byFactor / expected - 1) < 1e-4)
  }

  @Test("eigenvalues of the rows and columns that are kept, ascending")
  func eigenvalues() throws {
    let h = Matrix<Double>(
      rows: 3, columns: 3, elements: [2, 9, 1, 9, 9, 9, 1, 9, 2])
    let values = try #require(engine.eigenvalues(upload(h), of: [0, 2]))
    for (value, expected) in zip(values, [1.0, 3]) { #expect(abs(value - expected) < 1e-12) }
    #expect(engine.eigenvalues(upload(h), of: []) == [])
  }

  @Test("rows gathered from several buffers, scattered back with weights, and columns cleared")
  func gatherAndScatter() {
    let a = Matrix<Float>.gaussian(4, 3, seed: 1)
    let b = Matrix<Float>.gaussian(2, 3, seed: 2)
    let gathered = engine.gatherRows([
      (engine.upload(a), [3, 0]), (engine.upload(b), []), (engine.upload(b), [1]),
    ])
    #expect(
      engine.download(gathered).elements == Array(a.row(3)) + Array(a.row(0)) + Array(b.row(1)))
    var x = engine.upload(a)
    engine.scatterAdd(gathered, weights: [2, 0, -1], to: &x, rows: [1, 0, 2])
    let sum = engine.download(x)
    for column in 0..<3 {
      #expect(sum[0, column] == a[0, column])
      #expect(sum[1, column] == a[1, column] + 2 * a[3, column])
      #expect(sum[2, column] == a[2, column] - b[1, column])
    }
    engine.clearColumns(&x, [1])
    #expect(engine.download(x).selectingColumns([1]).elements == [0, 0, 0, 0])
    #expect(engine.largestMagnitude(x) > 0)
  }

  @Test("a router's experts, by both rules; ties as torch.topk breaks them")
  func routing() {
    let logits = Matrix<Float>(rows: 2, columns: 4, elements: [1, 3, 3, 0, -1, -1, -1, -1])
    let e = (Float(exp(-2.0)), Float(exp(-3.0)))
    let all = engine.route(
      engine.upload(logits), RoutingRule(expertsPerToken: 2, isNormalized: false))
    #expect(all.experts == [1, 2, 2, 3])
    let sum = 2 + e.0 + e.1
    let among: [Float] = [1 / sum, 1 / sum, 0.25, 0.25]
    for (weight, expected) in zip(all.weights, among) {
      #expect(abs(weight - expected) < 1e-6)
    }
    let chosen = engine.route(
      engine.upload(logits),
      RoutingRule(expertsPerToken: 3, softmax: .chosen, isNormalized: false))
    #expect(chosen.experts == [1, 2, 0, 0, 2, 3])
    let third = Float(1) / 3
    let shares: [Float] = [1 / (2 + e.0), 1 / (2 + e.0), e.0 / (2 + e.0), third, third, third]
    for (weight, expected) in zip(chosen.weights, shares) {
      #expect(abs(weight - expected) < 1e-6)
    }
    let sent = all.tokensByExpert(4)
    #expect(sent.map(\.rows) == [[], [0], [0, 1], [1]])
    #expect(sent[2].weights == [all.weights[1], all.weights[2]])
    #expect(all.difference(from: all) == 0)
    var other = all
    other.experts = [2, 1, 0, 3]
    #expect(all.difference(from: other) == 1)
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

  private func upload(_ matrix: Matrix<Double>) -> EngineBuffer {
    engine.upload(Matrix<Float>(matrix))
  }

  private func download(_ buffer: EngineBuffer) -> Matrix<Double> {
    Matrix<Double>(engine.download(buffer))
  }

  private func spd(_ n: Int) -> Matrix<Double> {
    let x = Matrix<Double>.gaussian(2 * n + 3, n, seed: UInt64(n))
    return plainProduct(x.transposed(), x).map { $0 / Double(n) }
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
