import Compute
import Foundation
import GPTQ
import Tensor
import Testing

/// What make_gptqmodel_golden.py wrote.
private struct GPTQModelGolden: Decodable {
  struct Settings: Decodable {
    var algorithm: QuantizeConfig.Algorithm
    var bits, group_size, block_size: Int
    var damp_percent: Double
    var desc_act, act_group_aware, sym: Bool?
    var mse: Double?
  }
  struct Case: Decodable {
    var settings: Settings
    var codes: [[UInt8]]
    var scales: [[Float]]
    var group_index: [Int32]
  }
  var weight: [[Float]]
  var hessian: [[Float]]
  var shift: [[Float]]
  var cases: [Case]
}

@Suite("Against GPTQModel's own code")
struct GPTQModelGoldenTests {
  @Test("act_group_aware, mse and gptaq: the same codes, up to float noise", arguments: 0..<8)
  func agrees(index: Int) throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/gptqmodel", withExtension: "json"))
    let golden = try JSONDecoder().decode(GPTQModelGolden.self, from: Data(contentsOf: url))
    let (test, settings) = (golden.cases[index], golden.cases[index].settings)
    let config = QuantizeConfig.with {
      $0.algorithm = settings.algorithm
      ($0.bits, $0.groupSize) = (settings.bits, settings.group_size)
      $0.dampPercent = settings.damp_percent
      $0.descAct = settings.desc_act ?? false
      $0.actGroupAware = settings.act_group_aware ?? false
      $0.sym = settings.sym ?? true
      $0.scaleSearch = settings.mse == 2 ? .mse : .none
      $0.scalesDtype = .f32
    }
    let hessian = Matrix(golden.hessian)
    let solver = GPTQSolver(engine: host, blockSize: settings.block_size)
    let meter = try ReconstructionMeter(
      weight: Matrix(golden.weight), norm: HessianNorm(hessian))
    var factors = HessianFactors(hessian, shift: Matrix(golden.shift))
    let factor = try factors.factor(
      Damping(dampPercent: config.dampPercent), ColumnOrder(config))
    let solved = solver.solve(meter, factor: factor, config: config).downloaded()
    #expect(solved.linear.groupIndex == test.group_index)
    #expect(agreement(solved.linear.codes, Matrix(test.codes)) >= 0.995)
    let scales = Matrix(test.scales)
    #expect(
      solved.linear.grids.scales.squaredDistance(to: scales) < 1e-4 * scales.squaredNorm)
  }
}
