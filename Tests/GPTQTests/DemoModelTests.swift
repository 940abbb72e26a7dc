import Compute
import Foundation
import GPTQ
import Model
import Tensor
import TestSupport
import Testing

/// The demo model's own inputs, which are far worse conditioned than random ones.
@Suite("The fast path against the reference on Hessians of the demo model")
struct DemoModelTests {
  /// One linear's first rows (rows do not see each other) and the Hessian of its inputs.
  struct Linear: Sendable {
    var name: LinearName
    var problem: QuantizationProblem
  }

  static func windows() throws -> [[Int32]] {
    struct Tokens: Decodable { var windows: [[Int32]] }
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/demo-tokens", withExtension: "json"))
    return try JSONDecoder().decode(Tokens.self, from: Data(contentsOf: url)).windows
  }

  /// The first linear of every stage of the layers `wanted`, in order.
  static func linears(ofLayers wanted: Set<Int>, rows: Int) throws -> [Linear] {
    let engine = CPUEngine()
    let decoder = try Decoder(directory: Repository.demoModel, engine: engine)
    var states = try decoder.embed(windows())
    var linears: [Linear] = []
    try decoder.walk(through: wanted.max(), positions: 512) { layer, stage in
      if wanted.contains(layer.index) {
        var accumulator = HessianAccumulator(features: stage.groups[0].columns, engine: engine)
        layer.forEachInput(of: stage, in: states) { accumulator.accumulate($1) }
        let hessian = accumulator.matrix
        let name = stage.linears[0].name
        let weight = engine.download(layer.weight(name))
        let kept = weight.rows(in: 0..<min(rows, weight.rows))
        linears.append(
          Linear(name: name, problem: QuantizationProblem(weight: kept, hessian: hessian)))
      }
      layer.advance(&states, through: stage)
    }
    return linears
  }

  @Test(arguments: [0, 3, 5])
  func agrees(layer: Int) throws {
    // Fewer rows would let a single flipped code of a heavy row decide the loss.
    for linear in try Self.linears(ofLayers: [layer], rows: 384) {
      let hessian = Matrix<Double>(linear.problem.hessian)
      var factors = HessianFactors(linear.problem.hessian)
      for descAct in [false, true] {
        let factor = try #require(
          GPTQReference.Factor(hessian: hessian, dampPercent: 0.01, descAct: descAct))
        for bits in [3, 4, 8] {
          for groupSize in [32, 128, -1] {
            for sym in [false, true] {
              let config = QuantizeConfig.with {
                ($0.bits, $0.groupSize, $0.sym, $0.descAct) = (bits, groupSize, sym, descAct)
              }
              let reference = GPTQReference.quantize(
                weight: Matrix<Double>(linear.problem.weight), factor: factor, config: config)
              try expectAgreement(
                linear.problem, config, reference, factors: &factors,
                "layer \(layer) \(linear.name) \(config)")
            }
          }
        }
      }
    }
  }

  @Test("the loss identity and the error taken from the loss, on real inputs")
  func lossIdentity() throws {
    for linear in try Self.linears(ofLayers: [3], rows: 64) {
      for damp in [0.001, 0.01, 0.1] {
        for bits in [4, 8] {
          let solved = try linear.problem.solved(
            .with { ($0.bits, $0.descAct, $0.dampPercent) = (bits, true, damp) })
          let expected = InvariantTests.dampedLoss(linear.problem, solved, dampPercent: damp)
          #expect(relativeDifference(solved.losses ?? .nan, expected) < 1e-5, "\(linear.name)")
          let direct = 2 * InvariantTests.dampedLoss(linear.problem, solved, dampPercent: 0)
          #expect(
            relativeDifference(solved.error.squaredError, direct) < 1e-3, "\(linear.name)")
        }
      }
    }
  }
}
