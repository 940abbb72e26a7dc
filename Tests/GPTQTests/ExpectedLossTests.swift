import Compute
import GPTQ
import Tensor
import Testing

@Suite("The loss that is to be expected")
struct ExpectedLossTests {
  @Test(
    "is what the loop loses where nothing clips", arguments: [3, 4, 8],
    [(64, false, false), (32, true, false), (40, false, true), (-1, true, false)])
  func isNear(bits: Int, columns: (Int, Bool, Bool)) throws {
    let problem = QuantizationProblem.synthetic(rows: 96, columns: 256, seed: 17)
    let config = QuantizeConfig.with {
      $0.bits = bits
      ($0.groupSize, $0.descAct, $0.actGroupAware) = columns
      ($0.sym, $0.scalesDtype) = (false, .f32)
    }
    // A whole row that is fitted before the loop clips at few bits.
    if columns.0 == -1, bits < 8 { return }
    for solved in [try problem.solved(config), try problem.solvedInDouble(config)] {
      let expected = try #require(solved.expectedLosses)
      let ratio = (solved.losses ?? .nan) / expected
      #expect(abs(ratio - 1) < (bits == 8 ? 0.05 : bits == 4 ? 0.25 : 0.5), "\(ratio)")
    }
  }

  @Test("is the sum of its definition, in plain loops")
  func definition() throws {
    let problem = QuantizationProblem.synthetic(rows: 9, columns: 48, seed: 18)
    let config = QuantizeConfig.with { ($0.groupSize, $0.descAct) = (16, true) }
    let solved = try problem.solvedInDouble(config)
    let pivots = try #require(
      GPTQReference.Factor(
        hessian: Matrix<Double>(problem.hessian), dampPercent: config.dampPercent, descAct: true)
    ).squaredPivots
    var sum = 0.0
    for row in 0..<9 {
      for column in 0..<48 {
        let group = Int(solved.linear.groupIndex[column])
        let scale = Double(solved.linear.grids.scales[row, group])
        sum += pivots[column] * scale * scale / 12 / 2
      }
    }
    #expect(relativeDifference(solved.expectedLosses ?? .nan, sum) < 1e-5)
  }

  @Test("is far below the loss where groups clip")
  func clipping() throws {
    var problem = QuantizationProblem.synthetic(rows: 32, columns: 128, seed: 19)
    // A row without negative weights has half the scale that it needs.
    problem.weight = problem.weight.map { abs($0) }
    let solved = try problem.solved(.with { ($0.groupSize, $0.staticGroups) = (32, true) })
    #expect((solved.losses ?? 0) > 3 * (solved.expectedLosses ?? .infinity))
  }

  @Test("nothing is expected of round to nearest")
  func rounding() throws {
    let problem = QuantizationProblem.synthetic(rows: 8, columns: 64, seed: 20)
    let solved = try GPTQSolver(engine: host).quantize(
      weight: problem.weight, hessian: problem.hessian, config: .with { $0.algorithm = .rtn })
    #expect(solved.expectedLosses == nil && solved.losses == nil)
  }
}
