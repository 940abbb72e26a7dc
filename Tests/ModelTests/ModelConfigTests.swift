import Basics
import Compute
import Foundation
import Model
import Tensor
import TestSupport
import Testing

@Suite("What config.json may say")
struct ModelConfigTests {
  /// A complete Qwen3 config; each test changes some keys.
  private static let complete: [String: any Sendable] = [
    "model_type": "qwen3", "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 96,
  ]

  private func config(_ edits: [String: any Sendable], without: [String] = []) throws -> ModelConfig
  {
    var keys = Self.complete.merging(edits) { $1 }
    for key in without { keys[key] = nil }
    return try ModelConfig(
      json: JSONSerialization.data(withJSONObject: keys), name: "config.json")
  }

  @Test(
    "a feature that tenbin lacks is refused by its key",
    arguments: [
      ("model_type", #"{"model_type":"gpt_neox"}"#),
      ("kv_lora_rank", #"{"model_type":"deepseek_v3","kv_lora_rank":512}"#),
      ("state-space layers", #"{"model_type":"nemotron_h","ssm_state_size":128}"#),
      ("vision", #"{"model_type":"qwen2_5_vl","vision_config":{}}"#),
      ("linear attention", #"{"model_type":"x","text_config":{"linear_num_value_heads":32}}"#),
      ("hidden_act", #"{"hidden_act":"gelu"}"#),
      ("rope_type", #"{"rope_scaling":{"rope_type":"proportional","factor":4.0}}"#),
      ("factor", #"{"rope_scaling":{"rope_type":"yarn","factor":0.5}}"#),
      ("rope_theta", #"{"rope_theta":1.0,"rope_scaling":{"rope_type":"yarn","factor":4.0}}"#),
      ("rope_type", #"{"rope_parameters":{"rope_type":"longrope","rope_theta":1e4}}"#),
      ("rope_type", #"{"rope_scaling":{"type":"mrope","mrope_section":[2,1,1]}}"#),
      ("factor", #"{"rope_scaling":{"type":"linear"}}"#),
      ("low_freq_factor", #"{"rope_scaling":{"type":"llama3","factor":8}}"#),
      ("rope_parameters", #"{"rope_parameters":{"full_attention":{"rope_type":"default"}}}"#),
      ("partial_rotary_factor", #"{"partial_rotary_factor":0.5}"#),
      ("partial_rotary_factor", #"{"rope_parameters":{"partial_rotary_factor":0.25}}"#),
      ("num_experts", #"{"num_experts":8}"#),
      ("num_local_experts", #"{"num_local_experts":8}"#),
      ("n_routed_experts", #"{"n_routed_experts":64}"#),
      ("attention_sinks", #"{"attention_sinks":true}"#),
      ("add_swa_attention_sink_bias", #"{"add_swa_attention_sink_bias":true}"#),
      ("attn_logit_softcapping", #"{"attn_logit_softcapping":50.0}"#),
      ("final_logit_softcapping", #"{"final_logit_softcapping":30.0}"#),
      ("logits_scaling", #"{"logits_scaling":8}"#),
      ("residual_multiplier", #"{"residual_multiplier":0.22}"#),
      ("q_lora_rank", #"{"q_lora_rank":1536}"#),
      ("is_causal", #"{"is_causal":false}"#),
      ("quantization_config", #"{"quantization_config":"awq"}"#),
      ("quant_method", #"{"quantization_config":{"quant_method":4}}"#),
      ("transformers_weights", #"{"transformers_weights":"other.safetensors"}"#),
      ("layer_types", #"{"layer_types":["full_attention","chunked_attention"]}"#),
      ("layer_types", #"{"layer_types":["full_attention"]}"#),
      ("layer_types", #"{"layer_types":["sliding_attention","full_attention"]}"#),
      ("head_dim", #"{"head_dim":7}"#),
      ("num_attention_heads", #"{"head_dim":null,"num_attention_heads":6}"#),
      ("num_key_value_heads", #"{"num_key_value_heads":3}"#),
      ("hidden_size", #"{"hidden_size":-1}"#),
      ("hidden_size", #"{"hidden_size":1e30}"#),
      ("hidden_size", #"{"hidden_size":"32"}"#),
      ("num_hidden_layers", #"{"num_hidden_layers":2.5}"#),
      ("sliding_window", #"{"use_sliding_window":true,"sliding_window":0}"#),
      ("attention_bias", #"{"attention_bias":"yes"}"#),
      ("rms_norm_eps", #"{"rms_norm_eps":-1}"#),
    ])
  func unsupported(key: String, edits: String) throws {
    let edits = try #require(
      try JSONSerialization.jsonObject(with: Data(edits.utf8)) as? [String: any Sendable])
    #expect {
      try config(edits)
    } throws: { error in
      guard let error = error as? InputError else { return false }
      return error.kind == .badData && "\(error.found) \(error.hint)".contains(key)
    }
  }

  @Test("a key without which there is no model", arguments: complete.keys.sorted())
  func missing(key: String) throws {
    if key == "num_key_value_heads" {
      // Qwen's default, 32, does not divide 4 heads.
      #expect(throws: InputError.self) { try config([:], without: [key]) }
    } else {
      #expect { try config([:], without: [key]) } throws: {
        ($0 as? InputError)?.found == "no \(key)"
      }
    }
  }

  @Test(
    "keys of the families with experts, of Gemma, Phi, gpt-oss and PLaMo",
    arguments: [
      ("num_experts", #"{"model_type":"qwen3_moe","num_experts":0}"#),
      ("num_experts", #"{"model_type":"qwen3_moe","num_experts":1000000}"#),
      ("num_local_experts", #"{"model_type":"mixtral","num_experts":4,"num_local_experts":8}"#),
      (
        "num_local_experts",
        #"{"model_type":"mixtral","num_local_experts":1024,"num_hidden_layers":200}"#
      ),
      (
        "num_experts_per_tok",
        #"{"model_type":"mixtral","num_local_experts":4,"num_experts_per_tok":5}"#
      ),
      ("moe_intermediate_size", #"{"model_type":"qwen2_moe","moe_intermediate_size":-1}"#),
      ("decoder_sparse_step", #"{"model_type":"qwen3_moe","decoder_sparse_step":0}"#),
      ("mlp_only_layers", #"{"model_type":"qwen3_moe","mlp_only_layers":["0"]}"#),
      (
        "layer_types",
        #"{"model_type":"qwen2_moe","layer_types":["sliding_attention","full_attention"]}"#
      ),
      ("sliding_window", #"{"model_type":"gemma2","sliding_window":null}"#),
      ("hidden_activation", #"{"model_type":"gemma2","hidden_activation":"gelu"}"#),
      (
        "use_bidirectional_attention",
        #"{"model_type":"gemma2","use_bidirectional_attention":true}"#
      ),
      ("query_pre_attn_scalar", #"{"model_type":"gemma2","query_pre_attn_scalar":0}"#),
      ("attn_logit_softcapping", #"{"model_type":"gemma3_text","attn_logit_softcapping":50.0}"#),
      (
        "rope_parameters",
        #"{"model_type":"gemma3_text","rope_parameters":{"rope_type":"default"}}"#
      ),
      (
        "hidden_size",
        #"{"model_type":"gemma3","text_config":{"intermediate_size":4}}"#
      ),
      ("rope_type", #"{"model_type":"phi3","rope_scaling":{"type":"linear","factor":2}}"#),
      (
        "long_factor",
        #"{"model_type":"phi3","rope_scaling":{"type":"su","short_factor":[1,1,1,1],"long_factor":[1]}}"#
      ),
      (
        "short_factor",
        #"{"model_type":"phi3","rope_scaling":{"type":"yarn","short_factor":[1,1,1,0],"long_factor":[1,1,1,1]}}"#
      ),
      ("partial_rotary_factor", #"{"model_type":"phi3","partial_rotary_factor":1.5}"#),
      ("partial_rotary_factor", #"{"model_type":"phi3","partial_rotary_factor":0.4}"#),
      ("swiglu_limit", #"{"model_type":"gpt_oss","head_dim":8,"swiglu_limit":0}"#),
      ("window_size", #"{"model_type":"plamo3","head_dim":8,"rope_theta":1e6}"#),
      ("rope_theta", #"{"model_type":"plamo3","head_dim":8,"window_size":4}"#),
      (
        "initial_context_length",
        #"{"model_type":"plamo3","head_dim":8,"window_size":4,"rope_theta":1e6,"rope_scaling_factor":2}"#
      ),
      ("linear_type", #"{"model_type":"plamo3","linear_type":"fp8"}"#),
      ("scale_embedding", #"{"model_type":"plamo3","scale_embedding":true}"#),
    ])
  func keysOfFamilies(key: String, edits: String) throws { try unsupported(key: key, edits: edits) }

  @Test(
    "gpt_oss by GPTQModel is refused: its rows of gate and up are mixed, and shapes do not tell",
    arguments: [#"["gptqmodel:7.7.0"]"#, #""gptqmodel:7.7.0""#])
  func mixedRows(quantizer: String) throws {
    func config(_ quantizer: String) throws -> ModelConfig {
      try ModelConfig(
        json: Data(
          #"""
          {"model_type": "gpt_oss", "hidden_size": 32, "intermediate_size": 40, "vocab_size": 96,
           "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
           "quantization_config": {"quant_method": "gptq", "meta": {"quantizer": \#(quantizer)}}}
          """#.utf8), name: "config.json")
    }
    #expect(
      throws: InputError(
        .badData, asked: "run the model of config.json",
        found:
          "gpt_oss in codes by gptqmodel:7.7.0, whose gate_proj and up_proj both mix gate and up",
        hint: "quantize the base model with tenbin quantize, or load this one with GPTQModel")
    ) { try config(quantizer) }
    #expect(try config(#"["tenbin:0.1.0"]"#).isQuantized)
  }

  @Test("what a released config.json of each family leaves out")
  func familyDefaults() throws {
    let gemma = try config(["model_type": "gemma2", "head_dim": 8])
    #expect(gemma.tiesEmbeddings && slidingWindows(gemma) == [4096, nil])
    #expect(gemma.layer(0).attention?.shape.softCap == 50)
    #expect(gemma.description.logitCap == 30)
    let uncapped = try config([
      "model_type": "gemma2", "attn_logit_softcapping": NSNull(),
      "final_logit_softcapping": NSNull(),
    ])
    #expect(
      uncapped.layer(0).attention?.shape.softCap == nil && uncapped.description.logitCap == nil)
    let local = try config(["model_type": "gemma3_text", "num_hidden_layers": 7])
    #expect(slidingWindows(local) == [4096, 4096, 4096, 4096, 4096, nil, 4096])
    #expect(
      local.layer(5).attention?.rope.theta == 1e6 && local.layer(6).attention?.rope.theta == 1e4)
    let oss = try config(["model_type": "gpt_oss"])
    #expect(slidingWindows(oss) == [128, nil] && oss.layer(0).attention?.shape.headDimension == 64)
    #expect(oss.layer(0).attention?.rope.theta == 150_000)
    #expect(oss.layer(0).linears.count == 4 + 3 * 128 && oss.layer(0).linears.allSatisfy(\.hasBias))
    // The published file of Gemma 3 4B has no more than this.
    let published = #"""
      {"model_type": "gemma3", "text_config": {"hidden_size": 2560, "intermediate_size": 10240,
       "model_type": "gemma3_text", "num_hidden_layers": 34,
       "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024},
       "vision_config": {"hidden_size": 1152}}
      """#
    let whole = try ModelConfig(json: Data(published.utf8), name: "config.json")
    #expect(whole.vocabularySize == 262_208 && whole.tiesEmbeddings)
    #expect(whole.layer(5).attention?.rope.scaling == .linear(factor: 8))
    #expect(whole.linearPrefixes[0] == "language_model.model.layers.0.self_attn.q_proj")
  }

  @Test("values that switch a feature off are no obstacle")
  func neutral() throws {
    let config = try config([
      "num_experts": 0, "attn_logit_softcapping": NSNull(), "partial_rotary_factor": 1.0,
      "hidden_act": "swish", "is_causal": true, "attention_sinks": false,
    ])
    #expect(config.modelType == "qwen3")
    #expect(!config.isQuantized)
  }

  @Test("defaults are the family's")
  func defaults() throws {
    #expect(try shape([:])?.headDimension == 128)
    #expect(try shape(["model_type": "qwen2"])?.headDimension == 8)
    let biased = try config(["model_type": "qwen2"]).layer(0).linears.filter(\.hasBias)
    #expect(
      biased.map(\.name.rawValue) == ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"])
    #expect(
      try shape(["model_type": "llama", "num_key_value_heads": NSNull()])?.keyValueHeads == 4)
    #expect(try slidingWindows(config(["model_type": "mistral"])) == [4096, 4096])
    #expect(
      try slidingWindows(config(["model_type": "mistral", "sliding_window": NSNull()])) == [
        nil, nil,
      ])
    #expect(try config(["quantization_config": ["quant_method": "gptq"]]).isQuantized)
    #expect(
      try config(["quantization_config": ["quant_method": "awq"]]).quantizationMethod == "awq")
    #expect(try !config(["quantization_config": NSNull()]).isQuantized)
  }

  @Test(
    "a value of the wrong type is said with its type",
    arguments: [
      (#"{"hidden_size":"32"}"#, #"hidden_size "32", a string"#),
      (#"{"hidden_size":true}"#, "hidden_size true, a Boolean"),
      (#"{"attention_bias":1}"#, "attention_bias 1, a number"),
      (#"{"layer_types":["full_attention",1]}"#, "layer_types a list of 2"),
      (#"{"rope_scaling":[]}"#, "rope_scaling an empty list"),
    ])
  func types(edits: String, found: String) throws {
    let edits = try #require(
      try JSONSerialization.jsonObject(with: Data(edits.utf8)) as? [String: any Sendable])
    #expect {
      try config(edits)
    } throws: {
      ($0 as? InputError)?.found == found
    }
  }

  @Test("a byte order mark is read past, UTF-16 is named, of two equal keys the last counts")
  func encodings() throws {
    let text = try String(
      decoding: JSONSerialization.data(withJSONObject: Self.complete), as: UTF8.self)
    #expect(try ModelConfig(json: Data("\u{FEFF}\(text)".utf8), name: "c").hiddenSize == 32)
    let wide = try #require(text.data(using: .utf16))
    #expect {
      try ModelConfig(json: wide, name: "c")
    } throws: {
      ($0 as? InputError)?.found.contains("UTF-16") ?? false
    }
    let twice = text.dropLast() + #","hidden_size":64}"#
    #expect(try ModelConfig(json: Data(twice.utf8), name: "c").hiddenSize == 64)
  }

  @Test("which layers slide")
  func slidingWindows() throws {
    let sliding: [String: any Sendable] = ["use_sliding_window": true, "sliding_window": 5]
    let half = try config(sliding.merging(["max_window_layers": 1]) { $1 })
    #expect(slidingWindows(half) == [nil, 5])
    let late = try config(sliding)
    #expect(slidingWindows(late) == [nil, nil])
    let listed = try config(
      sliding.merging(["layer_types": ["sliding_attention", "full_attention"]]) { $1 })
    #expect(slidingWindows(listed) == [5, nil])
  }

  private func shape(_ edits: [String: any Sendable]) throws -> AttentionShape? {
    try config(edits).layer(0).attention?.shape
  }

  private func slidingWindows(_ config: ModelConfig) -> [Int?] {
    config.description.layers.map { $0.attention?.shape.slidingWindow }
  }
}

@Suite("Weights that do not fit config.json")
struct ModelTensorsTests {
  /// A tiny Qwen3 whose tensors can be taken out, renamed or damaged.
  private struct Source: WeightSource {
    var tensors: [String: [Int]]
    var nan: Set<String> = []

    func contains(_ name: String) -> Bool { tensors[name] != nil }

    func shape(of name: String) throws(InputError) -> [Int] {
      guard let shape = tensors[name] else {
        throw InputError(.badData, asked: "read \(name)", found: "no such tensor", hint: "")
      }
      return shape
    }

    func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
      var matrix = Matrix<Float>.gaussian(rows.count, try shape(of: name)[1], seed: 1)
      if nan.contains(name) { matrix[0, 0] = .nan }
      return matrix
    }

    func vector(_ name: String) throws(InputError) -> [Float] {
      [Float](repeating: nan.contains(name) ? .infinity : 1, count: try shape(of: name)[0])
    }
  }

  private let config: ModelConfig
  private let whole: Source

  init() throws {
    let folder = try fixture("tiny-qwen3")
    config = try ModelConfig(directory: folder)
    let files = try SafetensorsDirectory(folder)
    var tensors: [String: [Int]] = [:]
    for name in files.tensorNames { tensors[name] = try files.shape(of: name) }
    whole = Source(tensors: tensors)
  }

  private func decoder(_ edit: (inout Source) -> Void) throws -> Decoder {
    var source = whole
    edit(&source)
    return try Decoder(config: config, source: source, engine: CPUEngine())
  }

  @Test("the whole model opens")
  func complete() throws {
    #expect(throws: Never.self) { try decoder { _ in } }
  }

  @Test("every tensor is missed, and its shape checked, before anything is computed")
  func missing() throws {
    for name in whole.tensors.keys {
      #expect { try decoder { $0.tensors[name] = nil } } throws: {
        "\($0)".contains(name)
      }
      #expect { try decoder { $0.tensors[name]?.append(1) } } throws: {
        "\($0)".contains(name)
      }
    }
  }

  @Test(
    "a tensor that the family does not have is another model's",
    arguments: [
      "model.layers.0.self_attn.sinks", "model.layers.0.mlp.gate.weight",
      "model.layers.0.post_feedforward_layernorm.weight", "model.layers.2.input_layernorm.weight",
    ])
  func foreign(name: String) throws {
    #expect { try decoder { $0.tensors[name] = [4] } } throws: { "\($0)".contains(name) }
  }

  @Test("names without the prefix model. are reported")
  func prefix() throws {
    #expect {
      try decoder { source in
        source.tensors = Dictionary(
          uniqueKeysWithValues: source.tensors.map { key, shape in
            (key.replacingOccurrences(of: "model.", with: ""), shape)
          })
      }
    } throws: {
      ($0 as? InputError)?.found == "embed_tokens.weight instead"
    }
  }

  @Test("NaN and infinity are refused by the tensor's name when it is read")
  func notFinite() throws {
    for name in whole.tensors.keys {
      let decoder = try decoder { $0.nan = [name] }
      #expect {
        _ = try decoder.embed([[0, 5]])
        for index in 0..<2 { _ = try decoder.layer(index, positions: 4) }
        _ = try decoder.logits([[0]])
      } throws: {
        ($0 as? InputError)?.asked == "load \(name)"
      }
    }
  }

  @Test("a token outside the vocabulary", arguments: [-1, 96, Int32.max] as [Int32])
  func foreignToken(token: Int32) throws {
    let decoder = try decoder { _ in }
    #expect(throws: InputError.self) { try decoder.embed([[0, token]]) }
  }

  @Test("tied or not: an lm_head that is there is used, and without one only a tied model opens")
  func tying() throws {
    let tied = try fixture("tiny-llama3")
    let source = try SafetensorsDirectory(tied)
    #expect(!source.contains("lm_head.weight"))
    #expect(try Decoder(directory: tied, engine: CPUEngine()).logits([[3]]).columns == 96)
    let json = try String(contentsOf: tied.appendingPathComponent("config.json"), encoding: .utf8)
    let untied = json.replacingOccurrences(
      of: #""tie_word_embeddings": true"#, with: #""tie_word_embeddings": false"#)
    #expect(untied != json)
    let config = try ModelConfig(json: Data(untied.utf8), name: "config.json")
    #expect {
      try Decoder(config: config, source: source, engine: CPUEngine())
    } throws: { "\($0)".contains("tie_word_embeddings") }
  }
}
