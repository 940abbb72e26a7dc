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

  /// 8, 32 and 128 divide the 256 columns of the problem; 40 and 96 straddle blocks and leave a
  /// short group. Timing matters only to groups that are fitted during the loop.
  static let all: [LoopCase] = [2, 3, 4, 8].flatMap { bits in
    [8, 32, 40, 96, 128, -1].flatMap { groupSize in
      [false, true].flatMap { descAct in
        [false, true].flatMap { sym in
          variants(groupSize).map { staticGroups, timing in
            LoopCase(
              bits: bits, groupSize: groupSize, descAct: descAct, staticGroups: staticGroups,
              sym: sym, timing: timing)
          }
        }
      }
    }
  }

  private static func variants(
    _ groupSize: Int
  ) -> [(staticGroups: Bool, timing: QuantizeConfig.GroupTiming)] {
    groupSize == -1
      ? [(false, .blockStart)] : [(false, .blockStart), (false, .current), (true, .blockStart)]
  }
}

/// The comparison itself, for any problem: also those whose Hessian comes from a model.
func expectAgreement(
  _ problem: QuantizationProblem, _ config: QuantizeConfig, _ reference: GPTQReference.Result,
  factors: inout HessianFactors, _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let solver = GPTQSolver(engine: host)
  let meter = try ReconstructionMeter(
    weight: problem.weight, norm: HessianNorm(problem.hessian))
  let (damping, order) = (Damping(dampPercent: config.dampPercent), ColumnOrder(config))
  let double = solver.solve(
    meter, factor: try factors.factor(damping, order, .float64), config: config
  ).downloaded()
  #expect(
    agreement(double.linear.codes, reference.codes) >= 0.9999, "Double \(comment())",
    sourceLocation: sourceLocation)
  #expect(double.linear.groupIndex == reference.groupIndex, sourceLocation: sourceLocation)

  let single = solver.solve(
    meter, factor: try factors.factor(damping, order), config: config
  ).downloaded()
  #expect(
    agreement(single.linear.codes, reference.codes) >= 0.99, "float32 \(comment())",
    sourceLocation: sourceLocation)
  #expect(
    relativeDifference(single.losses ?? .nan, reference.losses) <= (config.bits == 2 ? 5e-3 : 2e-3),
    "loss (at 2 bits one flipped code moves a whole row) \(comment())",
    sourceLocation: sourceLocation)
}

@Suite("The fast path against plain loops in Double")
struct ReferenceTests {
  static let problem = QuantizationProblem.synthetic(rows: 69, columns: 256)

  @Test(arguments: LoopCase.all)
  func agrees(_ loop: LoopCase) throws {
    let reference = try #require(
      GPTQReference.quantize(
        weight: Matrix<Double>(Self.problem.weight), hessian: Matrix<Double>(Self.problem.hessian),
        config: loop.config))
    var factors = HessianFactors(Self.problem.hessian)
    try expectAgreement(Self.problem, loop.config, reference, factors: &factors)
  }

  @Test("any block size, as the reference's", arguments: [1, 8, 40, 64, 256])
  func blockSizes(blockSize: Int) throws {
    let config = QuantizeConfig.with { $0.groupSize = 32 }
    let reference = try #require(
      GPTQReference.quantize(
        weight: Matrix<Double>(Self.problem.weight), hessian: Matrix<Double>(Self.problem.hessian),
        config: config, blockSize: blockSize))
    let solved = try Self.problem.solvedInDouble(config, blockSize: blockSize)
    #expect(agreement(solved.linear.codes, reference.codes) >= 0.9999)
  }

  @Test("dequantized codes are the loop's own q", arguments: [false, true], [false, true])
  func dequantizes(descAct: Bool, staticGroups: Bool) throws {
    let config = QuantizeConfig.with {
      $0.groupSize = 64
      $0.descAct = descAct
      $0.staticGroups = staticGroups
    }
    let problem = QuantizationProblem.synthetic(rows: 32, columns: 192, seed: 5)
    let reference = try #require(
      GPTQReference.quantize(
        weight: Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
        config: config))
    let solved = try problem.solvedInDouble(config)
    try #require(solved.linear.codes == reference.codes)
    #expect(solved.linear.dequantized() == Matrix<Float>(reference.quantized))
  }
}
