import Basics
import Compute
import GPTQ
import Tensor
import Testing

@Suite("Singular and near-singular Hessians")
struct RescueTests {
  static let solver = GPTQSolver(engine: host)
  /// 40 tokens cannot fill 96 directions.
  static let deficient = QuantizationProblem.synthetic(rows: 32, columns: 96, tokens: 40, seed: 7)

  static func quantize(
    _ problem: QuantizationProblem, _ change: (inout QuantizeConfig) -> Void
  ) throws -> SolvedLinear {
    try solver.quantize(
      weight: problem.weight, hessian: problem.hessian,
      config: .with {
        $0.groupSize = 32
        change(&$0)
      })
  }

  @Test("damp 0 without rescue: recorded, with round-to-nearest codes")
  func failureIsRecorded() throws {
    // A repeated input makes H exactly singular in any precision.
    var problem = QuantizationProblem.synthetic(rows: 32, columns: 64, seed: 8)
    for i in 0..<64 { problem.hessian[1, i] = problem.hessian[0, i] }
    for i in 0..<64 { problem.hessian[i, 1] = problem.hessian[i, 0] }
    problem.hessian[2, 2] = -1
    let solved = try Self.quantize(problem) { ($0.dampPercent, $0.rescue) = (0, .off) }
    #expect(solved.path == .failed)
    #expect(solved.rescueReason == .notPositiveDefinite)
    #expect(solved.dampPercentUsed == nil)
    #expect(
      solved.linear
        == RoundToNearest.quantize(
          problem.weight, config: .with { $0.groupSize = 32 }, engine: Self.solver.engine
        ).linear)
  }

  @Test("rank-deficient H with damp 0: never silent", arguments: [4, 8])
  func rankDeficient(bits: Int) throws {
    let off = try Self.quantize(Self.deficient) {
      ($0.bits, $0.dampPercent, $0.rescue) = (bits, 0, .off)
    }
    let auto = try Self.quantize(Self.deficient) { ($0.bits, $0.dampPercent) = (bits, 0) }
    #expect(auto.path != .direct)
    #expect(auto.rescueReason != nil)
    #expect(try #require(auto.dampPercentUsed) >= 0.001)
    let rtn = try Self.quantize(Self.deficient) { ($0.bits, $0.algorithm) = (bits, .rtn) }
    #expect(auto.error.relative < rtn.error.relative)
    let limit = GPTQSolver.explosionFactor * rtn.error.relativeWeight
    #expect(auto.error.relativeWeight <= limit)
    // Without rescue it either fails, or succeeds and shows what became of the weights.
    #expect(off.path == .failed || off.error.relativeWeight > limit)
  }

  @Test("Double steps in where only float32 cannot factorise")
  func double() throws {
    // Eigenvalues 1 and 3e-8: float32 rounds the second pivot away, Double does not.
    var hessian = Matrix<Float>(rows: 32, columns: 32) { $0 == $1 ? 1 : 0 }
    hessian[0, 0] = 1
    hessian[0, 1] = 1 - 0x1p-24
    hessian[1, 0] = 1 - 0x1p-24
    hessian[1, 1] = 1 - 0x1p-24
    hessian[2, 2] = 4096
    var factors = HessianFactors(hessian)
    let damping = Damping(dampPercent: 0)
    let single = try? factors.factor(damping, .natural)
    let double = try? factors.factor(damping, .natural, .float64)
    try #require(single == nil)
    #expect(double?.precision == .float64)

    let weight = QuantizationProblem.synthetic(rows: 16, columns: 32, seed: 2).weight
    let solved = try Self.quantize(
      QuantizationProblem(weight: weight, hessian: hessian)
    ) { $0.dampPercent = 0 }
    #expect(solved.path == .double)
    #expect(solved.dampPercentUsed == 0)
    #expect(solved.rescueReason == .notPositiveDefinite)
  }

  @Test("a Hessian of nothing but zeros is all dead columns, not a failure")
  func zeroHessian() throws {
    let problem = QuantizationProblem(
      weight: Self.deficient.weight, hessian: Matrix(rows: 96, columns: 96))
    let solved = try Self.quantize(problem) { $0.dampPercent = 0.01 }
    #expect(solved.deadColumns.count == 96)
    #expect(solved.error.relative == 0)
  }

  @Test("weights and Hessians that are not numbers are refused", arguments: [Float.nan, .infinity])
  func notNumbers(bad: Float) {
    var problem = Self.deficient
    problem.weight[3, 5] = bad
    #expect(throws: InputError.self) { try Self.quantize(problem) { _ in } }
    problem = Self.deficient
    problem.hessian[3, 5] = bad
    #expect(throws: InputError.self) { try Self.quantize(problem) { _ in } }
  }

  @Test("more damp: tenfold steps from 0.001 to 1")
  func ladder() {
    #expect(Damping(dampPercent: 0).stronger.map(\.dampPercent) == [0.001, 0.01, 0.1, 1])
    #expect(Damping(dampPercent: 0.05).stronger.map(\.dampPercent) == [0.5])
  }
}
