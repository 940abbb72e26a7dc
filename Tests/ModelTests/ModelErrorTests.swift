import Basics
import Compute
import Foundation
import Model
import Tensor
import TestSupport
import Testing

@Suite("What is said of models that cannot be opened")
struct ModelErrorTests {
  private static let sameModel = "check that config.json and the weights belong to the same model"
  private static let llama: [String: any Sendable] = [
    "model_type": "llama", "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2,
    "num_attention_heads": 4, "vocab_size": 96,
  ]

  private func config(_ keys: [String: any Sendable]) throws -> ModelConfig {
    try ModelConfig(
      json: JSONSerialization.data(withJSONObject: Self.llama.merging(keys) { $1 }),
      name: "config.json")
  }

  /// Opens a model of zeros, its tensors changed by `edit`.
  private func open(
    _ keys: [String: any Sendable] = [:],
    _ edit: (inout [(name: String, dtype: String, shape: [Int])]) -> Void = { _ in },
    body: (URL) throws -> Void = { _ = try Decoder(directory: $0, engine: CPUEngine()) }
  ) throws {
    try withTemporaryDirectory { folder in
      let keys = Self.llama.merging(keys) { $1 }
      try JSONSerialization.data(withJSONObject: keys).write(
        to: folder.appendingPathComponent("config.json"))
      var tensors = try config(keys).tensors.map { (name: $0.name, dtype: "F32", shape: $0.shape) }
      tensors.append(("lm_head.weight", "F32", [96, 32]))
      edit(&tensors)
      try writeZeros(folder.appendingPathComponent("model.safetensors"), tensors)
      try body(folder)
    }
  }

  /// The error of opening it, its folder left out.
  private func failure(
    _ keys: [String: any Sendable] = [:],
    _ edit: (inout [(name: String, dtype: String, shape: [Int])]) -> Void
  ) throws -> InputError? {
    var found: InputError?
    try open(
      keys, edit,
      body: { folder in
        let error = #expect(throws: InputError.self) {
          try Decoder(directory: folder, engine: CPUEngine())
        }
        found = error.map {
          InputError(
            $0.kind, asked: $0.asked.replacing(folder.path, with: "MODEL"), found: $0.found,
            hint: $0.hint)
        }
      })
    return found
  }

  @Test("config.json: none, no object, a key of a wrong value, one that asks for what tenbin lacks")
  func configs() throws {
    try withTemporaryDirectory { folder in
      #expect(
        throws: InputError(
          .missing, asked: "open the model \(folder.path)", found: "no config.json",
          hint: "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json")
      ) { try ModelConfig(directory: folder) }
    }
    #expect(
      throws: InputError(
        .badData, asked: "read config.json", found: "a list of 1, where an object is expected",
        hint: "download config.json again")
    ) { try ModelConfig(json: Data("[1]".utf8), name: "config.json") }
    let wrong: [(String, any Sendable, String, String)] = [
      (
        "hidden_size", "32", #"hidden_size "32", a string"#, "a whole number from 1 to 1048576"
      ),
      ("rms_norm_eps", -1, "rms_norm_eps -1, a number", "a number of at least 0"),
      ("model_type", NSNull(), "model_type null", "a string"),
      ("attention_bias", 1, "attention_bias 1, a number", "true or false"),
    ]
    for (key, value, found, expected) in wrong {
      #expect(
        throws: InputError(
          .badData, asked: "read config.json", found: found,
          hint: "\(key) is \(expected) in a complete config.json")
      ) { try config([key: value]) }
    }
    #expect(
      throws: InputError(
        .badData, asked: "run the model of config.json", found: "hidden_act: gelu",
        hint: "tenbin supports hidden_act: silu")
    ) { try config(["hidden_act": "gelu"]) }
    #expect(
      throws: InputError(
        .badData, asked: "run the model of config.json",
        found: "model_type: jamba, a model with state-space layers (mamba_d_state)",
        hint:
          "tenbin supports model_type: llama, mistral, mixtral, qwen2, qwen2_moe, qwen3, qwen3_moe, "
          + "gemma2, gemma3_text, gemma3, phi3, gpt_oss, plamo3")
    ) { try config(["model_type": "jamba", "mamba_d_state": 16]) }
  }

  @Test("weights that are in codes already, or in another model's shapes")
  func weights() throws {
    #expect(
      try failure(["quantization_config": ["quant_method": "awq"]]) { _ in }
        == InputError(
          .badData, asked: "open the base model MODEL",
          found: "linears that are quantized already (awq)",
          hint: "give the model that it was made from"))
    #expect(
      try failure { $0.removeLast() }
        == InputError(
          .badData, asked: "load the head", found: "no lm_head.weight, and embeddings not tied",
          hint: "give a model with its head (…ForCausalLM), or set tie_word_embeddings in "
            + "config.json"))
    let norm = "model.layers.0.input_layernorm.weight"
    #expect(
      try failure { tensors in
        for place in tensors.indices where tensors[place].name == norm {
          tensors[place].shape = [33]
        }
      }
        == InputError(
          .badData, asked: "load \(norm)", found: "shape [33], where config.json makes it [32]",
          hint: Self.sameModel))
    #expect(
      try failure { $0.removeAll { $0.name == norm } }
        == InputError(
          .badData, asked: "read the tensor \(norm) of MODEL", found: "no such tensor",
          hint: Self.sameModel))
    #expect(
      try failure { tensors in
        for place in tensors.indices {
          tensors[place].name = tensors[place].name.replacing("model.", with: "")
        }
      }
        == InputError(
          .badData, asked: "load model.embed_tokens.weight", found: "embed_tokens.weight instead",
          hint: "tenbin reads …ForCausalLM checkpoints, whose tensors begin with model. : save the "
            + "model as one with transformers"))
  }

  @Test("tensors that the family does not have")
  func foreign() throws {
    #expect(
      try failure { $0.append(("model.layers.0.self_attn.sinks", "F32", [4])) }
        == InputError(
          .badData, asked: "run the model as llama, as model_type says",
          found: "the tensor model.layers.0.self_attn.sinks, which that family does not have",
          hint: Self.sameModel))
    #expect(
      try failure { $0.append(("model.layers.2.input_layernorm.weight", "F32", [32])) }
        == InputError(
          .badData, asked: "run the model with num_hidden_layers 2",
          found: "the tensor model.layers.2.input_layernorm.weight", hint: Self.sameModel))
    // Biases of zeros are those of old packers; these are not.
    try open(body: { folder in
      var source = Biased(files: try SafetensorsDirectory(folder))
      source.name = "model.layers.1.self_attn.q_proj.bias"
      #expect(
        throws: InputError(
          .badData, asked: "run the model as llama, as model_type says",
          found: "model.layers.1.self_attn.q_proj.bias, which that family does not have with this "
            + "config.json",
          hint: "check attention_bias and mlp_bias, and that the weights belong to this config.json"
        )
      ) { try Decoder(config: config([:]), source: source, engine: CPUEngine()) }
    })
  }

  /// A source with a bias of ones beside its tensors.
  private struct Biased: WeightSource {
    let files: SafetensorsDirectory
    var name = ""

    func contains(_ name: String) -> Bool { name == self.name || files.contains(name) }
    func shape(of name: String) throws(InputError) -> [Int] { try files.shape(of: name) }
    func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
      try files.matrix(name, rows: rows)
    }
    func vector(_ name: String) throws(InputError) -> [Float] {
      name == self.name ? Array(repeating: 1, count: 32) : try files.vector(name)
    }
  }

  @Test("tensors and tokens that are asked for and not there")
  func reading() throws {
    try open(body: { folder in
      let files = try SafetensorsDirectory(folder)
      func read(_ name: String, _ found: String) -> InputError {
        InputError(
          .badData, asked: "read the tensor \(name) of \(folder.path)", found: found,
          hint: Self.sameModel)
      }
      #expect(throws: read("x", "no such tensor")) { try files.vector("x") }
      #expect(throws: read("lm_head.weight", "shape [96, 32], where one dimension is expected")) {
        try files.vector("lm_head.weight")
      }
      #expect(throws: read("lm_head.weight", "shape [96, 32], where row 99 is expected")) {
        try files.matrix("lm_head.weight", rows: 90..<100)
      }
      let decoder = try Decoder(directory: folder, engine: CPUEngine())
      #expect(
        throws: InputError(
          .badData, asked: "embed the token 96", found: "vocab_size is 96",
          hint: "check that tokenizer.json and config.json belong to the same model")
      ) { try decoder.embed([[0, 96]]) }
    })
  }

  @Test("stacks of experts in other shapes")
  func stacks() throws {
    try withTemporaryDirectory { folder in
      let name = "model.layers.0.mlp.experts.gate_up_proj"
      try writeZeros(folder.appendingPathComponent("model.safetensors"), [(name, "F32", [2, 6])])
      let weights = try ModelWeights(SafetensorsDirectory(folder))
      #expect(
        throws: InputError(
          .badData, asked: "read the experts of \(name) of \(folder.path)", found: "shape [2, 6]",
          hint:
            "gpt_oss stacks experts as (experts, in, out), or in MXFP4 as (experts, out, blocks, "
            + "16)")
      ) { try weights.shape(of: "model.layers.0.mlp.experts.1.up_proj.weight") }
    }
  }

  @Test("two models of other vocabularies are not compared token by token")
  func vocabularies() throws {
    try open(body: { folder in
      let decoder = try Decoder(directory: folder, engine: CPUEngine())
      try open(
        ["vocab_size": 64],
        { $0[$0.count - 1] = ("lm_head.weight", "F32", [64, 32]) },
        body: { other in
          let smaller = try Decoder(directory: other, engine: CPUEngine())
          let states = try decoder.embed([[1, 2, 3]])
          #expect(
            throws: InputError(
              .badData, asked: "compare two models token by token",
              found: "vocabularies of 96 and 64",
              hint: "compare a model with the one it was made from")
          ) {
            try decoder.head().compare(
              base: states, other: states, otherHead: smaller.head(), windows: [[1, 2, 3]])
          }
        })
    })
  }
}
