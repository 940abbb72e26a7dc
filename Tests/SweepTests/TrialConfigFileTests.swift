import Basics
import Foundation
import GPTQ
import Model
import Sweep
import Testing

@Suite("Settings of one trial in a file")
struct TrialConfigFileTests {
  static func config(_ text: String) throws -> TrialConfig {
    try TrialConfigFile(text: text, name: "suspect.yaml").config
  }

  @Test("YAML under the keys of sweep.yaml, a preset that later keys change")
  func yaml() throws {
    let config = try Self.config(
      """
      preset: nejumi-int8
      group_size: 128
      packer: autogptq-bf16
      propagation: quantized
      modules_in_block_to_quantize: [mlp.down_proj, self_attn.q_proj]
      dynamic:
        '-:.*layers\\.0\\..*': {}
        '+:.*': {bits: 4}
        '.*down_proj': {bits: 2}
      """)
    #expect(config.quantize.bits == 8)
    #expect(config.quantize.groupSize == 128)
    #expect(config.quantize.dampPercent == 0)
    #expect(config.quantize.descAct)
    #expect(config.packer == .autogptqBF16)
    #expect(config.propagation == .quantized)
    #expect(config.modules == ["mlp.down_proj", "self_attn.q_proj"])
    #expect(config.quantize(for: 0, "mlp.down_proj") == nil)
    #expect(
      config.quantize(for: 1, "mlp.down_proj")?.bits == 4, "the first match, in the file's order")
    #expect(config.quantize(for: 1, "mlp.up_proj") == nil)
  }

  @Test("the presets are the cards'")
  func presets() throws {
    let int4 = try Self.config("preset: nejumi-int4").quantize
    #expect((int4.bits, int4.groupSize, int4.dampPercent) == (4, 128, 0.01))
    let int8 = try Self.config("preset: nejumi-int8").quantize
    #expect((int8.bits, int8.groupSize, int8.dampPercent) == (8, 64, 0))
    #expect(int4.descAct && int8.descAct && int8.rescue == .auto)
    #expect(QuantizationPreset.nejumiInt4.sequenceLength == 2048)
  }

  @Test("a quantize_config.json of another tool")
  func quantizeConfig() throws {
    let config = try Self.config(
      #"{"bits":8,"group_size":64,"damp_percent":0.005,"desc_act":true,"static_groups":false,"#
        + #""sym":true,"true_sequential":true,"model_name_or_path":null,"quant_method":"gptq","#
        + #""checkpoint_format":"gptq","dynamic":null,"meta":{"quantizer":["x:1"]}}"#)
    #expect((config.quantize.bits, config.quantize.groupSize) == (8, 64))
    #expect(config.quantize.dampPercent == 0.005)
    #expect(config.dynamic.isEmpty)
  }

  @Test(arguments: [
    "bits: 5", "bit: 4", "- bits", "bits: [4, 8]", "dynamic: {'(': {}}", "dynamic: 4",
    "modules_in_block_to_quantize: []",
    "algorithm: gptaq", "preset: nejumi", "act_group_aware: true\ndesc_act: true",
    "dynamic: {'.*': {act_group_aware: true}}\ndesc_act: true", "bits: {value: 4}",
  ])
  func refuses(text: String) {
    #expect(throws: InputError.self) { try Self.config(text) }
  }

  @Test("a study of an older tenbin is read: what it did not know is as usual")
  func olderStudies() throws {
    let config = try JSONDecoder().decode(
      TrialConfig.self,
      from: Data(
        (#"{"packer":"exact","propagation":"shared","quantize":{"algorithm":"gptq","bits":8,"#
          + #""damp_percent":0.1,"desc_act":true,"group_size":64,"group_timing":"stale","#
          + #""rescue":"auto","scales_dtype":"f16","static_groups":false,"sym":true}}"#).utf8))
    #expect(config.quantize.bits == 8)
    #expect(!config.quantize.actGroupAware)
    #expect(config.modules == nil)
    let copy = try JSONDecoder().decode(TrialConfig.self, from: JSONEncoder().encode(config))
    #expect(copy == config)
  }
}
