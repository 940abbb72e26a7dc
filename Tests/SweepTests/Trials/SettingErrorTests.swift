import Basics
import Codecs
import GPTQ
import Model
import Results
import Sweep
import TestSupport
import Testing

/// The whole text of errors that settings bring about: it is part of the interface.
@Suite("Errors of settings, word for word")
struct SettingErrorTests {
  @Test("settings that mean nothing together")
  func combinations() {
    expect(
      "algorithm: gptaq\npropagation: shared",
      InputError(
        .usage, asked: "algorithm gptaq with propagation shared",
        found: "on the base model's own activations gptaq has nothing to make up for: it is gptq",
        hint: "set propagation quantized, or algorithm gptq"))
    expect(
      "error_propagation: 0.5\npropagation: shared",
      InputError(
        .usage, asked: "error_propagation 0.5 with propagation shared",
        found: "on the base model's own activations there is no error of earlier layers",
        hint: "set propagation quantized, or error_propagation 0"))
    expect(
      "act_group_aware: true\ngroup_size: -1",
      InputError(
        .usage, asked: "act_group_aware with group_size -1",
        found: "it orders columns inside groups, and a whole row is one group",
        hint: "give a group_size such as 128, or use desc_act"))
  }

  @Test("a sweep file without parameters, and without one that it needs")
  func sweepFiles() {
    #expect(
      throws: InputError(
        .usage, asked: "read the sweep file sweep.yaml", found: "no parameters",
        hint: "add `parameters:` with at least model, calibration and heldout")
    ) { try SweepFile(text: "method: grid\n", name: "sweep.yaml") }
    #expect(
      throws: InputError(
        .usage, asked: "read the sweep file sweep.yaml", found: "no parameter calibration",
        hint: "add `calibration: {value: …}` under parameters; docs/sweeps.md shows a complete file"
      )
    ) { try SweepFile(text: "parameters:\n  model: {value: m}\n", name: "sweep.yaml") }
  }

  @Test("more rules than anybody writes, and rules that leave nothing to quantize")
  func rules() throws {
    let many: [JSONMember] = (0...1000).map { JSONMember(key: "-:a\($0)", value: .object([])) }
    #expect(
      throws: InputError(
        .usage, asked: "dynamic with 1001 rules", found: "1,000 at most",
        hint: "one pattern can name many modules")
    ) { try DynamicRules(.object(many), strict: true) }
    var none = TrialConfig()
    none.dynamic = try DynamicRules(["-:.*": .object([])], strict: true)
    let model = try ModelConfig(directory: Repository.demoModel)
    #expect(
      throws: InputError(
        .usage, asked: "quantize with dynamic and modules_in_block_to_quantize as they are",
        found: "nothing is left to quantize: they leave out every linear of the model",
        hint: "take back the pattern -: or the list that goes too far")
    ) { try model.requireLinears(in: none) }
  }

  private func expect(_ text: String, _ error: InputError) {
    #expect(throws: error) { try TrialConfigFile(text: text, name: "trial.yaml") }
  }
}
