import Compute
import Foundation
import GPTQ
import Tensor
import Testing

/// What make_golden.py wrote.
struct Golden: Decodable {
  struct Settings: Decodable {
    var bits, group_size, block_size: Int
    var damp_percent: Double
    var desc_act, static_groups, sym: Bool
    var scales_dtype: FloatFormat

    var config: QuantizeConfig {
      .with {
        $0.bits = bits
        $0.groupSize = group_size
        $0.dampPercent = damp_percent
        $0.descAct = desc_act
        $0.staticGroups = static_groups
        $0.sym = sym
        $0.scalesDtype = scales_dtype
      }
    }
  }
  struct Expected: Decodable {
    var codes: [[UInt8]]
    var scales: [[Float]]
    var zeros: [[Int32]]
    var group_index: [Int32]
    var losses: Double
  }
  struct Case: Decodable {
    var settings: Settings
    var expected: Expected
  }
  struct Pack: Decodable {
    var bits, group_size: Int
    var codes, expected: [[UInt8]]
    var scales: [[Float]]
  }
  var weight: [[Float]]
  var hessian: [[Float]]
  var gptq: [Case]
  var autogptq_packs: [Pack]

  static func load() throws -> Golden {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/golden", withExtension: "json"))
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }
}

extension Matrix {
  init(_ rows: [[Scalar]]) {
    self.init(rows: rows.count, columns: rows.first?.count ?? 0, elements: rows.flatMap { $0 })
  }
}

@Suite("Against an independent implementation in numpy and torch")
struct GoldenTests {
  @Test(arguments: 0..<8)
  func columnLoop(index: Int) throws {
    let golden = try Golden.load()
    let (settings, expected) = (golden.gptq[index].settings, golden.gptq[index].expected)
    let problem = QuantizationProblem(
      weight: Matrix(golden.weight), hessian: Matrix(golden.hessian))

    let reference = try #require(
      GPTQReference.quantize(
        weight: Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
        config: settings.config, blockSize: settings.block_size))
    #expect(reference.codes == Matrix(expected.codes))
    #expect(reference.scales == Matrix(expected.scales))
    #expect(reference.zeros == Matrix(expected.zeros))
    #expect(reference.groupIndex == expected.group_index)
    #expect(relativeDifference(reference.losses, expected.losses) < 1e-9)

    let double = try problem.solvedInDouble(settings.config, blockSize: settings.block_size)
    #expect(double.linear.codes == Matrix(expected.codes))
    #expect(relativeDifference(double.losses ?? .nan, expected.losses) < 1e-9)
    #expect(double.deadColumns == [5, 40])

    let single = try problem.solved(settings.config, blockSize: settings.block_size)
    #expect(agreement(single.linear.codes, Matrix(expected.codes)) >= 0.99)
    #expect(relativeDifference(single.losses ?? .nan, expected.losses) < 2e-3)
  }

  @Test("the codes a reader finds after AutoGPTQ packed a bfloat16 linear", arguments: 0..<2)
  func autoGPTQPack(index: Int) throws {
    let pack = try Golden.load().autogptq_packs[index]
    let scales = Matrix(pack.scales)
    let codes = Matrix(pack.codes)
    let linear = QuantizedLinear(
      bits: pack.bits, sym: true, codes: codes,
      grids: GroupGrids(
        scales: scales, zeros: scales.map { _ in Int32(1) << Int32(pack.bits - 1) }),
      groupIndex: (0..<codes.columns).map { Int32($0 / pack.group_size) }, scalesDtype: .f32)
    let packed = try AutoGPTQPacker.packBF16(linear)
    #expect(packed.linear.codes == Matrix(pack.expected))
    #expect((packed.changedCodes > 0) == (pack.bits == 8))
    #expect((packed.wrappedCodes > 0) == (pack.bits == 8))
    #expect(packed.linear.grids.zeros == linear.grids.zeros)
  }
}
