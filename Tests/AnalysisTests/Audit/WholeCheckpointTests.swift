import Analysis
import Compute
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Audits of everything that a loader reads")
struct WholeCheckpointTests {
  /// A fault of a real pipeline, and what it should be called; nil for what is healthy.
  struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let alone: AuditDefect?
    let withBase: AuditDefect?
    let words: String
    let make: @Sendable (inout WholeCheckpoint) throws -> Void

    init(
      _ name: String, alone: AuditDefect? = nil, withBase: AuditDefect?, _ words: String = "",
      _ make: @escaping @Sendable (inout WholeCheckpoint) throws -> Void
    ) {
      (self.name, self.alone, self.withBase, self.words) = (name, alone, withBase, words)
      self.make = make
    }

    var testDescription: String { name }
  }

  private static let layer = "model.layers.1."
  private static let norm = layer + "input_layernorm.weight"

  static let tensors: [Fault] = [
    Fault("nothing", withBase: nil) { _ in },
    Fault(
      "norms exchanged", withBase: .movedTensor, "it is the base's model.layers.1.post_attention"
    ) { $0.tensors.exchange(norm, layer + "post_attention_layernorm.weight") },
    Fault("norms less one", alone: .movedTensor, withBase: .movedTensor, "less one, as Gemma") {
      $0.tensors.edit(norm) { for place in $0.indices { $0[place] -= 1 } }
    },
    Fault("a NaN in a norm", alone: .nonFinite, withBase: .nonFinite, "1 values are NaN") {
      $0.tensors.edit(norm) { $0[5] = .nan }
    },
    Fault("a norm of zeros", alone: .movedTensor, withBase: .movedTensor, "nothing but zeros") {
      $0.tensors.edit(norm) { for place in $0.indices { $0[place] = 0 } }
    },
    Fault("embeddings a row further on", withBase: .movedTensor, "1 further on") {
      $0.tensors.edit("model.embed_tokens.weight") { $0 = Array($0[384...] + $0[..<384]) }
    },
    Fault(
      "embeddings of 4 bits", alone: .roundedTensor, withBase: .roundedTensor, "rounded to 4 bits"
    ) {
      $0.tensors.edit("model.embed_tokens.weight") { values in
        for row in stride(from: 0, to: values.count, by: 384) {
          let step = (values[row..<row + 384].map(abs).max() ?? 1) / 7
          for place in row..<row + 384 { values[place] = (values[place] / step).rounded() * step }
        }
      }
    },
    Fault("a stale head", withBase: .movedTensor, "lm_head.weight") {
      $0.tensors.items["lm_head.weight"] = $0.tensors.items["model.embed_tokens.weight"]
      $0.tensors.edit("lm_head.weight") { values in
        for place in values.indices { values[place] *= place % 3 == 0 ? 0.5 : 1 }
      }
      $0.config["tie_word_embeddings"] = false
    },
    Fault(
      "the norm of another layer", withBase: .movedTensor, "it is the base's model.layers.0.input"
    ) {
      $0.tensors.items[norm] = $0.tensors.items["model.layers.0.input_layernorm.weight"]
    },
    Fault("a norm of ones", alone: .movedTensor, withBase: .movedTensor, "all its values are 1.0") {
      $0.tensors.edit("model.norm.weight") { $0 = $0.map { _ in 1 } }
    },
    Fault("rows of zeros", alone: .movedTensor, withBase: .movedTensor, "most rows are the base's")
    {
      $0.tensors.edit("model.embed_tokens.weight") { values in
        for place in 384 * 300..<384 * 1300 { values[place] = 0 }
      }
    },
    Fault(
      "a bias that the base has not", alone: .contradictoryConfig, withBase: .extraTensor,
      "biases that the base"
    ) {
      $0.tensors.items[layer + "self_attn.q_proj.bias"] = .init(
        type: "BF16", shape: [384], bytes: FloatFormat.bf16.encode((0..<384).map { Float($0) }))
    },
    Fault("norms as float16", withBase: nil) {
      $0.tensors.items[norm] = .init(
        type: "F16", shape: [384],
        bytes: FloatFormat.f16.encode((0..<384).map { _ in 1 }))
      let other = try WholeCheckpoint().tensors.items[norm]
      let values = stride(from: 0, to: 768, by: 2).map { place -> Float in
        guard let bytes = other?.bytes else { return 0 }
        return Float(bfloat16Bits: UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8)
      }
      $0.tensors.items[norm]?.bytes = FloatFormat.f16.encode(values)
    },
  ]

  static let modules: [Fault] = [
    Fault("k and v exchanged", withBase: .exchangedTensor, "k_proj holds the base's") {
      $0.tensors.exchange(layer + "self_attn.k_proj", layer + "self_attn.v_proj")
    },
    Fault("layers exchanged", withBase: .exchangedTensor, "layers.0") {
      $0.tensors.exchange("model.layers.0", "model.layers.1")
    },
    Fault("a layer twice", alone: .duplicatedModule, withBase: .duplicatedModule, "same codes") {
      for (name, item) in $0.tensors.items where name.hasPrefix("model.layers.0.") {
        $0.tensors.items[layer + name.dropFirst(15)] = item
      }
    },
    Fault("nibbles reversed", withBase: .codeOrder, "reversed order within each word") {
      $0.tensors.editWords(layer + "mlp.up_proj.qweight") { words, _ in
        words = words.map { word in
          (0..<8).reduce(UInt32(0)) { $0 | (word >> (4 * $1) & 15) << (28 - 4 * $1) }
        }
      }
    },
    Fault("bytes swapped", withBase: .codeOrder, "other byte order") {
      $0.tensors.editWords(layer + "mlp.up_proj.qweight") { words, _ in
        words = words.map(\.byteSwapped)
      }
    },
    Fault(
      "scales as the bits of the other type", alone: .scaleMismatch, withBase: .scaleMismatch,
      "bfloat16 bits under the type F16"
    ) {
      for (name, item) in $0.tensors.items where name.hasSuffix(".scales") {
        let values = stride(from: 0, to: item.bytes.count, by: 2).map {
          Float(Float16(bitPattern: UInt16(item.bytes[$0]) | UInt16(item.bytes[$0 + 1]) << 8))
        }
        $0.tensors.items[name]?.bytes = FloatFormat.bf16.encode(values)
      }
    },
    Fault("a dead module", alone: .deadModule, withBase: .deadModule, "zero point") {
      $0.tensors.editWords(layer + "self_attn.o_proj.qweight") { words, _ in
        words = words.map { _ in 0x8888_8888 }
      }
    },
    Fault("codes clipped", alone: .clippedCodes, withBase: .clippedCodes, "narrower range") {
      $0.tensors.editWords(layer + "mlp.up_proj.qweight") { words, _ in
        words = words.map { word in
          (0..<8).reduce(UInt32(0)) { $0 | min(max(word >> (4 * $1) & 15, 1), 14) << (4 * $1) }
        }
      }
    },
    Fault(
      "half the weights pruned", alone: .prunedWeights, withBase: .prunedWeights, "pruned"
    ) {
      $0.tensors.editWords(layer + "mlp.up_proj.qweight") { words, _ in
        words = words.map { word in
          (0..<8).reduce(UInt32(0)) { sum, place in
            let code = word >> (4 * UInt32(place)) & 15
            return sum | (abs(Int(code) - 8) < 3 ? 8 : code) << (4 * UInt32(place))
          }
        }
      }
    },
    Fault("rows of q in the interleaved rotary order", withBase: .rowOrder, "interleaved order") {
      let module = layer + "self_attn.q_proj"
      func permuted(_ values: [UInt32], _ columns: Int) -> [UInt32] {
        values.indices.map { place in
          let (row, column) = (place / columns, place % columns)
          let inner = column % 64
          return values[row * columns + column - inner + inner / 2 + inner % 2 * 32]
        }
      }
      $0.tensors.editWords(module + ".qweight") { $0 = permuted($0, $1) }
      guard let scales = $0.tensors.items[module + ".scales"] else { return }
      let halves = stride(from: 0, to: scales.bytes.count, by: 2).map {
        UInt32(scales.bytes[$0]) | UInt32(scales.bytes[$0 + 1]) << 8
      }
      $0.tensors.items[module + ".scales"]?.bytes = permuted(halves, 384).flatMap {
        [UInt8($0 & 0xFF), UInt8($0 >> 8)]
      }
    },
  ]

  static let files: [Fault] = [
    Fault("rope_theta changed", withBase: .changedConfig, "rope_theta") {
      $0.config["rope_theta"] = 10000.0
      $0.config["rope_parameters"] = ["rope_theta": 10000.0, "rope_type": "default"]
    },
    Fault(
      "rope_theta at one place", alone: .contradictoryConfig, withBase: .changedConfig, "rope_theta"
    ) { $0.config["rope_theta"] = 10000.0 },
    Fault(
      "rms_norm_eps changed", alone: .changedConfig, withBase: .changedConfig, "rms_norm_eps 0.1"
    ) { $0.config["rms_norm_eps"] = 0.1 },
    Fault(
      "another activation", alone: .changedConfig, withBase: .changedConfig, "hidden_act gelu"
    ) { $0.config["hidden_act"] = "gelu" },
    Fault(
      "another end of text", withBase: .generationConfig,
      "config.json: eos_token_id [7], the base's [1]"
    ) { $0.config["eos_token_id"] = 7 },
    Fault(
      "an end of text beyond the vocabulary", alone: .generationConfig, withBase: .generationConfig,
      "eos_token_id 9000, where the embedding has 8192 rows"
    ) { $0.config["eos_token_id"] = 9000 },
    Fault("keys that say the same", withBase: nil) {
      $0.config["num_key_value_heads"] = 2
      $0.config["head_dim"] = nil
    },
    Fault(
      "a layer less in config.json", alone: .contradictoryConfig, withBase: .contradictoryConfig,
      "num_hidden_layers is 1"
    ) { $0.config["num_hidden_layers"] = 1 },
    Fault("ids of the vocabulary dealt anew", alone: .tokenizer, withBase: .tokenizer, "other ids")
    {
      var root =
        try JSONSerialization.jsonObject(with: $0.tokenizer ?? Data()) as? [String: Any] ?? [:]
      var model = root["model"] as? [String: Any] ?? [:]
      var vocabulary = model["vocab"] as? [String: Int] ?? [:]
      // 37 is prime to 8190: the ids are dealt anew, and none is lost.
      for (token, id) in vocabulary where id > 1 { vocabulary[token] = 2 + (id - 2) * 37 % 8190 }
      model["vocab"] = vocabulary
      root["model"] = model
      $0.tokenizer = try JSONSerialization.data(withJSONObject: root)
    },
    Fault("a tokenizer of other bytes and the same ids", withBase: nil) {
      let root = try JSONSerialization.jsonObject(with: $0.tokenizer ?? Data())
      $0.tokenizer = try JSONSerialization.data(withJSONObject: root, options: .prettyPrinted)
    },
  ]

  @Test("a fault is named with the base at hand", arguments: tensors + modules + files)
  func withBase(_ fault: Fault) throws {
    var checkpoint = try WholeCheckpoint()
    try fault.make(&checkpoint)
    let report = try checkpoint.audit(withBase: true, runs: fault.withBase == nil)
    guard let defect = fault.withBase else {
      #expect(report.verdict == .healthy, "\(report.findings.filter { $0.level > .note })")
      #expect(report.function?.isSameFunction == true)
      return
    }
    let finding = report.findings.first { $0.defect == defect && $0.level > .note }
    #expect(finding != nil, "\(report.findings)")
    let all = report.findings.filter { $0.level > .note }.map(\.evidence.english).joined(
      separator: "\n")
    #expect(all.contains(fault.words), "\(all)")
  }

  @Test(
    "a fault that shows by itself is named without it",
    arguments: (tensors + modules + files).filter { $0.alone != nil || $0.withBase == nil })
  func alone(_ fault: Fault) throws {
    var checkpoint = try WholeCheckpoint()
    try fault.make(&checkpoint)
    let report = try checkpoint.audit(withBase: false, runs: false)
    guard let defect = fault.alone else {
      #expect(report.verdict == .healthy, "\(report.findings.filter { $0.level > .note })")
      return
    }
    #expect(
      report.findings.contains { $0.defect == defect && $0.level > .note }, "\(report.findings)")
  }

  @Test("a base of another training step is named, and nothing is blamed on the quantization")
  func differentBase() throws {
    var checkpoint = try WholeCheckpoint()
    var random = SplitMix(3)
    for name in checkpoint.base.tensors.items.keys.sorted() where name.hasSuffix("_proj.weight") {
      checkpoint.base.tensors.edit(name) { values in
        let size = (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
        for place in values.indices { values[place] += 0.3 * size * Float(random.gaussian()) }
      }
    }
    let report = try checkpoint.audit(withBase: true, runs: true)
    #expect(report.verdict == .healthy, "\(report.findings.filter { $0.level > .note })")
    let finding = try #require(report.findings.first { $0.defect == .differentBase })
    #expect(finding.level == .note)
    #expect(finding.modules.count == 14)
  }

  @Test("a norm that is another of the base's is a defect whatever the function")
  func otherNorm() throws {
    var checkpoint = try WholeCheckpoint(layers: 6)
    checkpoint.tensors.items["model.layers.1.input_layernorm.weight"] =
      checkpoint.tensors.items["model.layers.4.input_layernorm.weight"]
    let report = try checkpoint.audit(withBase: true, runs: true)
    #expect(report.findings.contains { $0.defect == .movedTensor && $0.level == .defective })
  }

  @Test("without inputs, memory is that of three layers, and of none where nothing is run")
  func memory() {
    let demo = Repository.demoModel
    // q, o; k, v; gate, up, down: 384 channels, 128 of keys and values, 1024 inside.
    let layer = 2 * 384 * 384 + 2 * 128 * 384 + 3 * 1024 * 384
    func bytes(_ base: URL?, _ runs: Bool) -> Int {
      CheckpointAudit(demo, base: base, runs: runs, engine: CPUEngine()).functionBytes
    }
    #expect(bytes(demo, true) == 12 * layer)
    #expect(bytes(demo, false) == 0)
    #expect(bytes(nil, true) == 0)
  }

  @Test("a checkpoint without a tokenizer is not healthy beside a base that has one")
  func noTokenizer() throws {
    var checkpoint = try WholeCheckpoint()
    checkpoint.tokenizer = nil
    let report = try checkpoint.audit(withBase: true, runs: false)
    #expect(
      report.findings.contains {
        $0.defect == .tokenizer && $0.level == .suspect
          && $0.evidence.english == "there is no tokenizer, and the base has tokenizer.json"
      })
  }

  @Test("everything that a loader reads is in the list, each once")
  func coverage() throws {
    let checkpoint = try WholeCheckpoint()
    let report = try checkpoint.audit(withBase: true, runs: false)
    let names = report.coverage.items.map(\.name)
    #expect(Set(names).count == names.count)
    let plain = checkpoint.tensors.items.keys.filter { $0.hasSuffix("norm.weight") }
    for name in plain + ["model.embed_tokens.weight", "config.json", "tokenizer.json"] {
      #expect(names.contains(name), "\(name)")
    }
    #expect(report.coverage.counts.compared == names.count)
    #expect(names.count { $0.hasSuffix("_proj") } == 7 * WholeCheckpoint.layers)
  }

  @Test("a turned residual stream is no defect by itself, and its function is asked for")
  func turned() throws {
    var checkpoint = try WholeCheckpoint()
    // The other order of channels is an orthogonal matrix; nothing else was turned with it.
    checkpoint.tensors.edit("model.embed_tokens.weight") { values in
      values = stride(from: 0, to: values.count, by: 384).flatMap {
        values[$0..<$0 + 384].reversed()
      }
    }
    let still = try checkpoint.audit(withBase: true, runs: false)
    #expect(still.verdict == .incomplete, "\(still.findings.filter { $0.level > .note })")
    let function = still.coverage.items.first { $0.name == "function" }
    #expect(function?.look == .notLooked)
    let run = try checkpoint.audit(withBase: true, runs: true)
    #expect(run.findings.contains { $0.defect == .differentFunction && $0.level == .defective })
  }
}
