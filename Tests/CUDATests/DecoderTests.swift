import CUDA
import Compute
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("CUDA decoder operations against the CPU engine")
struct CUDADecoderTests {
  let cpu = CPUEngine()
  // A result that is made in BF16.
  let brain = 4e-3

  @Test("Y = X·W[rows]ᵀ + b", arguments: [false, true])
  func linear(isBiased: Bool) throws {
    let engine = try hostEngine()
    let error = distance(engine, cpu) {
      $0.linear(
        $0.upload(.brains(5, 33, seed: 1)), weight: $0.upload(.brains(40, 33, seed: 2)),
        rows: 9..<26, bias: isBiased ? $0.upload(.brains(1, 40, seed: 3)) : nil)
    }
    #expect(error < 1e-6)
    #expect(engine.failure == nil)
  }

  @Test("norms over rows are made in BF16, over heads in float32", arguments: [64, 16])
  func rmsNorm(width: Int) throws {
    let error = distance(try hostEngine(), cpu) {
      $0.rmsNorm(
        $0.upload(.gaussian(7, 64, seed: 4)), weight: $0.upload(.gaussian(1, width, seed: 5)),
        epsilon: 1e-5)
    }
    #expect(error < (width == 64 ? brain : 1e-6))
  }

  @Test("rotation of whole heads and of their first part; a row outside the runs stays")
  func rotate() throws {
    for half in [6, 4] {
      let error = distance(try hostEngine(), cpu) {
        var x = $0.upload(.gaussian(6, 2 * 12, seed: 6))
        let table = RotaryTable(
          frequencies: (0..<half).map { 1 / Double($0 + 1) }, positions: 20, engine: $0)
        $0.rotate(
          &x, [TokenRun(rows: 0..<2, firstPosition: 3), TokenRun(rows: 2..<5, firstPosition: 17)],
          headDimension: 12, table: table)
        return x
      }
      #expect(error < 1e-6)
    }
  }

  @Test(
    "gated activations",
    arguments: [.silu, .geluTanh, .clampedSwiGLU(alpha: 1.702, limit: 7)] as [Activation])
  func gatedActivation(activation: Activation) throws {
    let error = distance(try hostEngine(), cpu) {
      $0.gatedActivation(
        activation, gate: $0.upload(.gaussian(9, 37, seed: 7).map { $0 * 6 }),
        up: $0.upload(.gaussian(9, 37, seed: 8).map { $0 * 6 }))
    }
    #expect(error < brain)
  }

  @Test("a cap, a sum, rows gathered and scattered")
  func rows() throws {
    let error = distance(try hostEngine(), cpu) {
      var x = $0.upload(.gaussian(9, 33, seed: 9).map { $0 * 20 })
      let shared = x
      $0.softCap(&x, limit: 30)
      $0.add(shared, to: &x)
      $0.scale(&x, by: 0.5)
      let part = $0.gatherRows([(x, [7, 0]), (shared, [3])])
      $0.scatterAdd(part, weights: [0.5, -1, 2], to: &x, rows: [8, 1, 4])
      return $0.subtract(part, from: $0.gatherRows([(x, [8, 1, 2])]))
    }
    #expect(error < 1e-6)
  }

  struct Heads: Sendable {
    var width = 32
    var slidingWindow: Int?
    var softCap: Float?
    var sinks = false
    var keys = 0
  }

  @Test(
    "causal attention: grouped heads, windows, a sliding window, a cap, sinks, earlier keys",
    arguments: [
      Heads(), Heads(slidingWindow: 5), Heads(softCap: 2, sinks: true), Heads(width: 20, keys: 31),
      Heads(width: 144, slidingWindow: 70),
    ])
  func attention(heads: Heads) throws {
    let engine = try hostEngine()
    var shape = AttentionShape(
      heads: 4, keyValueHeads: 2, headDimension: heads.width, slidingWindow: heads.slidingWindow)
    shape.softCap = heads.softCap
    let windows = [
      AttentionWindow(queries: 0..<140, keys: 0..<140 + heads.keys, firstPosition: heads.keys),
      AttentionWindow(
        queries: 140..<149, keys: 140 + heads.keys..<149 + heads.keys, firstPosition: 0),
    ]
    func attend(_ engine: any Engine) -> Matrix<Float> {
      let result = engine.attention(
        q: engine.upload(.brains(150, 4 * heads.width, seed: 10)),
        k: engine.upload(.brains(150 + heads.keys, 2 * heads.width, seed: 11)),
        v: engine.upload(.brains(150 + heads.keys, 2 * heads.width, seed: 12)), shape: shape,
        sinks: heads.sinks ? engine.upload(.gaussian(1, 4, seed: 13)) : nil, windows: windows)
      return engine.download(result)
    }
    let result = attend(engine)
    // Its probabilities are rounded to BF16 too.
    #expect(result.relativeDistance(to: attend(cpu)) < 1.5 * brain)
    #expect(result.row(149).allSatisfy { $0 == 0 })
  }

  @Test("kept keys: rows replaced, and some that several windows share")
  func keptKeys() throws {
    let engine = try hostEngine()
    let shape = AttentionShape(heads: 4, keyValueHeads: 2, headDimension: 32)
    func attend(_ engine: any Engine) -> Matrix<Float> {
      func cache(_ seed: UInt64) -> EngineBuffer {
        var x = engine.zeros(rows: 40, columns: 64)
        engine.replaceRows(
          (0..<30).map { Int32(39 - $0) }, of: &x,
          with: engine.upload(.brains(30, 64, seed: seed)))
        return x
      }
      let result = engine.attention(
        q: engine.upload(.brains(4, 128, seed: 20)), k: cache(21), v: cache(22), shape: shape,
        sinks: nil,
        windows: [
          AttentionWindow(queries: 0..<1, shared: 10..<17, keys: 20..<28, firstPosition: 9),
          AttentionWindow(queries: 1..<4, shared: 10..<17, keys: 30..<33, firstPosition: 7),
        ])
      return engine.download(result)
    }
    #expect(attend(engine).relativeDistance(to: attend(cpu)) < 1.5 * brain)
  }

  @Test(
    "a router chooses as the CPU's",
    arguments: [RoutingRule.Softmax.all, .chosen], [false, true])
  func route(softmax: RoutingRule.Softmax, isNormalized: Bool) throws {
    let engine = try hostEngine()
    var logits = Matrix<Float>.gaussian(6, 8, seed: 14)
    logits[2, 5] = logits[2, 1]
    let rule = RoutingRule(expertsPerToken: 3, softmax: softmax, isNormalized: isNormalized)
    #expect(
      engine.route(engine.upload(logits), rule) == cpu.route(cpu.upload(logits), rule))
  }

  @Test("token statistics, tile by tile")
  func tokens() throws {
    let engine = try hostEngine()
    func statistics(_ engine: any Engine) -> [TokenStatistics] {
      var statistics = engine.makeTokenStatistics(targets: [0, 299, 130, 129, 7])
      for first in [0, 130, 260] {
        let tile = { (seed: UInt64) in
          engine.upload(
            Matrix<Float>.gaussian(5, 300, seed: seed).map { $0 * 4 }
              .selectingColumns(Array(first..<min(300, first + 130))))
        }
        engine.accumulate(
          base: tile(15), trial: tile(16), firstToken: first, into: &statistics)
      }
      return engine.tokenStatistics(statistics)
    }
    for (got, expected) in zip(statistics(engine), statistics(cpu)) {
      #expect(abs(got.nll - expected.nll) < 1e-6)
      #expect(abs(got.baseNLL - expected.baseNLL) < 1e-6)
      #expect(abs(got.kld - expected.kld) < 1e-5)
      #expect(got.base.top == expected.base.top && got.trial.top == expected.trial.top)
      #expect(got.base.target == expected.base.target)
    }
  }
}
