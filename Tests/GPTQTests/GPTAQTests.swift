import Basics
import Compute
import GPTQ
import Tensor
import Testing

@Suite("algorithm gptaq")
struct GPTAQTests {
  /// A linear of a model whose earlier layers are quantized: X is X₀ with a shift that X₀ foretells in
  /// part.
  struct Problem {
    var weight: Matrix<Float>
    var hessian: Matrix<Float>
    var shift: Matrix<Float>
    var x: Matrix<Float>
    var base: Matrix<Float>

    init(rows: Int = 48, columns: Int, seed: UInt64 = 3) {
      var random = SplitMix64(seed: seed)
      let tokens = 4 * columns
      let latent = Matrix<Float>(rows: tokens, columns: columns) { _, column in
        Float(random.gaussian() / Double(column + 1).squareRoot())
      }
      let mixing = Matrix<Float>(rows: columns, columns: columns) { row, column in
        Float(random.gaussian() * 0.1) + (row == column ? 0.3 : 0)
      }
      base = product(latent, mixing)
      let damage = Matrix<Float>(rows: columns, columns: columns) { row, column in
        Float(random.gaussian() * 0.01) + (row == column ? 0.9 : 0)
      }
      x = product(base, damage)
      var accumulator = HessianAccumulator(features: columns)
      var shifted = InputShift(features: columns)
      for start in stride(from: 0, to: tokens, by: 100) {
        let rows = start..<min(start + 100, tokens)
        accumulator.accumulate(x.rows(in: rows))
        shifted.accumulate(x.rows(in: rows), base: base.rows(in: rows))
      }
      hessian = accumulator.matrix
      shift = shifted.hostMatrix
      weight = Matrix(rows: rows, columns: columns) { _, _ in Float(random.gaussian() * 0.02) }
    }

    /// ‖W·X₀ᵀ − Wq·Xᵀ‖².
    func outputError(_ quantized: Matrix<Float>) -> Double {
      product(base, weight, transposingB: true)
        .squaredDistance(to: product(x, quantized, transposingB: true))
    }

    func solved(_ config: QuantizeConfig) throws -> SolvedLinear {
      let solver = GPTQSolver(engine: host)
      var factors = HessianFactors(hessian, shift: shift)
      let meter = try ReconstructionMeter(weight: weight, norm: HessianNorm(hessian))
      return try solver.quantize(meter, factors: &factors, config: config).downloaded()
    }
  }

  @Test("D = (2/T)·(X₀ − X)ᵀX, the tokens of H alone counted")
  func shift() {
    var shift = InputShift(features: 2)
    let x = Matrix<Float>(rows: 3, columns: 2, elements: [1, 2, .nan, 0, 3, 4])
    let base = Matrix<Float>(rows: 3, columns: 2, elements: [2, 2, 0, 0, 3, 6])
    shift.accumulate(x, base: base)
    // Shifts (1, 0) and (0, 2) of the tokens (1, 2) and (3, 4); T = 2.
    #expect(shift.hostMatrix.elements == [1, 2, 6, 8])
  }

  @Test(
    "as plain loops in Double, P by its definition",
    arguments: [(24, false, false), (40, true, false), (-1, true, false), (32, false, true)])
  func agrees(groupSize: Int, descAct: Bool, groupAware: Bool) throws {
    let problem = Problem(columns: 144)
    let config = QuantizeConfig.with {
      $0.algorithm = .gptaq
      ($0.groupSize, $0.descAct, $0.actGroupAware) = (groupSize, descAct, groupAware)
    }
    let reference = try #require(
      GPTQReference.quantize(
        weight: Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
        shift: Matrix<Double>(problem.shift), config: config, blockSize: 64))
    let solver = GPTQSolver(engine: host, blockSize: 64)
    let meter = try ReconstructionMeter(
      weight: problem.weight, norm: HessianNorm(problem.hessian))
    var factors = HessianFactors(problem.hessian, shift: problem.shift)
    let (damping, order) = (Damping(dampPercent: config.dampPercent), ColumnOrder(config))
    let double = solver.solve(
      meter, factor: try factors.factor(damping, order, .float64), config: config
    ).downloaded()
    #expect(agreement(double.linear.codes, reference.codes) >= 0.9999)
    #expect(double.linear.groupIndex == reference.groupIndex)
    let single = solver.solve(
      meter, factor: try factors.factor(damping, order), config: config
    ).downloaded()
    #expect(agreement(single.linear.codes, reference.codes) >= 0.99)
    #expect(relativeDifference(double.losses ?? .nan, reference.losses) < 1e-6)
  }

  @Test("nearer to the base's output than gptq where the inputs have moved")
  func helps() throws {
    let problem = Problem(columns: 128)
    let gptq = try problem.solved(.with { $0.groupSize = 32 })
    let gptaq = try problem.solved(.with { ($0.groupSize, $0.algorithm) = (32, .gptaq) })
    #expect(gptaq.path == .direct)
    #expect(
      problem.outputError(gptaq.linear.dequantized())
        < 0.95 * problem.outputError(gptq.linear.dequantized()))
  }

  @Test("is gptq where no input has moved")
  func withoutShift() throws {
    var problem = Problem(columns: 96)
    problem.shift = Matrix(rows: 96, columns: 96)
    let gptq = try problem.solved(.with { $0.groupSize = 32 })
    let gptaq = try problem.solved(.with { ($0.groupSize, $0.algorithm) = (32, .gptaq) })
    #expect(gptaq.linear == gptq.linear)
  }
}
