import Analysis
import Basics
import Codecs
import Compute
import Foundation
import GPTQ
import Model
import Results
import Sweep
import Tensor
import TestSupport
import Testing

@Suite("Settings of single modules, gptaq and lm_head in the one pass, on a tiny Llama")
struct ModuleSettingsTests {
  let engine = CPUEngine()
  let calibration: [[Int32]] = (0..<6).map { window in
    (0..<48).map { Int32(($0 * 37 + window * 11) % 96) }
  }
  let heldout = HeldoutDomain(
    name: "held", windows: (0..<3).map { w in (0..<32).map { Int32(($0 * 29 + w * 7) % 96) } },
    characters: 100)

  @Test("modules that dynamic excludes stay the base's, others take its settings")
  func dynamic() throws {
    var config = Self.config(bits: 4)
    config.dynamic = try DynamicRules(
      JSONValue(
        parsing: Array(
          (#"{"-:model\\.layers\\.0\\.mlp": {}, "+:.*v_proj": {"bits": 8},"#
            + #" ".*k_proj": {"group_size": 8, "damp_percent": 0.1}}"#).utf8)), strict: true)
    config.modules = [
      "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj",
      "mlp.down_proj",
    ]
    let recorder = SolvedRecorder()
    let trials = try pass().run(TrialPlan([config]).trials, observers: [recorder]).trials
    let names = trials[0].modules.map { "\($0.layer).\($0.module)" }
    #expect(
      names == [
        "0.self_attn.q_proj", "0.self_attn.k_proj", "0.self_attn.v_proj", "1.self_attn.q_proj",
        "1.self_attn.k_proj", "1.self_attn.v_proj", "1.mlp.gate_proj", "1.mlp.up_proj",
        "1.mlp.down_proj",
      ])
    #expect(recorder.linears["model.layers.0.self_attn.v_proj"]?.bits == 8)
    #expect(recorder.linears["model.layers.0.self_attn.q_proj"]?.bits == 4)
    let groups = recorder.linears["model.layers.1.self_attn.k_proj"]?.grids.scales.columns
    #expect(
      groups
        == recorder.linears["model.layers.1.self_attn.q_proj"].map {
          2 * $0.grids.scales.columns
        })
    #expect(trials[0].modules[1].dampPercentUsed == 0.1)
    #expect(trials[0].modules[0].dampPercentUsed == 0.01)
    // Every module is held against round-to-nearest on its own grid.
    let companion = try #require(trials.last)
    #expect(companion.config.quantize.algorithm == .rtn)
    for (mine, rtn) in zip(trials[0].modules, companion.modules) {
      #expect(mine.module == rtn.module && mine.layer == rtn.layer)
      #expect(abs(mine.rtnRelativeErrorCalibration / rtn.relativeErrorCalibration - 1) < 1e-3)
    }
  }

  @Test("linears that no layer of the model has are refused before anything is run")
  func unknownLinears() throws {
    var config = Self.config(bits: 4)
    config.modules = ["self_attn.q_proj", "q_proj"]
    #expect {
      try pass().run(TrialPlan([config]).trials)
    } throws: { error in
      guard let error = error as? InputError else { return false }
      return error.kind == .usage && error.asked == "modules_in_block_to_quantize q_proj"
        && error.found == "no such linear"
        && error.hint
          == "a decoder layer has self_attn.q_proj, self_attn.k_proj, self_attn.v_proj,"
          + " self_attn.o_proj, mlp.gate_proj, mlp.up_proj, mlp.down_proj"
    }
  }

  @Test("the same linears in another order are the same setting")
  func orderOfLinears() {
    var (one, other) = (Self.config(bits: 4), Self.config(bits: 4))
    one.modules = ["mlp.up_proj", "mlp.down_proj"]
    other.modules = ["mlp.down_proj", "mlp.up_proj", "mlp.down_proj"]
    #expect(one == other)
  }

  @Test("gptaq is gptq until a linear before it was quantized, and not after")
  func gptaq() throws {
    var gptq = Self.config(bits: 3)
    gptq.propagation = .quantized
    var gptaq = gptq
    gptaq.quantize.algorithm = .gptaq
    try gptaq.validate()
    let trials = try pass().run(
      [gptq, gptaq].enumerated().map { TrialResult(number: $0, config: $1, companion: nil) }
    ).trials
    let (a, b) = (trials[0].modules, trials[1].modules)
    for index in 0..<3 {
      #expect(abs(a[index].relativeErrorCalibration / b[index].relativeErrorCalibration - 1) < 1e-3)
    }
    #expect(abs(a[13].relativeErrorCalibration / b[13].relativeErrorCalibration - 1) > 1e-3)
    #expect(b.allSatisfy { $0.solverPath == .direct })
    var shared = gptaq
    shared.propagation = .shared
    #expect(throws: InputError.self) { try shared.validate() }
  }

  @Test("error_propagation is plain until a linear before it was quantized, and not after")
  func errorPropagation() throws {
    var plain = Self.config(bits: 3)
    plain.propagation = .quantized
    var moved = plain
    moved.quantize.errorPropagation = 1
    moved.propagationSkip = ["down_proj"]
    try moved.validate()
    #expect(moved.quantize(for: 1, "mlp.down_proj")?.errorPropagation == 0)
    #expect(moved.quantize(for: 1, "mlp.up_proj")?.errorPropagation == 1)
    let trials = try pass().run(
      [plain, moved].enumerated().map { TrialResult(number: $0, config: $1, companion: nil) }
    ).trials
    let (a, b) = (trials[0].modules, trials[1].modules)
    for index in 0..<3 { #expect(a[index].codesHash == b[index].codesHash) }
    #expect(a[13].codesHash != b[13].codesHash)
    #expect(b.allSatisfy { $0.solverPath == .direct })
  }

  @Test("error_propagation that cannot be is refused, in three parts")
  func refusedPropagation() throws {
    func error(_ check: () throws(InputError) -> Void) -> InputError? {
      do {
        try check()
        return nil
      } catch { return error }
    }
    var config = Self.config(bits: 4)
    config.quantize.errorPropagation = 0.5
    #expect(
      error { () throws(InputError) in try config.validate() }
        == InputError(
          .usage, asked: "error_propagation 0.5 with propagation shared",
          found: "on the base model's own activations there is no error of earlier layers",
          hint: "set propagation quantized, or error_propagation 0"))
    config.propagation = .quantized
    config.propagationSkip = ["down_projection"]
    let model = try Decoder(directory: OnePassTests.model, engine: engine).config
    let found = error { () throws(InputError) in try model.check(config) }
    #expect(found?.asked == "error_propagation_skip down_projection")
    #expect(found?.found == "no such linear")
    #expect(found?.hint.hasPrefix("a decoder layer has self_attn.q_proj, ") == true)
  }

  @Test("lm_head in codes is what the trial is scored with")
  func head() throws {
    var config = Self.config(bits: 3)
    config.quantizesHead = true
    config.modules = ["mlp.down_proj"]
    let recorder = SolvedRecorder()
    let base = try Decoder(directory: OnePassTests.model, engine: engine)
    let trial = try OnePass(
      decoder: base, engine: engine, calibration: calibration, domains: [heldout]
    ).run([TrialResult(number: 0, config: config, companion: nil)], observers: [recorder]).trials[0]
    let head = try #require(recorder.linears["lm_head"])
    #expect(head.codes.rows == base.config.vocabularySize && head.bits == 3)
    let weights = recorder.linears.reduce(into: [String: Matrix<Float>]()) {
      $0[$1.key + ".weight"] = $1.value.dequantized()
    }
    let replaced = try Decoder(
      config: base.config, source: Replaced(base: base.source, weights: weights), engine: engine)
    let expected = try Scoring(replaced, base: base).evaluate([heldout])[0]
    #expect(abs(trial.evaluations[0].perplexity / expected.perplexity - 1) < 1e-5)
    #expect(abs(trial.evaluations[0].kldMean - expected.kldMean) < 1e-5)
  }

  @Test("lm_head that is the embedding table is refused before anything is computed")
  func tiedHead() throws {
    var config = Self.config(bits: 4)
    config.quantizesHead = true
    let decoder = try Decoder(
      directory: OnePassTests.model.deletingLastPathComponent().appendingPathComponent(
        "tiny-llama3"), engine: engine)
    #expect(
      throws: InputError(
        .usage, asked: "quantize lm_head",
        found: "it is the embedding table of this model, which tokens are looked up in",
        hint: "leave lm_head out, or untie the two: save the model with lm_head.weight of its own")
    ) {
      try OnePass(decoder: decoder, engine: engine, calibration: calibration, domains: [])
        .run([TrialResult(number: 0, config: config, companion: nil)])
    }
  }

  static func config(bits: Int) -> TrialConfig {
    var quantize = QuantizeConfig()
    (quantize.bits, quantize.groupSize) = (bits, 16)
    var config = TrialConfig(quantize: quantize)
    config.propagation = .shared
    return config
  }

  private func pass() throws -> OnePass {
    OnePass(
      decoder: try Decoder(directory: OnePassTests.model, engine: engine), engine: engine,
      calibration: calibration, domains: [heldout])
  }
}

/// Keeps the linears that a pass solves, lm_head among them.
private final class SolvedRecorder: PassObserver {
  private(set) var linears: [String: QuantizedLinear] = [:]

  func solved(_ trial: Int, layer: Int, modules: [SolvedModule]) throws(InputError) {
    for module in modules where trial == 0 {
      linears[module.name.tensorPrefix(layer: layer)] = module.solved.linear
    }
  }

  func solvedHead(_ trial: Int, _ head: SolvedHead) throws(InputError) {
    linears[DecoderHead.module] = head.packed
  }
}
