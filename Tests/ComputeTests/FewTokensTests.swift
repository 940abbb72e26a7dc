import Compute
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("An engine for few tokens: stored weights, kept keys")
struct FewTokensTests {
  private let engine = CPUEngine()

  private func multiply(
    _ x: Matrix<Float>, _ weight: EngineBuffer, _ rows: Range<Int>, bias: Matrix<Float>? = nil
  ) -> Matrix<Float> {
    let few = engine.forFewTokens
    return few.download(
      few.linear(few.upload(x), weight: weight, rows: rows, bias: bias.map(few.upload)))
  }

  @Test(
    "products with weights as they are stored: exact to float32, the same bits for each token alone",
    arguments: FloatFormat.allCases, [7, 16, 45])
  func products(format: FloatFormat, inputs: Int) {
    let few = engine.forFewTokens
    let values = Matrix<Float>.gaussian(75, inputs, seed: 1)
    let encoded = EncodedMatrix(
      rows: 75, columns: inputs, format: format, bytes: format.encode(values.elements))
    let weight = few.upload(encoded)
    let stored = encoded.decoded
    let bias = Matrix<Float>.gaussian(1, 75, seed: 2)
    // The last are more than those that count as few.
    for tokens in [1, 3, 4, 18, 32, 40] {
      let x = Matrix<Float>.gaussian(tokens, inputs, seed: 3)
      for rows in [0..<75, 5..<70] {
        let y = multiply(x, weight, rows, bias: bias)
        #expect((y.rows, y.columns) == (tokens, rows.count))
        for token in 0..<tokens {
          for row in rows {
            let exact = zip(x.row(token), stored.row(row)).reduce(Double(bias[0, row])) {
              $0 + Double($1.0) * Double($1.1)
            }
            #expect(abs(Double(y[token, row - rows.lowerBound]) - exact) < 2e-5)
          }
        }
        guard tokens <= 32 else { continue }
        let alone = multiply(x.rows(in: tokens - 1..<tokens), weight, rows, bias: bias)
        #expect(alone.elements == Array(y.row(tokens - 1)))
      }
    }
    #expect(few.download(weight) == stored)
  }

  @Test("it takes weights as they are stored; the engine it comes from does not")
  func storage() {
    #expect(!engine.takesEncoded && engine.forFewTokens.takesEncoded)
  }

  @Test("the largest of each row is the first of equal ones; a row with a NaN has none")
  func maxima() {
    var x = Matrix<Float>(rows: 4, columns: 37, repeating: -2)
    x[0, 36] = 5
    (x[1, 17], x[1, 30]) = (3, 3)
    x[3, 20] = .nan
    x[3, 4] = 9
    #expect(
      engine.rowMaxima(engine.upload(x)) == [
        RowMaximum(value: 5, column: 36), RowMaximum(value: 3, column: 17),
        RowMaximum(value: -2, column: 0), nil,
      ])
  }

  @Test("rows are replaced in place, and in a copy where somebody else holds them")
  func replacing() {
    var x = engine.upload(Matrix<Float>(rows: 4, columns: 2, repeating: 1))
    let before = x
    engine.replaceRows(
      [3, 0], of: &x, with: engine.upload(Matrix(rows: 2, columns: 2, elements: [2, 3, 4, 5])))
    #expect(engine.download(x).elements == [4, 5, 1, 1, 1, 1, 2, 3])
    #expect(engine.download(before).elements.allSatisfy { $0 == 1 })
  }

  struct Sight: Sendable {
    var slidingWindow: Int?
    var sinks = false
    var softCap: Float?
  }

  @Test(
    "keys that several windows share are seen as if each had its own, one query or many",
    arguments: [
      Sight(), Sight(slidingWindow: 4), Sight(slidingWindow: 12), Sight(sinks: true),
      Sight(softCap: 2),
    ])
  func shared(sight: Sight) {
    var shape = AttentionShape(
      heads: 6, keyValueHeads: 2, headDimension: 5, slidingWindow: sight.slidingWindow)
    shape.softCap = sight.softCap
    let sinks = sight.sinks ? engine.upload(Matrix<Float>.gaussian(1, 6, seed: 4)) : nil
    let k = engine.upload(Matrix<Float>.gaussian(40, 10, seed: 1))
    let v = engine.upload(Matrix<Float>.gaussian(40, 10, seed: 2))
    let q = engine.upload(Matrix<Float>.gaussian(9, 30, seed: 3))
    // Behind nine common tokens one sequence of three with a new one, and a new one of four.
    let windows = [
      AttentionWindow(queries: 0..<1, shared: 2..<11, keys: 20..<24, firstPosition: 12),
      AttentionWindow(queries: 1..<5, shared: 2..<11, keys: 30..<34, firstPosition: 9),
      AttentionWindow(queries: 5..<8, shared: 0..<0, keys: 12..<16, firstPosition: 1),
    ]
    let together = engine.download(
      engine.attention(q: q, k: k, v: v, shape: shape, sinks: sinks, windows: windows))
    let joined = engine.joiningKeys(k, v, windows)
    #expect(joined.windows.map(\.keys) == [0..<13, 13..<26, 26..<30])
    #expect(joined.windows.allSatisfy { $0.shared.isEmpty })
    let apart = engine.download(
      engine.attention(
        q: q, k: joined.k, v: joined.v, shape: shape, sinks: sinks, windows: joined.windows))
    for (a, b) in zip(together.elements, apart.elements) { #expect(abs(a - b) < 1e-6) }
    // By hand: the second query of the second window, head 3, which reads the second keys.
    let (qs, ks, vs) = (engine.download(q), engine.download(k), engine.download(v))
    let rows = Array(2..<11) + [30, 31]
    let seen = sight.slidingWindow.map { Array(rows.suffix($0)) } ?? rows
    let scores = seen.map { row -> Double in
      let score = (0..<5).reduce(0.0) { $0 + Double(qs[2, 15 + $1]) * Double(ks[row, 5 + $1]) }
      let scaled = score * Double(shape.scale)
      return sight.softCap.map { Double($0) * tanh(scaled / Double($0)) } ?? scaled
    }
    let sink = sinks.map { Double(engine.download($0)[0, 3]) }
    let sum = scores.reduce(sink.map { exp($0) } ?? 0) { $0 + exp($1) }
    for column in 0..<5 {
      let expected = zip(seen, scores).reduce(0) {
        $0 + exp($1.1) / sum * Double(vs[$1.0, 5 + column])
      }
      #expect(abs(Double(together[2, 15 + column]) - expected) < 1e-5)
    }
    #expect(together.row(8).allSatisfy { $0 == 0 })
  }
}
