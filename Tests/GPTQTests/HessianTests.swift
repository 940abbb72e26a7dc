import Basics
import Compute
import GPTQ
import Tensor
import Testing

@Suite("Hessians and errors measured with them")
struct HessianTests {
  static func activations(rows: Int, columns: Int, seed: UInt64) -> Matrix<Float> {
    var random = SplitMix64(seed: seed)
    return Matrix(rows: rows, columns: columns) { _, _ in Float(random.gaussian()) }
  }

  @Test("H = (2/T)·XᵀX, however X is cut")
  func accumulates() {
    let x = Self.activations(rows: 50, columns: 12, seed: 1)
    var pieces = HessianAccumulator(features: 12)
    for range in [0..<7, 7..<7, 7..<50] {
      pieces.accumulate(x.rows(in: range))
    }
    #expect(pieces.tokens == 50)
    let h = pieces.matrix
    for i in 0..<12 {
      for j in 0..<12 {
        let sum = (0..<50).reduce(0.0) { $0 + Double(x[$1, i]) * Double(x[$1, j]) }
        #expect(abs(Double(h[i, j]) - 2 * sum / 50) < 1e-5)
      }
    }
  }

  @Test(
    "rows with NaN, infinity or an overflowing square stay outside",
    arguments: [
      Float.nan, .infinity, -.infinity, 1e30,
    ])
  func rejects(bad: Float) {
    var x = Self.activations(rows: 9, columns: 4, seed: 2)
    x[3, 1] = bad
    x[8, 0] = bad
    let good = Matrix(
      rows: 7, columns: 4, elements: [0, 1, 2, 4, 5, 6, 7].flatMap { Array(x.row($0)) })
    var accumulator = HessianAccumulator(features: 4)
    accumulator.accumulate(x)
    var expected = HessianAccumulator(features: 4)
    expected.accumulate(good)
    #expect(accumulator.tokens == 7)
    #expect(accumulator.rejectedTokens == 2)
    #expect(accumulator.matrix == expected.matrix)
  }

  @Test("no tokens, no numbers")
  func empty() {
    let accumulator = HessianAccumulator(features: 3)
    #expect(accumulator.matrix == Matrix(rows: 3, columns: 3))
  }

  @Test("both ways to measure give Σ‖ΔW·x‖² over the inputs")
  func norms() throws {
    let x = Self.activations(rows: 80, columns: 24, seed: 3)
    var accumulator = HessianAccumulator(features: 24)
    accumulator.accumulate(x)
    let h = accumulator.matrix
    let a = Self.activations(rows: 10, columns: 24, seed: 4)
    let outputs = product(x, a, transposingB: true)
    let expected = outputs.squaredNorm * 2 / 80
    #expect(relativeDifference(HessianNorm(h).squared(a), expected) < 1e-5)
    let factored = HessianNorm(factoring: h)
    #expect(relativeDifference(factored.squared(a), expected) < 1e-5)
  }

  @Test("a singular held-out Hessian still measures")
  func singularNorm() {
    let x = Self.activations(rows: 5, columns: 24, seed: 5)
    var accumulator = HessianAccumulator(features: 24)
    accumulator.accumulate(x)
    let a = Self.activations(rows: 10, columns: 24, seed: 6)
    let outputs = product(x, a, transposingB: true)
    let norm = HessianNorm(factoring: accumulator.matrix)
    let expected = outputs.squaredNorm * 2 / 5
    #expect(relativeDifference(norm.squared(a), expected) < 1e-4)
  }

  @Test("relative error, SQNR and weight error of a known difference")
  func measures() throws {
    let identity = Matrix<Float>(rows: 8, columns: 8) { $0 == $1 ? 1 : 0 }
    let weight = Matrix<Float>(rows: 2, columns: 8, repeating: 1)
    let meter = try ReconstructionMeter(
      weight: weight, norm: HessianNorm(identity))
    let error = meter.error(of: weight.map { $0 * 0.9 })
    #expect(abs(error.relative - 0.01) < 1e-7)
    #expect(abs(error.sqnr - 20) < 1e-4)
    #expect(abs(error.relativeWeight - 0.1) < 1e-6)
    #expect(meter.error(of: weight).relative == 0)
  }

  @Test("a factor is made once and shared")
  func sharesFactors() throws {
    let problem = QuantizationProblem.synthetic(rows: 32, columns: 64, seed: 6)
    var factors = HessianFactors(problem.hessian)
    let solver = GPTQSolver(engine: host)
    let meter = try ReconstructionMeter(
      weight: problem.weight, norm: HessianNorm(problem.hessian))
    for descAct in [false, true] {
      let config = QuantizeConfig.with { ($0.groupSize, $0.descAct) = (32, descAct) }
      let shared = try solver.quantize(meter, factors: &factors, config: config).downloaded()
      let alone = try solver.quantize(
        weight: problem.weight, hessian: problem.hessian, config: config)
      #expect(shared.linear == alone.linear)
      #expect(shared.error == alone.error)
    }
  }
}
