import Analysis
import Compute
import Foundation
import GPTQ
import Model
import Results
import Sweep
import TestSupport
import Testing

/// A pass over a tiny model is quick enough to be held against a plain, separate computation.
@Suite("The one pass, on a tiny Llama")
struct OnePassTests {
  let engine = CPUEngine()
  let calibration: [[Int32]] = (0..<6).map { window in
    (0..<48).map { Int32(($0 * 37 + window * 11) % 96) }
  }
  let heldout = HeldoutDomain(
    name: "held", windows: (0..<3).map { w in (0..<32).map { Int32(($0 * 29 + w * 7) % 96) } },
    characters: 100)

  /// To the bit only where no other test changes the number of BLAS threads meanwhile: MainJobTests
  /// asks that of a process of its own.
  @Test("a trial does not depend on its neighbours")
  func independence() throws {
    let configs = try Self.configs()
    let together = try pass().run(TrialPlan(configs).trials).trials
    for (index, config) in configs.enumerated() {
      let alone = try pass().run([TrialResult(number: 0, config: config, companion: nil)])
      let (mine, among) = (alone.trials[0], together[index])
      #expect(abs(mine.evaluations[0].nllDelta - among.evaluations[0].nllDelta) < 1e-4)
      for (a, b) in zip(mine.modules, among.modules) {
        #expect(abs(a.relativeErrorHeldout / b.relativeErrorHeldout - 1) < 1e-3, "\(a.module)")
      }
    }
  }

  @Test("the trial's perplexity is that of a model whose weights were replaced one by one")
  func replacedWeights() throws {
    let config = try Self.configs()[1]
    let recorder = Recorder()
    let result = try pass().run(
      [TrialResult(number: 0, config: config, companion: nil)], observers: [recorder])
    let base = try Decoder(directory: Self.model, engine: engine)
    let replaced = try Decoder(
      config: base.config, source: Replaced(base: base.source, weights: recorder.weights),
      engine: engine)
    let expected = try Scoring(replaced, base: base).evaluate([heldout])[0]
    let found = result.trials[0].evaluations[0]
    #expect(abs(found.perplexity / expected.perplexity - 1) < 1e-5)
    #expect(abs(found.kldMean - expected.kldMean) < 1e-5 * max(1, expected.kldMean))
    #expect(recorder.weights.count == 14)
    // Line by line what two directories would be found to differ by.
    let divergence = try Scoring(replaced, base: base).divergence([heldout])[0].statistics
    let kept = try #require(found.divergence)
    for line in kept.whole.lines {
      let other = try #require(divergence[line.name], "\(line.name)")
      #expect(abs(line.value - other.value) < 1e-4 * max(1, abs(other.value)), "\(line.name)")
    }
    #expect(kept.whole.lines.count == divergence.lines.count { $0.value.isFinite } - 2)
    #expect(result.base.allSatisfy { $0.divergence == nil })
  }

  @Test("shared and quantized propagation agree in the first stage and part after it")
  func propagation() throws {
    var shared = try Self.configs()[0]
    var quantized = shared
    shared.propagation = .shared
    quantized.propagation = .quantized
    let trials = try pass().run(TrialPlan([shared, quantized]).trials).trials
    let (a, b) = (trials[0].modules, trials[1].modules)
    #expect(a[0].relativeErrorCalibration == b[0].relativeErrorCalibration)
    #expect(a[13].relativeErrorCalibration != b[13].relativeErrorCalibration)
  }

  @Test("the base is scored against itself")
  func base() throws {
    let result = try pass().run(TrialPlan(try Self.configs()).trials)
    #expect(result.base.count == 1)
    #expect(abs(result.base[0].kldMean) < 1e-6)
    #expect(result.base[0].sameTopP == 1)
    #expect(result.trials.allSatisfy { $0.state == .complete && $0.evaluations[0].kldMean > 0 })
  }

  static let model = Repository.root.appendingPathComponent(
    "Tests/ModelTests/Fixtures/tiny-llama")

  static func configs() throws -> [TrialConfig] {
    try [(4, 16, 0.01, true), (3, 8, 0.1, false), (8, 16, 0.01, true)].map {
      bits, group, damp, act in
      var quantize = QuantizeConfig()
      quantize.bits = bits
      quantize.groupSize = group
      quantize.dampPercent = damp
      quantize.descAct = act
      try quantize.validate()
      var config = TrialConfig(quantize: quantize)
      config.propagation = .shared
      return config
    }
  }

  private func pass() throws -> OnePass {
    OnePass(
      decoder: try Decoder(directory: Self.model, engine: engine), engine: engine,
      calibration: calibration, domains: [heldout])
  }
}
