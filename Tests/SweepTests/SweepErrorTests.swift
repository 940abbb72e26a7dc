import Basics
import Compute
import Foundation
import Model
import Results
import Sweep
import TestSupport
import Testing

@Suite("What is said of sweeps, studies and their settings")
struct SweepErrorTests {
  @Test("sweep files and settings that are no YAML, no mapping, or end nowhere")
  func files() {
    func sweep(_ text: String, _ found: String, _ hint: String) {
      #expect(
        throws: InputError(
          .badData, asked: "read the settings a.yaml", found: found, hint: hint)
      ) { try TrialConfigFile(text: text, name: "a.yaml") }
    }
    let keys = "write `key: value` lines such as `bits: 4`; docs/diagnosis.md has the keys"
    sweep(
      "bits: [", "2:1: error: parser: while parsing a flow node in line 2, column 1",
      "fix the YAML; " + keys)
    #expect(
      throws: InputError(
        .usage, asked: "the key mex in damp_percent of sweep.yaml", found: "no such key",
        hint:
          "did you mean max? allowed: distribution, max, min, mu, probabilities, q, sigma, value, values"
      )
    ) {
      try SweepFile(
        text: """
          method: random
          run_cap: 2
          parameters: {damp_percent: {distribution: uniform, min: 0.1, mex: 0.5}}
          """, name: "sweep.yaml")
    }
    sweep("- 1\n", "no mapping at the top level", keys)
    let levels = (1...30).map { level in
      "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]"
    }
    sweep(
      (["a0: &a0 [x]"] + levels).joined(separator: "\n"), "aliases that expand without end", keys)
  }

  @Test("settings of a checkpoint that another algorithm made, or that lack group_size")
  func published() {
    func settings(_ text: String, _ found: String, _ hint: String) {
      #expect(
        throws: InputError(
          .badData, asked: "quantize with the settings quantize_config.json", found: found,
          hint: hint)
      ) { try DiagnosisSource(text: text, name: "quantize_config.json") }
    }
    settings(
      #"{"quant_method": "auto-round", "bits": 4, "group_size": 128, "packing_format": "auto_round:auto_gptq"}"#,
      "settings of auto-round, which chooses codes by another algorithm than GPTQ",
      "give the folder of its checkpoint")
    settings(
      #"{"quant_method": "gptq", "bits": 4}"#, "no group_size",
      "add it: AutoGPTQ takes -1 there, GPTQModel 128")
  }

  @Test("studies that cannot be merged, and a place that is taken")
  func merging() throws {
    #expect(
      throws: InputError(
        .usage, asked: "merge studies", found: "no study",
        hint: "name at least one study to merge")
    ) { try StudyMerge.merged([]) }
    let one = StudyResults(environment: StudyTests.environment(), base: [], trials: [])
    let other = StudyResults(
      environment: StudyTests.environment(calibration: "d"), base: [], trials: [])
    let error = #expect(throws: InputError.self) {
      try StudyMerge.merged([("a.sqlite", one), ("b.sqlite", other)])
    }
    #expect(
      error
        == InputError(
          .usage, asked: "merge b.sqlite with a.sqlite", found: "calibration was c, now it is d",
          hint: "studies are joined if they saw the same model, calibration and held-out text"))
    let draws = [1, 2].map { seed in
      StudyResults(
        environment: StudyTests.environment(), base: [], trials: [],
        draws: [
          CalibrationDraw(draw: 1, method: .rows, seed: seed, hash: "d", samples: 1, tokens: 9)
        ])
    }
    #expect(
      throws: InputError(
        .usage, asked: "merge b.sqlite with a.sqlite", found: "another calibration draw 1",
        hint: "merge before the repeats are run: they follow from all trials")
    ) { try StudyMerge.merged([("a.sqlite", draws[0]), ("b.sqlite", draws[1])]) }
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("merged.sqlite")
      try Data().write(to: url)
      #expect(
        throws: InputError(
          .usage, asked: "write the merged study \(url.path)", found: "it exists",
          hint: "give the name of a new file")
      ) { try StudyMerge.write(one, to: url) }
    }
  }

  @Test("a folder of saved passes that holds something else")
  func passes() throws {
    try withTemporaryDirectory { folder in
      let (file, other) = (
        folder.appendingPathComponent("file"), folder.appendingPathComponent("a.sqlite.pass")
      )
      try Data("x".utf8).write(to: file)
      func failure(_ url: URL, _ found: String) -> InputError {
        InputError(
          .usage, asked: "save passes in \(url.path)", found: found,
          hint: "move it away, or write under another name")
      }
      #expect(throws: failure(file, "something that is no folder")) {
        try PassCheckpoint.check(file)
      }
      try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
      try Data("x".utf8).write(to: other.appendingPathComponent("thesis.txt"))
      #expect(throws: failure(other, "a folder with thesis.txt in it")) {
        try PassCheckpoint.check(other)
      }
    }
  }

  @Test(
    "settings that leave nothing to quantize; a diagnosis without text; a set that is too small")
  func inputs() throws {
    var config = TrialConfig()
    config.modules = []
    let model = try ModelConfig(directory: Repository.demoModel)
    #expect(
      throws: InputError(
        .usage, asked: "modules_in_block_to_quantize", found: "an empty list: nothing is quantized",
        hint: "name linears such as self_attn.q_proj,mlp.down_proj, or leave it out for all")
    ) { try model.check(config) }
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try PlantedModel(variant: .plain, layers: 1).write(to: model)
      let inputs = try PlantedCauseTests.quick.inputs(model: model)
      let plain = try DiagnosisSource(text: "bits: 4\n", name: "a.yaml")
      let large = try DiagnosisSource(text: "{bits: 4, calibration_samples: 99}", name: "b.yaml")
      #expect(
        throws: InputError(
          .usage, asked: "calibration_samples: 99", found: "16 windows in the calibration set",
          hint: "ask for 16 or fewer, or build a larger set")
      ) { try DiagnosisRun(inputs, suspect: large, baseline: plain) }
      let set = model.appendingPathComponent("calibration.sqlite").path
      let silent = try SweepInputs(
        model: model.path, calibration: set, heldout: [], context: 2, heldoutTokens: 2,
        engine: CPUEngine())
      #expect(
        throws: InputError(
          .usage, asked: "diagnose without held-out text", found: "no --heldout",
          hint: "give one file a domain, the main one first")
      ) { try DiagnosisRun(silent, suspect: plain, baseline: plain) }
      var study = StudyTests.environment()
      study.modelHash = "0123456789abcdef0123"
      let now = inputs.calibration.hash.prefix(16)
      let other = #expect(throws: InputError.self) {
        try inputs.check(against: study, calibration: true)
      }
      #expect(
        other?.asked == "make a trial's checkpoint with another model"
          && other?.found.hasPrefix("model was 0123456789abcdef in its study, now it is ") == true
          && other?.hint == "give the model of the study")
      study.modelHash = try inputs.environment(context: 64, heldoutTokens: 512).modelHash
      #expect(
        throws: InputError(
          .usage, asked: "make a trial's checkpoint with another calibration",
          found: "calibration was c in its study, now it is \(now)",
          hint: "go back to that set, or name another by --calibration")
      ) { try inputs.check(against: study, calibration: true) }
    }
  }
}
