import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Results
import Sweep
import Tensor
import TestSupport
import Testing

/// Values are held together with a tolerance where they come from products that ran at another
/// moment: other tests may change the number of BLAS threads meanwhile.
@Suite("Actions of a trial's linears, on a tiny Llama")
struct LinearActionTests {
  let engine = CPUEngine()
  let streams: [[[Int32]]] = [37, 41].map { (step: Int) -> [[Int32]] in
    (0..<6).map { window in (0..<48).map { Int32(($0 * step + window * 11) % 96) } }
  }
  let heldout = HeldoutDomain(
    name: "held", windows: (0..<3).map { w in (0..<32).map { Int32(($0 * 29 + w * 7) % 96) } },
    characters: 100)

  @Test("kept linears everywhere are the base, in any number of trials")
  func keep() throws {
    let trials = (0..<2).map { PassTrial(result($0, bits: 4)) { _, _ in .keep } }
    let run = try pass().run(trials)
    for trial in run.trials {
      #expect(trial.state == .complete && trial.modules.isEmpty && trial.bitsPerWeight == 16)
      #expect(trial.hiddenErrors.count == 2 && trial.hiddenErrors.allSatisfy { $0 < 1e-10 })
      #expect(abs(trial.evaluations[0].perplexity / run.base[0].perplexity - 1) < 1e-5)
    }
  }

  @Test("a loaded weight does what the solve that made it did")
  func load() throws {
    let recorder = Recorder()
    let solved = try pass().run([result(0, bits: 3)], observers: [recorder]).trials[0]
    let weights = recorder.weights
    let loaded = try pass().run([
      PassTrial(result(0, bits: 3)) { layer, module in
        .load {
          weights["\(module.tensorPrefix(layer: layer)).weight"] ?? Matrix(rows: 0, columns: 0)
        }
      }
    ]).trials[0]
    expectAlike(loaded, solved)
    #expect(solved.hiddenErrors[1] > 1e-4)
    for (mine, theirs) in zip(loaded.modules, solved.modules) {
      #expect(abs(mine.relativeErrorCalibration / theirs.relativeErrorCalibration - 1) < 0.01)
    }
  }

  @Test("inputs that are NaN in every token are refused")
  func noInputs() throws {
    let sound = try Decoder(directory: OnePassTests.model, engine: engine)
    let linears = sound.config.layer(0).linears
    let output = try #require(linears.first { $0.name.rawValue == "self_attn.o_proj" })
    // What the first layer adds to the stream is beyond float32.
    let weights = [
      "model.layers.0.self_attn.o_proj.weight": Matrix<Float>(
        rows: output.rows, columns: output.columns, repeating: 3e38)
    ]
    let broken = try Decoder(
      config: sound.config, source: Replaced(base: sound.source, weights: weights), engine: engine)
    let solved = result(0, bits: 4)
    let trial = PassTrial(solved) { _, name in
      name.rawValue.hasPrefix("mlp.") ? .solve(solved.config) : .keep
    }
    #expect(
      throws: InputError(
        .badData, asked: "measure the inputs of layer 0, mlp.gate_proj",
        found: "NaN or infinity in every token",
        hint: "score the model alone first: tenbin evaluate perplexity MODEL_DIR --heldout TEXT")
    ) { try OnePass(decoder: broken, engine: engine, streams: streams, domains: []).run([trial]) }
  }

  @Test("a loaded weight of another shape is refused")
  func loadedShape() throws {
    let trial = PassTrial(result(0, bits: 4)) { _, _ in .load { Matrix(rows: 3, columns: 5) } }
    let heads = try pass().decoder.config.layer(0).linears[0]
    #expect(
      throws: InputError(
        .badData, asked: "load model.layers.0.\(heads.name.rawValue)", found: "a weight of 3 x 5",
        hint: "the base has \(heads.rows) x \(heads.columns): give a checkpoint of it")
    ) { try pass().run([trial]) }
  }

  @Test("mixed actions meet in one trial, and a repeated config is solved once")
  func mixture() throws {
    let config = result(0, bits: 3).config
    let recorder = Recorder()
    let mixed: @Sendable (Int, LinearName) -> LinearAction = { layer, name in
      layer == 1 && name == "mlp.down_proj" ? .solve(config) : .keep
    }
    let trials = [
      PassTrial(result(0, bits: 3)), PassTrial(result(1, bits: 8), action: mixed),
      PassTrial(result(2, bits: 3)),
    ]
    let run = try pass().run(trials, observers: [recorder]).trials
    #expect(run[1].modules.map(\.module) == ["mlp.down_proj"] && run[1].modules[0].layer == 1)
    #expect(run[1].hiddenErrors[0] < 1e-10 && run[1].hiddenErrors[1] > 1e-6)
    #expect(run[1].hiddenErrors[1] < run[0].hiddenErrors[1])
    for (a, b) in zip(run[0].modules, run[2].modules) {
      #expect(a.relativeErrorCalibration == b.relativeErrorCalibration)
      #expect(a.relativeErrorHeldout == b.relativeErrorHeldout)
      // The very same solve, its clock included.
      #expect(a.solveSeconds == b.solveSeconds)
    }
    let down = run[0].modules.last
    #expect(run[1].modules[0].relativeErrorCalibration == down?.relativeErrorCalibration)
  }

  @Test("two streams in one pass give what two passes give")
  func twoStreams() throws {
    let together = try pass().run([
      PassTrial(result(0, bits: 3)), PassTrial(result(1, bits: 3), stream: 1),
      PassTrial(result(2, bits: 3, .quantized), stream: 1),
    ]).trials
    #expect(
      together[0].modules[0].relativeErrorCalibration
        != together[1].modules[0].relativeErrorCalibration)
    for (index, stream) in [0, 1, 1].enumerated() {
      let alone = OnePass(
        decoder: try Decoder(directory: OnePassTests.model, engine: engine), engine: engine,
        calibration: streams[stream], domains: [heldout])
      let propagation = together[index].config.propagation
      expectAlike(try alone.run([result(index, bits: 3, propagation)]).trials[0], together[index])
    }
  }

  @Test("noise has the norm of the quantization it is like, and comes from its seed")
  func addNoise() throws {
    let like = result(0, bits: 3).config
    let trials = [
      PassTrial(result(0, bits: 3)),
      PassTrial(result(1, bits: 3)) { _, _ in .addNoise(like: like, seed: 7) },
      PassTrial(result(2, bits: 3)) { _, _ in .addNoise(like: like, seed: 7) },
      PassTrial(result(3, bits: 3)) { _, _ in .addNoise(like: like, seed: 8) },
    ]
    let run = try pass().run(trials).trials
    for (noise, solved) in zip(run[1].modules, run[0].modules) {
      #expect(abs(noise.weightRelativeNorm / solved.weightRelativeNorm - 1) < 1e-3)
      #expect(noise.relativeErrorCalibration > solved.relativeErrorCalibration)
    }
    #expect(run[1].modules[0].relativeErrorHeldout == run[2].modules[0].relativeErrorHeldout)
    #expect(run[1].modules[0].relativeErrorHeldout != run[3].modules[0].relativeErrorHeldout)
    let first = run[1].modules.map(\.relativeErrorHeldout)
    #expect(Set(first).count == first.count, "noise of its own for each linear")
  }

  @Test("a trial that the observer stops is pruned, and the others go on")
  func pruning() throws {
    let observer = Stopping(trial: 1, after: 0)
    let run = try pass().run(
      [result(0, bits: 4), result(1, bits: 3), result(2, bits: 3)], observers: [observer])
    #expect(run.trials.map(\.state) == [.complete, .pruned, .complete])
    #expect(run.trials[1].modules.count == 7 && run.trials[1].evaluations.isEmpty)
    #expect(run.trials[1].bitsPerWeight == run.trials[2].bitsPerWeight)
    #expect(run.trials[2].evaluations.count == 1 && run.trials[2].modules.count == 14)
    #expect(observer.seen == [[0, 1, 2], [0, 2]])
  }

  private func expectAlike(_ a: TrialResult, _ b: TrialResult) {
    for (mine, theirs) in zip(a.hiddenErrors, b.hiddenErrors) {
      #expect(abs(mine / theirs - 1) < 1e-3)
    }
    #expect(abs(a.evaluations[0].perplexity / b.evaluations[0].perplexity - 1) < 1e-5)
    #expect(a.modules.count == b.modules.count)
    for (mine, theirs) in zip(a.modules, b.modules) {
      #expect(abs(mine.relativeErrorHeldout / theirs.relativeErrorHeldout - 1) < 0.01)
    }
  }

  private func result(
    _ number: Int, bits: Int, _ propagation: TrialConfig.Propagation = .shared
  ) -> TrialResult {
    var quantize = QuantizeConfig()
    (quantize.bits, quantize.groupSize) = (bits, 16)
    var config = TrialConfig(quantize: quantize)
    config.propagation = propagation
    return TrialResult(number: number, config: config, companion: nil)
  }

  private func pass() throws -> OnePass {
    OnePass(
      decoder: try Decoder(directory: OnePassTests.model, engine: engine), engine: engine,
      streams: streams, domains: [heldout])
  }
}

/// Stops one trial after one layer.
private final class Stopping: PassObserver {
  private let trial: Int
  private let layer: Int
  private(set) var seen: [[Int]] = []

  init(trial: Int, after layer: Int) {
    self.trial = trial
    self.layer = layer
  }

  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    seen.append(trials.map(\.number))
    return layer == self.layer ? [trial] : []
  }
}
