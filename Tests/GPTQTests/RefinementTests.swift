import Basics
import Compute
import GPTQ
import Tensor
import Testing

@Suite("refine_scales")
struct RefinementTests {
  struct Case: Sendable {
    var algorithm = QuantizeConfig.Algorithm.gptq
    var bits = 3
    var groupSize = 32
    var descAct = false
    var groupAware = false
    var sym = true
    var span = GridSpan.minmax
    var dtype = FloatFormat.f32

    var config: QuantizeConfig {
      .with {
        ($0.algorithm, $0.bits, $0.groupSize, $0.descAct) = (algorithm, bits, groupSize, descAct)
        ($0.actGroupAware, $0.sym, $0.gridSpan) = (groupAware, sym, span)
        ($0.scalesDtype, $0.rescue) = (dtype, .off)
      }
    }
  }

  static let cases = [
    Case(), Case(bits: 2, descAct: true), Case(groupSize: 24, groupAware: true),
    Case(bits: 4, groupSize: -1, descAct: true), Case(sym: false), Case(span: .fullRange),
    Case(algorithm: .rtn, bits: 4), Case(bits: 4, dtype: .f16), Case(bits: 4, dtype: .bf16),
    Case(groupSize: 40),
  ]

  static func solved(
    _ problem: QuantizationProblem, _ config: QuantizeConfig
  ) throws -> SolvedLinear {
    try GPTQSolver(engine: CPUEngine()).quantize(
      weight: problem.weight, hessian: problem.hessian, config: config)
  }

  @Test("the scales of plain loops in Double, codes as they were", arguments: cases)
  func agrees(test: Case) throws {
    let problem = QuantizationProblem.synthetic(rows: 21, columns: 144, seed: 31)
    let plain = try Self.solved(problem, test.config)
    var config = test.config
    config.refineScales = true
    let refined = try Self.solved(problem, config)
    #expect(refined.linear.codes == plain.linear.codes)
    #expect(refined.linear.grids.zeros == plain.linear.grids.zeros)
    #expect(refined.linear.groupIndex == plain.linear.groupIndex)
    #expect(refined.losses == plain.losses && refined.path == plain.path)
    let expected = try #require(
      GPTQReference.refinedScales(
        plain.linear.codes, zeros: plain.linear.grids.zeros,
        groupIndex: plain.linear.groupIndex, weight: Matrix<Double>(problem.weight),
        hessian: Matrix<Double>(problem.hessian)))
    let tolerances: [FloatFormat: Double] = [.f32: 2e-3, .f16: 3e-3, .bf16: 1e-2]
    let tolerance = tolerances[test.dtype] ?? 0
    let scales = refined.linear.grids.scales
    for (found, expected) in zip(scales.elements, expected.elements) {
      #expect(abs(Double(found) - expected) <= tolerance * abs(expected))
    }
    #expect(scales.elements.allSatisfy { test.dtype.round($0) == $0 })
  }

  @Test("never more error on the calibration Hessian, in any row", arguments: cases)
  func neverWorse(test: Case) throws {
    for seed in UInt64(40)..<44 {
      let problem = QuantizationProblem.synthetic(
        rows: 17, columns: 96, tokens: seed % 2 == 0 ? nil : 50, seed: seed)
      let plain = try Self.solved(problem, test.config)
      var config = test.config
      config.refineScales = true
      let refined = try Self.solved(problem, config)
      func errors(_ solved: SolvedLinear) -> [Double] {
        let weight = solved.linear.dequantized()
        return (0..<17).map { row in
          let e = (0..<96).map { Double(problem.weight[row, $0] - weight[row, $0]) }
          var sum = 0.0
          for i in 0..<96 { for j in 0..<96 { sum += e[i] * e[j] * Double(problem.hessian[i, j]) } }
          return sum
        }
      }
      for (before, after) in zip(errors(plain), errors(refined)) {
        #expect(after <= before * (1 + 1e-4))
      }
      #expect(refined.error.squaredError <= plain.error.squaredError)
      #expect(
        test.groupSize == -1 || test.dtype == .bf16
          || refined.error.squaredError < plain.error.squaredError)
    }
  }

  @Test("what cannot be moved stays: dead groups, rows of nothing")
  func degenerate() throws {
    var problem = QuantizationProblem.synthetic(rows: 8, columns: 64, seed: 3)
    for column in 0..<64 {
      problem.weight[2, column] = 0
      for dead in 0..<16 {
        (problem.hessian[dead, column], problem.hessian[column, dead]) = (0, 0)
      }
    }
    let config = QuantizeConfig.with { ($0.groupSize, $0.refineScales) = (16, true) }
    let plain = try Self.solved(problem, .with { $0.groupSize = 16 })
    let refined = try Self.solved(problem, config)
    #expect(refined.linear.grids.scales.elements.allSatisfy { $0.isFinite && $0 > 0 })
    for row in 0..<8 {
      #expect(refined.linear.grids.scales[row, 0] == plain.linear.grids.scales[row, 0])
    }
    #expect(
      refined.linear.grids.scales.rows(in: 2..<3) == plain.linear.grids.scales.rows(in: 2..<3))
  }
}
