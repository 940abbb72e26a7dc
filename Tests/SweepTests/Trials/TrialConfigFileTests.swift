import Basics
import Foundation
import GPTQ
import Model
import Results
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

  @Test("what GPTQModel keeps in meta is read; loaders' keys are passed over")
  func published() throws {
    let config = try Self.config(
      #"{"bits":4,"group_size":128,"desc_act":false,"sym":true,"quant_method":"gptq","#
        + #""checkpoint_format":"gptq","pack_dtype":"int32","pack_impl":"cpu","lm_head":false,"#
        + #""meta":{"damp_percent":0.05,"static_groups":true,"act_group_aware":true,"gptaq":false}}"#
    )
    #expect(config.quantize.dampPercent == 0.05)
    #expect(config.quantize.staticGroups && config.quantize.actGroupAware)
    let optimum = try Self.config(
      #"{"batch_size":1,"bits":4,"group_size":64,"damp_percent":0.1,"quant_method":"gptq","#
        + #""use_exllama":true,"exllama_config":{"version":1},"disable_exllama":null,"hyb_act":false,"#
        + #""provider":"x","dataset":null,"modules_in_block_to_quantize":[["self_attn.q_proj"]]}"#)
    #expect((optimum.quantize.groupSize, optimum.quantize.dampPercent) == (64, 0.1))
    #expect(optimum.modules == ["self_attn.q_proj"])
    let oneComp = try Self.config(
      #"{"quant_method":"mixed_gptq","bits":4,"groupsize":128,"actorder":true,"mlp_wbits":3}"#)
    #expect(oneComp.quantize.descAct)
    #expect(oneComp.quantize(for: 2, "mlp.up_proj")?.bits == 3)
    #expect(oneComp.quantize(for: 2, "self_attn.q_proj")?.bits == 4)
    let nested = try Self.config(
      #"{"model_type":"llama","quantization_config":{"bits":"int4","groupsize":"128","#
        + #""quant_method":"gptq","damp_percent":0.02}}"#)
    #expect((nested.quantize.bits, nested.quantize.groupSize) == (4, 128))
    #expect(nested.quantize.dampPercent == 0.02)
    let edited = try Self.config(
      #"{"bits":8,"group_size":64,"quant_method":"gptq","packer":"autogptq-bf16"}"#)
    #expect(edited.packer == .autogptqBF16)
  }

  @Test(
    "published settings that cannot be carried out are refused by what they are",
    arguments: [
      (#"{"quant_method":"awq","bits":4}"#, #"quant_method "awq", another format than GPTQ"#),
      (#"{"per_model_config":{}}"#, "the settings of ONNX, not of GPTQ"),
      (
        #"{"quant_method":"auto-round","bits":4,"group_size":128}"#,
        "settings of auto-round, which chooses codes by another algorithm than GPTQ"
      ),
      (
        #"{"quant_method":"gptq","bits":4,"group_size":128,"autoround_version":"0.16.1"}"#,
        "settings of auto-round, which chooses codes by another algorithm than GPTQ"
      ),
      (#"{"quant_method":"gptq","bits":4}"#, "no group_size"),
      (#"{"quant_method":"gptq","bits":"4","group_size":128}"#, #"bits "4", a string"#),
      (
        "{\"quant_method\": \"gptq\",\n}",
        "no JSON: line 2, column 1: a comma stands before this '}'"
      ),
    ])
  func refusedByName(json: String, found: String) {
    #expect {
      try TrialConfigFile(text: json, name: "quantize_config.json")
    } throws: {
      ($0 as? InputError)?.found == found
    }
  }

  @Test("dynamic of a published checkpoint may hold settings that tenbin does not know")
  func foreignDynamic() throws {
    let config = try TrialConfigFile(
      text: #"{"bits":4,"group_size":128,"quant_method":"gptq","#
        + #""dynamic":{"-:.*v_proj":null,"+:.*":{"mse":2.0,"bits":8}}}"#,
      name: "quantize_config.json"
    ).config
    #expect(config.dynamic.rules.map(\.key) == ["-:.*v_proj", "+:.*"])
    #expect(config.quantize(for: 0, "mlp.up_proj")?.bits == 8)
  }

  @Test(arguments: [
    "bits: 9", "bit: 4", "- bits", "bits: [4, 8]", "dynamic: {'(': {}}", "dynamic: 4",
    "modules_in_block_to_quantize: []",
    "algorithm: gptaq\npropagation: shared", "preset: nejumi",
    "act_group_aware: true\ndesc_act: true",
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
