import Compute
import GPTQ
import Tensor
import Testing

/// One point of the settings that the fast path and the reference must agree on.
struct LoopCase: Sendable, CustomTestStringConvertible {
  var bits: Int
  var groupSize: Int
  var descAct: Bool
  var staticGroups: Bool
  var sym: Bool
  var timing: QuantizeConfig.GroupTiming

  var testDescription: String {
    "bits=\(bits) group_size=\(groupSize) desc_act=\(descAct) static_groups=\(staticGroups)"
      + " sym=\(sym) \(timing)"
  }

  var config: QuantizeConfig {
    .with {
      $0.bits = bits
      $0.groupSize = groupSize
      $0.descAct = descAct
      $0.staticGroups = staticGroups
      $0.sym = sym
      $0.groupTiming = timing
    }
  }

  /// 8, 32 and 128 divide the 384 columns of the problem; 40 and 96 straddle blocks, 40 leaves a
  /// short group.
  static let all: [LoopCase] = [2, 3, 4, 8].flatMap { bits in
    [8, 32, 40, 96, 128, -1].flatMap { groupSize in
      [false, true].flatMap { descAct in
        [false, true].flatMap { staticGroups in
          [false, true].flatMap { sym in
            QuantizeConfig.GroupTiming.allCases.map { timing in
              LoopCase(
                bits: bits, groupSize: groupSize, descAct: descAct, staticGroups: staticGroups,
                sym: sym, timing: timing)
            }
          }
        }
      }
    }
  }
}

/// The comparison itself, for any problem: also those whose Hessian comes from a model.
func expectAgreement(
  _ problem: QuantizationProblem, _ config: QuantizeConfig,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let reference = try #require(
    GPTQReference.quantize(
      weight: Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
      config: config))
  let solver = GPTQSolver(engine: CPUEngine())
  let meter = try ReconstructionMeter(
    weight: problem.weight, norm: HessianNorm(problem.hessian), engine: solver.engine)
  var factors = HessianFactors(problem.hessian)
  let (damping, order) = (Damping(dampPercent: config.dampPercent), ColumnOrder(config))

  let double = solver.solve(
    meter, factor: try factors.doubleFactor(damping, order, engine: solver.engine), config: config)
  #expect(
    agreement(double.linear.codes, reference.codes) >= 0.9999, "Double",
    sourceLocation: sourceLocation)
  #expect(double.linear.groupIndex == reference.groupIndex, sourceLocation: sourceLocation)

  let single = solver.solve(
    meter, factor: try factors.factor(damping, order, engine: solver.engine), config: config)
  #expect(
    agreement(single.linear.codes, reference.codes) >= 0.99, "float32",
    sourceLocation: sourceLocation)
  #expect(
    relativeDifference(single.losses ?? .nan, reference.losses) <= 2e-3, "loss",
    sourceLocation: sourceLocation)
}

@Suite("The fast path against plain loops in Double")
struct ReferenceTests {
  static let problem = QuantizationProblem.synthetic(rows: 37, columns: 384)

  @Test(arguments: LoopCase.all)
  func agrees(_ loop: LoopCase) throws {
    try expectAgreement(Self.problem, loop.config)
  }

  @Test("dequantized codes are the loop's own q", arguments: [false, true], [false, true])
  func dequantizes(descAct: Bool, staticGroups: Bool) throws {
    let config = QuantizeConfig.with {
      $0.groupSize = 64
      $0.descAct = descAct
      $0.staticGroups = staticGroups
      $0.rescue = .off
    }
    let problem = QuantizationProblem.synthetic(rows: 32, columns: 192, seed: 5)
    let reference = try #require(
      GPTQReference.quantize(
        weight: Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
        config: config))
    var factors = HessianFactors(problem.hessian)
    let solver = GPTQSolver(engine: CPUEngine())
    let meter = try ReconstructionMeter(
      weight: problem.weight, norm: HessianNorm(problem.hessian), engine: solver.engine)
    let factor = try factors.doubleFactor(
      Damping(dampPercent: config.dampPercent), ColumnOrder(config), engine: solver.engine)
    let solved = solver.solve(meter, factor: factor, config: config)
    try #require(solved.linear.codes == reference.codes)
    #expect(solved.linear.dequantized() == Matrix<Float>(reference.quantized))
  }
}
