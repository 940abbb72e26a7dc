import Basics
import Foundation
import GPTQ
import Testing

@Suite("What files of settings say, whoever wrote them")
struct StatedSettingsTests {
  static func read(_ json: String) throws -> StatedSettings {
    try StatedSettings(text: Data(json.utf8), name: "quantize_config.json")
  }

  private func failure(_ json: String) -> InputError? {
    do {
      _ = try Self.read(json)
      return nil
    } catch {
      return error as? InputError
    }
  }

  @Test(
    "bits and group_size under every name",
    arguments: [
      (#"{"bits":4,"group_size":128}"#, 4, 128),
      (#"{"bits":8,"group_size":-1,"checkpoint_format":"gptq_v2","method":"gptq"}"#, 8, -1),
      (#"{"quantization_config":{"bits":"int4","groupsize":"128","quant_method":"gptq"}}"#, 4, 128),
      (#"{"wbits":3,"groupsize":64}"#, 3, 64), (#"{"w_bit":4,"q_group_size":32}"#, 4, 32),
      (#"{"bits":4.0,"group_size":128,"groupsize":128}"#, 4, 128),
      (#"{"quant_method":"mixed_gptq","bits":4,"groupsize":128,"actorder":true}"#, 4, 128),
      (
        #"{"quant_method":"auto-round","packing_format":"auto_round:auto_gptq","bits":2,"#
          + #""group_size":32,"data_type":"int"}"#, 2, 32
      ),
      (#"{"bits":4,"group_size":128,"checkpoint_format":"gptq_marlin"}"#, 4, 128),
    ])
  func names(json: String, bits: Int, groupSize: Int) throws {
    let settings = try Self.read(json)
    #expect(settings.bits == bits)
    #expect(settings.groupSize == groupSize)
  }

  @Test("what is null or missing is not said")
  func silence() throws {
    let settings = try Self.read(
      #"{"bits":4,"group_size":null,"desc_act":null,"sym":null,"dynamic":null,"meta":null,"#
        + #""modules_in_block_to_quantize":null,"damp_percent":null}"#)
    #expect(settings.groupSize == nil && settings.descAct == nil && settings.sym == nil)
    #expect(settings.dynamic.isEmpty && settings.modulesInBlock == nil)
    #expect(settings.solver == StatedSettings.SolverSettings())
  }

  @Test(
    "a wrong type is an error that says what was found",
    arguments: [
      (#"{"bits":"4"}"#, #"bits "4", a string"#, "bits is 2 to 8"),
      (#"{"bits":4.5}"#, "bits 4.5, a number", "bits is 2 to 8"),
      (#"{"bits":[4]}"#, "bits a list of 1", "bits is 2 to 8"),
      (
        #"{"bits":4,"group_size":"128"}"#, #"group_size "128", a string"#,
        "group_size is a whole number above 0, or -1"
      ),
      (
        #"{"bits":4,"group_size":0}"#, "group_size 0, a number",
        "group_size is a whole number above 0, or -1"
      ),
      (
        #"{"bits":4,"groupsize":"many"}"#, #"groupsize "many", a string"#,
        "groupsize is a whole number above 0, or -1"
      ),
      (
        #"{"bits":4,"group_size":true}"#, "group_size true, a Boolean",
        "group_size is a whole number above 0, or -1"
      ),
      (#"{"bits":4,"sym":1}"#, "sym 1, a number", "sym is true or false"),
      (
        #"{"bits":4,"desc_act":"false"}"#, #"desc_act "false", a string"#,
        "desc_act is true or false"
      ),
      (
        #"{"bits":4,"actorder":"yes"}"#, #"actorder "yes", a string"#, "actorder is true or false"
      ),
      (
        #"{"bits":4,"meta":{"damp_percent":"0.05"}}"#, #"damp_percent "0.05", a string"#,
        "damp_percent is a fraction such as 0.01"
      ),
      (#"{"bits":4,"meta":[1]}"#, "meta a list of 1", "meta is an object"),
      (
        #"{"bits":4,"quant_method":4}"#, "quant_method 4, a number",
        "quant_method is a string"
      ),
      (
        #"{"bits":4,"modules_in_block_to_quantize":"q_proj"}"#,
        #"modules_in_block_to_quantize "q_proj", a string"#,
        "modules_in_block_to_quantize is a list of names, or of lists of names"
      ),
      (
        #"{"bits":4,"dynamic":{".*":{"bits":"8"}}}"#, #"dynamic: bits "8", a string"#,
        "bits is a whole number"
      ),
      (
        #"{"bits":4,"layer_bits":{"0":"8"}}"#, #"layer_bits 0: "8", a string"#,
        "it gives each layer, by number, its bits"
      ),
      (
        #"{"bits":4,"quantization_bits":[{},4]}"#, "quantization_bits 1: 4, a number",
        "it is a list, one object a layer"
      ),
      (
        #"{"bits":4,"groupsize":64,"group_size":128}"#, "group_size 128 beside groupsize 64",
        "both mean the same setting: leave out the one that is wrong"
      ),
      (
        #"{"bits":4,"desc_act":true,"act_order":false}"#, "desc_act true beside act_order false",
        "both mean the same setting: leave out the one that is wrong"
      ),
    ])
  func types(json: String, found: String, hint: String) throws {
    let error = try #require(failure(json))
    #expect(error.kind == .badData)
    #expect(error.asked.hasPrefix("read the quantization settings of quantize_config.json"))
    #expect(error.found == found)
    #expect(error.hint == hint)
  }

  @Test(
    "values that no reader of GPTQ takes",
    arguments: [
      ("[]", "an empty list, where an object of settings is expected"), ("{}", "no bits"),
      (#"{"bits":9}"#, "bits 9, where tenbin reads 2 to 8"),
      (#"{"bits":4,"pack_dtype":"int8"}"#, #"pack_dtype "int8", where tenbin reads int32"#),
      (
        #"{"bits":4,"checkpoint_format":"gptq_q"}"#,
        #"checkpoint_format "gptq_q", where tenbin reads gptq, gptq_v2 and gptq_p"#
      ),
    ])
  func values(json: String, found: String) throws {
    let error = try #require(failure(json))
    #expect(error.found == found)
    #expect(
      error.hint
        == "a GPTQ checkpoint names bits (2 to 8), group_size, desc_act and sym there")
  }

  @Test(
    "what is not GPTQ is refused by its name",
    arguments: [
      (#"{"quant_method":"awq","bits":4}"#, #"quant_method "awq", another format than GPTQ"#),
      (
        #"{"quant_method":"compressed-tensors"}"#,
        #"quant_method "compressed-tensors", another format than GPTQ"#
      ),
      (
        #"{"quant_method":"bitsandbytes","load_in_4bit":true}"#,
        #"quant_method "bitsandbytes", another format than GPTQ"#
      ),
      (#"{"quant_method":"fp8"}"#, #"quant_method "fp8", another format than GPTQ"#),
      (#"{"per_model_config":{"model":{}}}"#, "the settings of ONNX, not of GPTQ"),
      (
        #"{"zero_point":true,"q_group_size":128,"w_bit":4,"version":"GEMM"}"#,
        "the settings of AWQ, not of GPTQ"
      ),
      (#"{"config_groups":{}}"#, "the settings of compressed-tensors, not of GPTQ"),
      (#"{"load_in_8bit":true}"#, "the settings of bitsandbytes, not of GPTQ"),
      (#"{"bits":4,"group_size":64,"mode":"affine"}"#, "the settings of MLX, not of GPTQ"),
    ])
  func foreign(json: String, found: String) throws {
    let error = try #require(failure(json))
    #expect(error.found == found)
    #expect(error.hint == "give a GPTQ checkpoint, or quantize the base model with tenbin quantize")
  }

  @Test(
    "auto-round in another packing than GPTQ's is refused",
    arguments: [
      (
        #""packing_format":"auto_round:auto_awq""#,
        #"packing_format "auto_round:auto_awq", another packing than GPTQ's"#
      ),
      (#""data_type":"mx_fp""#, #"data_type "mx_fp", where GPTQ's packing holds int"#),
    ])
  func autoRound(part: String, found: String) throws {
    let error = try #require(failure(#"{"quant_method":"auto-round","bits":4,\#(part)}"#))
    #expect(error.found == found)
  }

  @Test("broken JSON is named with its line")
  func broken() throws {
    let error = try #require(
      failure("{\n  \"bits\": 8,\n  \"meta\": {\n  },\n  },\n \"sym\": true\n}"))
    #expect(error.found == "no JSON: line 5, column 3: a comma stands before this '}'")
  }

  @Test("what meta of GPTQModel says counts, and what stands outside of it before it")
  func meta() throws {
    let inside = try Self.read(
      #"{"bits":4,"group_size":128,"meta":{"damp_percent":0.05,"static_groups":true,"#
        + #""act_group_aware":true,"gptaq":{"alpha":0.25}}}"#)
    #expect(inside.solver.dampPercent == 0.05)
    #expect(inside.solver.staticGroups == true && inside.solver.actGroupAware == true)
    #expect(inside.solver.isGPTAQ == true)
    let both = try Self.read(
      #"{"bits":4,"damp_percent":0.1,"meta":{"damp_percent":0.05,"gptaq":false}}"#)
    #expect(both.solver.dampPercent == 0.1)
    #expect(both.solver.isGPTAQ == false)
  }

  @Test(
    "settings of single modules in every dialect",
    arguments: [
      (#""dynamic":{"+:.*down_proj":{"bits":8}}"#, "mlp.down_proj"),
      (#""layer_bits":{"3":8,"4":4}"#, "self_attn.q_proj"),
      (#""layer_bits":[4,4,4,8]"#, "self_attn.q_proj"),
      (#""quant_method":"mixed_gptq","mlp_wbits":8"#, "mlp.up_proj"),
      (
        #""quant_method":"mixed_gptq","quantization_bits":[{},{},{},"#
          + #"{"mlp.up_proj":{"bits":8,"method":"gptq","params":{"group_size":64}}}]"#,
        "mlp.up_proj"
      ),
      (
        #""quant_method":"auto-round","extra_config":{"model.layers.3.mlp.up_proj":{"bits":8}}"#,
        "mlp.up_proj"
      ),
      (
        #""quant_method":"auto-round","extra_config":{"layers\\.3\\..*up":{"bits":8}}"#,
        "mlp.up_proj"
      ),
    ])
  func dialects(part: String, module: String) throws {
    let settings = try Self.read(#"{"bits":4,"group_size":128,\#(part)}"#)
    let config = settings.rules.config(for: "model.layers.3." + module, from: QuantizeConfig())
    #expect(config?.bits == 8)
    let other = settings.rules.config(
      for: "model.layers.30.self_attn.k_proj", from: QuantizeConfig())
    #expect(other?.bits == 4)
  }

  @Test("16 bits are none: the module is left out")
  func leftOut() throws {
    let settings = try Self.read(
      #"{"quant_method":"auto-round","bits":4,"extra_config":{"model.layers.0.mlp.up_proj":"#
        + #"{"bits":16,"data_type":"float"},"lm_head":{"bits":16}}}"#)
    #expect(settings.rules.config(for: "model.layers.0.mlp.up_proj", from: QuantizeConfig()) == nil)
    #expect(
      settings.rules.config(for: "model.layers.0.mlp.up_proj_2", from: QuantizeConfig()) != nil)
  }
}
