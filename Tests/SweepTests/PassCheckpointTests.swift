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
import Tokenizers

@Suite("A pass that is stopped goes on, and one short of memory spills", .serialized)
struct PassCheckpointTests {
  let engine = CPUEngine()
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("tenbin-\(UUID().uuidString)")

  @Test("an interrupted pass resumes after the last layer with the same results")
  func resume() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let expected = try pass().run(Self.trials)
    var stopped = try pass()
    stopped.checkpoint = PassCheckpoint(folder, key: stopped.key(passing, modelHash: ""))
    stopped.isInterrupted = { true }
    let error = #expect(throws: InputError.self) { try stopped.run(Self.trials) }
    #expect(
      error
        == InputError(
          .interrupted, asked: "run a pass of 2 layers",
          found: "a request to stop, after layer 1",
          hint: "run the same command again: it goes on after that layer"))
    // Without a place to save it.
    stopped.checkpoint = nil
    #expect(
      throws: InputError(
        .interrupted, asked: "run a pass of 2 layers", found: "a request to stop, after layer 1",
        hint: "run the command again: it starts anew")
    ) { try stopped.run(Self.trials) }

    var resumed = try pass()
    resumed.checkpoint = PassCheckpoint(folder, key: resumed.key(passing, modelHash: ""))
    let watcher = Watcher()
    let found = try resumed.run(Self.trials, observers: [watcher])
    #expect(watcher.startedAfter == 0 && watcher.layers == [1, 1])
    expectAlike(found, expected)
    resumed.checkpoint?.remove()
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }

  @Test("a pass of anything else, or a damaged state, is started anew", arguments: [0, 1, 2])
  func ignored(damage: Int) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var stopped = try pass()
    stopped.checkpoint = PassCheckpoint(folder, key: "a")
    stopped.isInterrupted = { true }
    #expect(throws: InputError.self) { try stopped.run(Self.trials) }
    let states = folder.appendingPathComponent("layer-0.f32")
    var bytes = try Data(contentsOf: states)
    if damage == 1 { bytes[bytes.count / 2] ^= 1 }
    if damage == 2 { bytes.removeLast() }
    try bytes.write(to: states)
    var other = try pass()
    other.checkpoint = PassCheckpoint(folder, key: damage == 0 ? "b" : "a")
    let watcher = Watcher()
    _ = try other.run(Self.trials, observers: [watcher])
    #expect(watcher.startedAfter == -1)
  }

  @Test("the key tells passes apart by tokens, trials, streams and model")
  func keys() throws {
    let pass = try pass()
    var keys = [pass.key(passing, modelHash: "m"), pass.key(passing, modelHash: "n")]
    keys.append(pass.key(Array(passing.dropLast()), modelHash: "m"))
    var streamed = passing
    streamed[0].stream = 1
    keys.append(pass.key(streamed, modelHash: "m"))
    keys.append(try self.pass(step: 41).key(passing, modelHash: "m"))
    keys.append(pass.key(passing, modelHash: "m", note: "other actions"))
    var silent = pass
    silent.prompts = nil
    keys.append(silent.key(passing, modelHash: "m"))
    #expect(Set(keys).count == keys.count)
    #expect(pass.key(passing, modelHash: "m") == keys[0])
  }

  @Test("hidden states beyond the budget wait in a file, and change nothing")
  func spill() throws {
    let expected = try pass().run(Self.trials)
    for budget in [0, 40_000] {
      let small = try pass(engine: CPUEngine())
      small.engine.limitKept(budget, folder: FileManager.default.temporaryDirectory)
      expectAlike(try small.run(Self.trials), expected)
      #expect(small.engine.spilledBytes > 40_000)
    }
  }

  @Test("a trace of the pass has a slice for each stage, layer and model")
  func profile() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let profile = ProfileObserver()
    _ = try pass().run(Self.trials, observers: [profile])
    let url = folder.appendingPathComponent("trace.json")
    try profile.write(to: url)
    let trace = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    let events = try #require(trace["traceEvents"] as? [[String: Any]])
    let slices = events.filter { $0["ph"] as? String == "X" }
    #expect(slices.count { $0["name"] as? String == "down_proj" } == 2 * (Self.trials.count + 1))
    #expect(slices.contains { $0["name"] as? String == "score held" })
    #expect(events.count { $0["ph"] as? String == "M" } == Self.trials.count + 1)
    let times = slices.compactMap { $0["ts"] as? Double }
    #expect(times == times.sorted() && times.count == slices.count)
  }

  private var passing: [PassTrial] { Self.trials.map { PassTrial($0) } }

  /// Two shared trials and one on its own activations.
  private static let trials: [TrialResult] = [4, 3, 3].enumerated().map { number, bits in
    var quantize = QuantizeConfig()
    (quantize.bits, quantize.groupSize) = (bits, 16)
    var config = TrialConfig(quantize: quantize)
    config.propagation = number == 2 ? .quantized : .shared
    return TrialResult(number: number, config: config, companion: nil)
  }

  private func pass(step: Int = 37, engine own: CPUEngine? = nil) throws -> OnePass {
    let engine = own ?? engine
    var pass = OnePass(
      decoder: try Decoder(directory: OnePassTests.model, engine: engine), engine: engine,
      calibration: (0..<50).map { w in (0..<48).map { Int32(($0 * step + w * 11) % 96) } },
      domains: [
        HeldoutDomain(
          name: "held",
          windows: (0..<3).map { w in (0..<32).map { Int32(($0 * 29 + w * 7) % 96) } },
          characters: 100)
      ])
    let prompts: [[Int32]] = [[3, 14, 15, 92], [65, 35]]
    pass.prompts = PromptSet(
      prompts.map { Prompt(text: "\($0)", tokens: $0, pieces: $0.map { "\($0) " }) },
      tokenizer: try Tokenizer(directory: Repository.demoModel))
    return pass
  }

  /// With a tolerance: other tests may change the number of BLAS threads meanwhile. Tests/kill_resume.py
  /// asks for equal bytes.
  private func expectAlike(
    _ found: OnePass.Findings, _ expected: OnePass.Findings
  ) {
    expectAlike(found.baseNextTokens, expected.baseNextTokens)
    #expect(abs(found.base[0].perplexity / expected.base[0].perplexity - 1) < 1e-5)
    for (mine, theirs) in zip(found.trials, expected.trials) {
      #expect(mine.state == .complete && mine.bitsPerWeight == theirs.bitsPerWeight)
      #expect(abs(mine.evaluations[0].perplexity / theirs.evaluations[0].perplexity - 1) < 1e-5)
      #expect(mine.modules.count == theirs.modules.count)
      expectAlike(mine.nextTokens, theirs.nextTokens)
      for (a, b) in zip(mine.modules, theirs.modules) {
        #expect(abs(a.relativeErrorHeldout / b.relativeErrorHeldout - 1) < 0.01)
      }
      for (a, b) in zip(mine.hiddenErrors, theirs.hiddenErrors) { #expect(abs(a / b - 1) < 1e-3) }
    }
  }

  private func expectAlike(_ found: [NextTokens], _ expected: [NextTokens]) {
    #expect(found.count == 2 && expected.count == 2)
    for (mine, theirs) in zip(found, expected) {
      #expect(mine.likeliest.map(\.token) == theirs.likeliest.map(\.token))
      #expect(abs(mine.kld - theirs.kld) < 1e-5)
      #expect(mine.along.map(\.token) == theirs.along.map(\.token))
    }
  }
}

/// Notes where a pass begins, and the layers whose last stage the base leaves.
private final class Watcher: PassObserver {
  private(set) var startedAfter: Int?
  private(set) var layers: [Int] = []

  func starting(after layer: Int) throws(InputError) { startedAfter = layer }

  func advanced(_ who: PassMember, layer: Int, stage: Stage) {
    let names = stage.linears.map(\.name)
    if case .base = who, names.contains("mlp.down_proj") || names.contains("self_attn.q_proj") {
      layers.append(layer)
    }
  }
}
