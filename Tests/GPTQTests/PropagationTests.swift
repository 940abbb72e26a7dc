import Basics
import Compute
import GPTQ
import Tensor
import Testing

@Suite("error_propagation")
struct PropagationTests {
  typealias Problem = GPTAQTests.Problem

  @Test(
    "GPTQ on QEP's weight, as plain loops in Double",
    arguments: [0.25, 1],
    [(24, false, false), (40, true, false), (-1, true, false), (32, false, true)])
  func agrees(share: Double, columns: (Int, Bool, Bool)) throws {
    let problem = Problem(columns: 144)
    let config = QuantizeConfig.with {
      ($0.groupSize, $0.descAct, $0.actGroupAware) = columns
      $0.errorPropagation = share
    }
    let weight = try #require(
      GPTQReference.propagated(
        Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
        shift: Matrix<Double>(problem.shift), dampPercent: config.dampPercent, share: share))
    let reference = try #require(
      GPTQReference.quantize(
        weight: weight, hessian: Matrix<Double>(problem.hessian), config: config))
    let solver = GPTQSolver(engine: host)
    let meter = try ReconstructionMeter(
      weight: problem.weight, norm: HessianNorm(problem.hessian))
    var factors = HessianFactors(problem.hessian, shift: problem.shift)
    let (damping, order) = (Damping(dampPercent: config.dampPercent), ColumnOrder(config))
    for precision in [Precision.float64, .float32] {
      let solved = solver.solve(
        meter, factor: try factors.factor(damping, order, precision), config: config
      ).downloaded()
      #expect(agreement(solved.linear.codes, reference.codes) >= 0.99)
      #expect(solved.linear.groupIndex == reference.groupIndex)
      let error = meter.error(of: solved.linear.dequantized())
      #expect(relativeDifference(solved.error.squaredError, error.squaredError) < 1e-4)
    }
  }

  @Test("round to nearest of the moved weight")
  func rounds() throws {
    let problem = Problem(columns: 96)
    let config = QuantizeConfig.with {
      ($0.algorithm, $0.groupSize, $0.errorPropagation) = (.rtn, 32, 0.5)
    }
    let solved = try problem.solved(config)
    #expect(solved.path == .rtn && solved.dampPercentUsed == 0.01 && solved.rescueReason == nil)
    let weight = try #require(
      GPTQReference.propagated(
        Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
        shift: Matrix<Double>(problem.shift), dampPercent: 0.01, share: 0.5))
    let (rounded, _) = RoundToNearest.quantize(
      Matrix<Float>(weight), config: config, engine: host)
    #expect(agreement(solved.linear.codes, rounded.codes) >= 0.999)
    let plain = try problem.solved(.with { ($0.algorithm, $0.groupSize) = (.rtn, 32) })
    #expect(
      problem.outputError(solved.linear.dequantized())
        < 0.9 * problem.outputError(plain.linear.dequantized()))
  }

  @Test("0 is plain, and so is any share where no input has moved", arguments: [false, true])
  func plain(isRTN: Bool) throws {
    var problem = Problem(columns: 96)
    let plain = QuantizeConfig.with { ($0.groupSize, $0.algorithm) = (32, isRTN ? .rtn : .gptq) }
    var config = plain
    let expected = try problem.solved(plain).linear
    config.errorPropagation = 0
    #expect(try problem.solved(config).linear == expected)
    problem.shift = Matrix(rows: 96, columns: 96)
    config.errorPropagation = 1
    #expect(try problem.solved(config).linear == expected)
  }

  @Test("nearer to the base's output with every larger share")
  func helps() throws {
    let problem = Problem(columns: 128)
    let errors = try [0, 0.25, 0.5, 0.75, 1].map { share in
      problem.outputError(
        try problem.solved(.with { ($0.groupSize, $0.errorPropagation) = (32, share) })
          .linear.dequantized())
    }
    for (less, more) in zip(errors, errors.dropFirst()) { #expect(more < less) }
    #expect(errors[4] < 0.8 * errors[0])
  }

  @Test("share 1 with damp from the largest eigenvalue is Qronos, but for its first column")
  func qronos() throws {
    let problem = Problem(columns: 80)
    let diagonal = problem.hessian.diagonal.map(Double.init)
    let largest = try #require(
      host.eigenvalues(host.upload(problem.hessian), of: Array(0..<80))?.last)
    let config = QuantizeConfig.with {
      ($0.groupSize, $0.errorPropagation, $0.scalesDtype) = (-1, 1, .f32)
      $0.dampPercent = 1e-3 * largest / (diagonal.reduce(0, +) / 80)
    }
    let meter = try ReconstructionMeter(
      weight: problem.weight, norm: HessianNorm(problem.hessian))
    var factors = HessianFactors(problem.hessian, shift: problem.shift)
    let solved = GPTQSolver(engine: host).solve(
      meter,
      factor: try factors.factor(Damping(dampPercent: config.dampPercent), .natural, .float64),
      config: config
    ).downloaded()
    let weight = solved.linear.dequantized()
    let codes = try #require(
      GPTQReference.qronosCodes(
        Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
        shift: Matrix<Double>(problem.shift), dampPercent: config.dampPercent,
        first: (0..<weight.rows).map { Double(weight[$0, 0]) },
        scales: solved.linear.grids.scales, zero: 8, maxCode: 15))
    let later = Array(1..<80)
    #expect(
      agreement(
        solved.linear.codes.selectingColumns(later), codes.selectingColumns(later)) >= 0.999)
  }

  @Test("a weight that would move by more than itself is not trusted: more damp")
  func explodes() throws {
    var problem = Problem(columns: 64)
    problem.shift.scale(by: 300)
    for algorithm in [QuantizeConfig.Algorithm.gptq, .rtn] {
      let config = QuantizeConfig.with {
        ($0.groupSize, $0.errorPropagation, $0.algorithm) = (32, 1, algorithm)
      }
      let solved = try problem.solved(config)
      #expect(solved.rescueReason == .weightsExploded)
      #expect(solved.linear.dequantized().elements.allSatisfy { $0.isFinite })
    }
  }

  @Test("bad settings are refused, in three parts")
  func refused() {
    func error(_ change: (inout QuantizeConfig) -> Void) -> InputError? {
      do {
        try QuantizeConfig.with(change).validate()
        return nil
      } catch { return error }
    }
    #expect(
      error { $0.errorPropagation = 1.5 }
        == InputError(
          .usage, asked: "error_propagation 1.5", found: "it is the share of an error, from 0 to 1",
          hint: "0.5 is the usual one; 0 is plain"))
    #expect(
      error { ($0.algorithm, $0.errorPropagation) = (.gptaq, 0.5) }
        == InputError(
          .usage, asked: "error_propagation 0.5 with algorithm gptaq",
          found: "both make up for what the layers before did to the inputs",
          hint: "choose one: algorithm gptq with error_propagation, or gptaq without"))
  }
}
