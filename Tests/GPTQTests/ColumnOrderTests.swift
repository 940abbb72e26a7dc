import Basics
import Compute
import GPTQ
import Tensor
import Testing

@Suite("act_group_aware")
struct ColumnOrderTests {
  @Test("columns by diag H inside groups, groups by their largest, a short group last")
  func permutation() {
    let order = ColumnOrder.groupAware(groupSize: 3)
    #expect(
      order.permutation(diagonal: [1, 2, 1, 5, 4, 9, 3, 3, 3, 0, 8])
        == [5, 3, 4, 6, 7, 8, 1, 0, 2, 10, 9])
    #expect(
      order.permutation(diagonal: [1, 2, 2, 2, 1, 1]) == [1, 2, 0, 3, 4, 5], "ties keep their order"
    )
    #expect(order.permutation(diagonal: [1, 2]) == [1, 0])
  }

  @Test("as plain loops in Double, g_idx as in natural order", arguments: [32, 40, 128])
  func agrees(groupSize: Int) throws {
    for staticGroups in [false, true] {
      let config = QuantizeConfig.with {
        ($0.groupSize, $0.actGroupAware, $0.staticGroups) = (groupSize, true, staticGroups)
      }
      let problem = ReferenceTests.problem
      let reference = try #require(
        GPTQReference.quantize(
          weight: Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
          config: config))
      #expect(reference.groupIndex == (0..<256).map { Int32($0 / groupSize) })
      var factors = HessianFactors(problem.hessian)
      try expectAgreement(problem, config, reference, factors: &factors)
    }
  }

  @Test("lowers the error of natural order where channels differ in loudness")
  func helps() throws {
    var (natural, aware) = (0.0, 0.0)
    for seed in 1...6 {
      let problem = QuantizationProblem.synthetic(rows: 32, columns: 256, seed: UInt64(seed))
      natural += try problem.solved(.with { $0.groupSize = 32 }).error.relative
      aware += try problem.solved(.with { ($0.groupSize, $0.actGroupAware) = (32, true) })
        .error.relative
    }
    #expect(aware < natural)
  }

  @Test("excludes desc_act, and needs groups")
  func refusals() {
    #expect(throws: InputError.self) {
      try QuantizeConfig.with { ($0.actGroupAware, $0.descAct) = (true, true) }.validate()
    }
    #expect(throws: InputError.self) {
      try QuantizeConfig.with { ($0.actGroupAware, $0.groupSize) = (true, -1) }.validate()
    }
  }
}
