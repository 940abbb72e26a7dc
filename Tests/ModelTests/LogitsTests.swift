import Compute
import Foundation
import Model
import Tensor
import TestSupport
import Testing

/// What make_golden.py wrote: transformers' float32 logits of some sequences.
struct LogitsGolden: Decodable {
  struct Sequence: Decodable {
    var inputIDs: [Int32]
    var positions: [Int]
    var stride: Int
    var logits: [[Double]]
    var logSumExp: [Double]

    enum CodingKeys: String, CodingKey {
      case inputIDs = "input_ids"
      case positions, stride, logits
      case logSumExp = "log_sum_exp"
    }
  }

  var sequences: [Sequence]

  init(_ url: URL) throws {
    self = try JSONDecoder().decode(LogitsGolden.self, from: Data(contentsOf: url))
  }
}

/// The folder of fixtures called `name`.
func fixture(_ name: String) throws -> URL {
  try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    .appendingPathComponent(name)
}

@Suite("Logits against transformers in float32 (remake: Tests/ModelTests/make_golden.py)")
struct LogitsTests {
  /// Relative to the largest logit of the position; float32 sums in another order stay below it.
  static let tolerance = 1e-4

  @Test("single file, tied embeddings, grouped heads: the demo model")
  func demoModel() throws {
    try check(Repository.demoModel, fixture("demo-logits.json"))
  }

  @Test(
    "tiny random models of every family",
    arguments: [
      "llama",  // sharded, untied, explicit head_dim
      "llama3",  // rope_type llama3, attention_bias, mlp_bias, tied, BF16
      "llama-linear",  // keys of transformers 4, nulls, F16
      "llama-dynamic",  // shorter than, as long as and longer than max_position_embeddings
      "mistral", "mistral-full",  // sliding_window 64 and null
      "qwen2", "qwen2-sliding",  // biases of q, k, v; max_window_layers
      "qwen2-types",  // shards, each with F32, F16 and BF16 tensors
      "qwen3", "qwen3-mixed",  // norms of q and k; layer_types, attention_bias
      "llama-yarn", "qwen2-yarn",  // rounded to whole places, and not; mscale
      "phi3", "phi3-longrope", "phi3-older",  // fused; part of a head; both sets of frequencies
      "gemma2", "gemma2-older",  // norms after branches, caps; layer_types from the layer's place
      "gemma3_text", "gemma3_text-older",  // two rotary bases, by kind of layer and by single keys
      "mixtral",  // w1, w2, w3; an expert without a token
      "qwen2_moe",  // a shared expert; ties between experts; a dense layer
      "qwen3_moe", "qwen3_moe-sparse",  // 2 of 6 experts; 1 of 70 with ties, every second layer
      "plamo3",  // its own script: other names, norms of 1/5 + w, two bases, YaRN in full layers
      "gpt_oss", "gpt_oss-mxfp4",  // sinks, biases, the clamp; MXFP4
    ])
  func families(name: String) throws {
    let folder = try fixture("tiny-\(name)")
    try check(folder, folder.appendingPathComponent("logits.json"))
  }

  @Test(
    "under the names that GPTQModel gives linears: the same model",
    arguments: ["mixtral", "phi3", "phi3-longrope", "llama"])
  func convention(name: String) throws {
    let folder = try fixture("tiny-\(name)")
    let decoder = try Decoder(directory: folder, convention: .gptqmodel, engine: CPUEngine())
    let names = decoder.config.linearPrefixes
    #expect(!names.contains { $0.contains("gate_up_proj") || $0.contains("block_sparse_moe") })
    try check(decoder, folder.appendingPathComponent("logits.json"))
  }

  @Test("windows do not see each other", arguments: ["llama", "llama-dynamic", "mistral"])
  func windowsAreIndependent(name: String) throws {
    let folder = try fixture("tiny-\(name)")
    let golden = try LogitsGolden(folder.appendingPathComponent("logits.json"))
    let ids = try #require(golden.sequences.last).inputIDs
    let decoder = try Decoder(directory: folder, engine: CPUEngine())
    let window = Array(ids[..<40])
    let together = try decoder.logits([ids, window])
    let alone = try decoder.logits([window])
    for row in 0..<40 {
      let difference = zip(together.row(ids.count + row), alone.row(row)).map { abs($0 - $1) }.max()
      #expect(difference ?? 1 < 1e-4)
    }
  }

  @Test(
    "the text model of gemma3 beside a vision tower, under the names of either version",
    arguments: ["language_model.model", "model.language_model"])
  func gemma3(root: String) throws {
    let text = try fixture("tiny-gemma3_text")
    let inner = try JSONSerialization.jsonObject(
      with: Data(contentsOf: text.appendingPathComponent("config.json")))
    let config: [String: Any] = [
      "model_type": "gemma3", "text_config": inner, "vision_config": ["hidden_size": 8],
    ]
    let source = try SafetensorsDirectory(text)
    try withTemporaryDirectory { folder in
      try JSONSerialization.data(withJSONObject: config)
        .write(to: folder.appendingPathComponent("config.json"))
      let file = try #require(source.files.first)
      let names = source.tensorNames
      var writer = try SafetensorsWriter(
        folder.appendingPathComponent("model.safetensors"),
        entries: names.map { name in
          let entry = try file.entry(name)
          return .init(
            name: name.replacingOccurrences(of: "model.", with: "\(root)."), dtype: entry.dtype,
            shape: entry.shape, byteCount: entry.range.count)
        } + [.init(name: "vision_tower.x", type: .f32, shape: [1])])
      for name in names { try writer.append(try file.bytes(name)) }
      try writer.append([0, 0, 0, 0])
      try writer.finish()
      let decoder = try Decoder(directory: folder, engine: CPUEngine())
      #expect(decoder.config.linearPrefixes.first == "\(root).layers.0.self_attn.q_proj")
      #expect(decoder.config.linear(at: "\(root).layers.1.mlp.up_proj")?.rows == 40)
      try check(decoder, text.appendingPathComponent("logits.json"))
    }
  }

  private func check(_ folder: URL, _ url: URL) throws {
    try check(try Decoder(directory: folder, engine: CPUEngine()), url)
  }

  private func check(_ decoder: Decoder, _ url: URL) throws {
    var largest = 0.0
    for golden in try LogitsGolden(url).sequences {
      let logits = try decoder.logits([golden.inputIDs])
      #expect(logits.rows == golden.inputIDs.count)
      for (position, expected) in zip(golden.positions, golden.logits) {
        let row = Array(logits.row(position))
        let scale = expected.map(abs).max() ?? 1
        for (index, value) in expected.enumerated() {
          largest = max(largest, abs(Double(row[index * golden.stride]) - value) / scale)
        }
      }
      for (position, expected) in golden.logSumExp.enumerated() {
        let row = logits.row(position).map(Double.init)
        let maximum = row.max() ?? 0
        let lse = maximum + log(row.reduce(0) { $0 + exp($1 - maximum) })
        largest = max(largest, abs(lse - expected) / max(1, abs(expected)))
      }
    }
    #expect(largest < Self.tolerance)
    // The column of docs/families.md.
    if ProcessInfo.processInfo.environment["TENBIN_LONG_TESTS"] != nil {
      print("\(url.deletingLastPathComponent().lastPathComponent): largest difference \(largest)")
    }
  }
}
