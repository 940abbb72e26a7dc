import Compute
import GPTQ
import Tensor
import Testing

@Suite("What must hold for any weight and Hessian")
struct InvariantTests {
  static let problem = QuantizationProblem.synthetic(rows: 48, columns: 192, seed: 3)

  /// ½·tr(ΔW (H + λI) ΔWᵀ) in Double, by its definition.
  static func dampedLoss(
    _ problem: QuantizationProblem, _ solved: SolvedLinear, dampPercent: Double
  ) -> Double {
    var h = Matrix<Double>(problem.hessian)
    let lambda = dampPercent * h.diagonal.reduce(0, +) / Double(h.rows)
    for i in 0..<h.rows { h[i, i] += lambda }
    let quantized = solved.linear.dequantized()
    var difference = Matrix<Double>(problem.weight)
    for i in difference.elements.indices {
      difference.elements[i] -= Double(quantized.elements[i])
    }
    var sum = 0.0
    for row in 0..<difference.rows {
      let row = Array(difference.row(row))
      for i in row.indices {
        var product = 0.0
        for j in row.indices { product += h.elements[i * h.columns + j] * row[j] }
        sum += row[i] * product
      }
    }
    return sum / 2
  }

  @Test(
    "ΣLosses = ½·tr(ΔW (H + λI) ΔWᵀ)", arguments: [0.001, 0.01, 0.1],
    [(4, 32, true), (3, 64, false), (8, -1, true)])
  func lossIdentity(damp: Double, shape: (bits: Int, groupSize: Int, descAct: Bool)) throws {
    let config = QuantizeConfig.with {
      $0.bits = shape.bits
      $0.groupSize = shape.groupSize
      $0.descAct = shape.descAct
      $0.dampPercent = damp
    }
    let single = try Self.problem.solved(config)
    let expected = Self.dampedLoss(Self.problem, single, dampPercent: damp)
    #expect(relativeDifference(try #require(single.losses), expected) < 1e-5)

    let double = try Self.problem.solvedInDouble(config)
    let exact = Self.dampedLoss(Self.problem, double, dampPercent: damp)
    // A scale in f16 times a code is exact in float32, so that nothing is lost on the way here.
    #expect(relativeDifference(try #require(double.losses), exact) < 1e-10)
  }

  @Test("the calibration error from the loss is the error itself", arguments: [0.0001, 0.01, 1])
  func errorFromLoss(damp: Double) throws {
    let solved = try Self.problem.solved(.with { $0.dampPercent = damp })
    let direct = Self.dampedLoss(Self.problem, solved, dampPercent: 0) * 2
    #expect(relativeDifference(solved.error.squaredError, direct) < 1e-3)
    #expect(solved.error.relative > 0 && solved.error.relative < 1)
  }

  @Test("with H = I, GPTQ is round-to-nearest", arguments: 2...8, [8, 32, -1])
  func identityHessian(bits: Int, groupSize: Int) throws {
    let identity = Matrix<Float>(rows: 192, columns: 192) { $0 == $1 ? 1 : 0 }
    let problem = QuantizationProblem(weight: Self.problem.weight, hessian: identity)
    for sym in [false, true] {
      for rescue in QuantizeConfig.Rescue.allCases {
        let config = QuantizeConfig.with {
          $0.bits = bits
          $0.groupSize = groupSize
          $0.sym = sym
          $0.rescue = rescue
        }
        let solver = GPTQSolver(engine: CPUEngine())
        let solved = try solver.quantize(
          weight: problem.weight, hessian: identity, config: config)
        let rtn = RoundToNearest.quantize(
          problem.weight, config: config, engine: solver.engine)
        #expect(solved.linear == rtn.linear)
        #expect(solved.path == .direct)
      }
    }
  }

  @Test(
    "the block size does not matter to whole rows, static and fresh groups",
    arguments: [1, 32, 64, 192])
  func blockSize(blockSize: Int) throws {
    let configs: [QuantizeConfig] = [
      .with { $0.groupSize = -1 },
      .with { ($0.groupSize, $0.staticGroups, $0.descAct) = (24, true, true) },
      .with { ($0.groupSize, $0.groupTiming) = (24, .current) },
    ]
    for config in configs {
      let expected = try Self.problem.solvedInDouble(config)
      let solved = try Self.problem.solvedInDouble(config, blockSize: blockSize)
      #expect(agreement(solved.linear.codes, expected.linear.codes) >= 0.9999)
    }
  }

  @Test("stale groups smaller than a block do depend on it, as other tools' do")
  func blockStartGroups() throws {
    let config = QuantizeConfig.with { $0.groupSize = 24 }
    let others = try Self.problem.solvedInDouble(config)
    let small = try Self.problem.solvedInDouble(config, blockSize: 24)
    #expect(agreement(others.linear.codes, small.linear.codes) < 0.999)
  }

  @Test("desc_act: groups are runs of the order, static ones stay where they were")
  func columnOrder() throws {
    let diagonal = Self.problem.hessian.diagonal
    let order = diagonal.indices.sorted { diagonal[$0] > diagonal[$1] }
    var expected = [Int32](repeating: 0, count: order.count)
    for (position, column) in order.enumerated() { expected[column] = Int32(position / 32) }
    let dynamic = try Self.problem.solved(.with { ($0.groupSize, $0.descAct) = (32, true) })
    #expect(dynamic.linear.groupIndex == expected)
    let fixed = try Self.problem.solved(
      .with { ($0.groupSize, $0.descAct, $0.staticGroups) = (32, true, true) })
    #expect(fixed.linear.groupIndex == (0..<192).map { Int32($0 / 32) })
  }

  @Test("equal values of diag H keep their order")
  func stableOrder() {
    #expect(
      ColumnOrder.descendingActivation.permutation(diagonal: [1, 3, 1, 3, 2]) == [1, 3, 4, 0, 2])
    #expect(ColumnOrder.natural.permutation(diagonal: [1, 3]) == [0, 1])
  }

  @Test("GPTQ beats round-to-nearest on the inputs it was calibrated on", arguments: [3, 4, 8])
  func beatsRTN(bits: Int) throws {
    let solver = GPTQSolver(engine: CPUEngine())
    let solved = try solver.quantize(
      weight: Self.problem.weight, hessian: Self.problem.hessian, config: .with { $0.bits = bits })
    let rtn = try solver.quantize(
      weight: Self.problem.weight, hessian: Self.problem.hessian,
      config: .with { ($0.bits, $0.algorithm) = (bits, .rtn) })
    #expect(rtn.path == .rtn)
    #expect(solved.path == .direct)
    #expect(solved.error.relative < 0.5 * rtn.error.relative)
    #expect(solved.error.squaredOutput == rtn.error.squaredOutput)
  }
}
