import Analysis
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

/// Checkpoints under the names that GPTQModel 7 has inside.
@Suite("Names that loaders expect")
struct LoaderNamesTests {
  private static let sizes =
    #""hidden_size": 64, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "#
    + #""num_key_value_heads": 2, "vocab_size": 8192"#
  private static let mixtral =
    #"{"model_type": "mixtral", "num_local_experts": 3, "num_experts_per_tok": 2, \#(sizes)}"#
  private static let phi3 = #"{"model_type": "phi3", \#(sizes)}"#

  private func inputs(
    _ folder: URL, _ convention: ModelNames.Convention?
  ) throws -> SweepInputs {
    let set = folder.appendingPathComponent("set.sqlite")
    if !FileManager.default.fileExists(atPath: set.path) {
      try PlantedCorpus(window: 64, calibrationWindows: 6, heldoutTokens: 64)
        .write(source: "jawiki-sample.xml", windows: 6, model: folder, to: set)
    }
    return try SweepInputs(
      model: folder.path, calibration: set.path, heldout: [], context: 2, heldoutTokens: 2,
      convention: convention, engine: CPUEngine())
  }

  private var config: TrialConfig {
    var config = TrialConfig()
    config.quantize.groupSize = 32
    config.quantize.descAct = true
    config.propagation = .quantized
    return config
  }

  /// Quantizes the model of `config` under both kinds of names.
  private func checkpoints(
    _ config: String, _ body: (_ published: URL, _ gptqmodel: URL) throws -> Void
  ) throws {
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try RandomModel(config).write(to: model)
      let outputs = try ["published", "gptqmodel"].map { name in
        let output = folder.appendingPathComponent(name)
        let convention = try #require(ModelNames.Convention(rawValue: name))
        _ = try inputs(model, convention).quantize(
          self.config, options: CheckpointOptions(output: output))
        return output
      }
      // A study has the published names; its scores are those of both.
      let study = try inputs(model, nil)
      let environment = try study.environment(context: 2, heldoutTokens: 2)
      var trial = TrialResult(number: 0, config: self.config, companion: nil)
      trial = try study.pass.run([trial]).trials[0]
      for output in outputs {
        let proof = try CheckpointProof(output)
        #expect(try proof.doubt(of: trial, in: environment) == nil)
        var other = trial
        other.modules[other.modules.count - 2].codesHash = String(repeating: "0", count: 32)
        #expect(try proof.doubt(of: other, in: environment) == .codes)
        var fewer = trial
        fewer.modules.removeLast()
        #expect(try proof.doubt(of: fewer, in: environment) == .codes)
      }
      // One model, whatever its linears are called.
      let tokens: [[Int32]] = [(0..<40).map { $0 * 7 % 300 + 5 }]
      let (one, other) = (
        try Decoder.open(outputs[0], engine: CPUEngine()) { Issue.record("\($0)") },
        try Decoder.open(outputs[1], engine: CPUEngine()) { Issue.record("\($0)") }
      )
      let (a, b) = (try one.logits(tokens), try other.logits(tokens))
      let largest = a.elements.map(abs).max() ?? 0
      for (x, y) in zip(a.elements, b.elements) where abs(x - y) > 1e-5 * largest {
        Issue.record("\(x) and \(y)")
        break
      }
      for output in outputs {
        let audit = try CheckpointAudit(output, base: model, runs: false, engine: CPUEngine()).run()
        let wrong = audit.findings.filter { $0.level > .note }
        #expect(wrong.isEmpty, "\(output.lastPathComponent): \(wrong)")
        #expect(
          audit.coverage.items.allSatisfy { $0.look == .compared || !$0.name.contains("proj") })
      }
      try body(outputs[0], outputs[1])
    }
  }

  @Test("Mixtral's experts: w1, w3, w2, or gate_proj, up_proj, down_proj")
  func experts() throws {
    try checkpoints(Self.mixtral) { published, gptqmodel in
      let (one, other) = (
        try GPTQCheckpointReader(published), try GPTQCheckpointReader(gptqmodel)
      )
      let names = other.tensors.tensorNames
      #expect(names.contains("model.layers.1.mlp.experts.2.up_proj.qweight"))
      #expect(names.contains("model.layers.0.mlp.gate.weight"))
      #expect(!names.contains { $0.contains("block_sparse_moe") || $0.contains(".w1.") })
      #expect(names.count == one.tensors.tensorNames.count)
      for (old, new) in [("w1", "gate_proj"), ("w3", "up_proj"), ("w2", "down_proj")] {
        let place = "model.layers.1"
        #expect(
          try one.linear("\(place).block_sparse_moe.experts.0.\(old)").digest
            == other.linear("\(place).mlp.experts.0.\(new)").digest)
      }
    }
  }

  @Test("Phi-3's gate and up: one linear, or two")
  func fused() throws {
    try checkpoints(Self.phi3) { published, gptqmodel in
      let (one, other) = (
        try GPTQCheckpointReader(published), try GPTQCheckpointReader(gptqmodel)
      )
      let names = other.tensors.tensorNames
      #expect(names.contains("model.layers.0.self_attn.qkv_proj.qweight"))
      #expect(!names.contains { $0.contains("gate_up_proj") })
      let place = "model.layers.1.mlp"
      let whole = try one.weight("\(place).gate_up_proj")
      let parts = [try other.weight("\(place).gate_proj"), try other.weight("\(place).up_proj")]
      #expect(parts.map(\.rows) == [32, 32])
      let rows = parts.flatMap { part in (0..<part.rows).map { Array(part.row($0)) } }
      #expect((0..<64).allSatisfy { Array(whole.row($0)) == rows[$0] })
    }
  }

  @Test("linears beside the gate of a shared expert are listed for transformers, without dynamic")
  func sharedExperts() throws {
    try withTemporaryDirectory { folder in
      let (model, output) = (
        folder.appendingPathComponent("model"), folder.appendingPathComponent("out")
      )
      try RandomModel(
        #"{"model_type": "qwen2_moe", "num_experts": 3, "num_experts_per_tok": 2, "#
          + #""moe_intermediate_size": 32, "shared_expert_intermediate_size": 32, \#(Self.sizes)}"#
      ).write(to: model)
      _ = try inputs(model, nil).quantize(config, options: CheckpointOptions(output: output))
      for name in ["config.json", "quantize_config.json"] {
        let value = try JSONValue(
          text: Data(contentsOf: output.appendingPathComponent(name)), name: name, hint: "")
        let settings = value["quantization_config"] ?? value
        let listed = settings["modules_in_block_to_quantize"]?.array?.map {
          $0.array?.compactMap(\.string) ?? []
        }
        #expect(
          listed == [
            ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"], ["self_attn.o_proj"],
            ["mlp.shared_expert.gate_proj", "mlp.shared_expert.up_proj"]
              + (0..<3).flatMap { ["mlp.experts.\($0).gate_proj", "mlp.experts.\($0).up_proj"] },
            ["mlp.shared_expert.down_proj"] + (0..<3).map { "mlp.experts.\($0).down_proj" },
          ])
        #expect(settings["dynamic"] == nil)
      }
      let reader = try GPTQCheckpointReader(output)
      #expect(reader.quantizedModules.count == 2 * (4 + 3 * 4))
    }
  }

  @Test("linears that are left out: whole kinds in one pattern, single experts by their number")
  func leftOut() throws {
    try withTemporaryDirectory { folder in
      let (model, output) = (
        folder.appendingPathComponent("model"), folder.appendingPathComponent("out")
      )
      try RandomModel(Self.mixtral).write(to: model)
      var config = config
      config.modules = [
        "self_attn.q_proj", "block_sparse_moe.experts.0.w1", "block_sparse_moe.experts.2.w1",
      ]
      _ = try inputs(model, nil).quantize(config, options: CheckpointOptions(output: output))
      let reader = try GPTQCheckpointReader(output)
      #expect(
        reader.config.dynamic.rules.map(\.key) == [
          #"-:model\.layers\.\d+\.self_attn\.k_proj$"#,
          #"-:model\.layers\.\d+\.self_attn\.v_proj$"#,
          #"-:model\.layers\.\d+\.self_attn\.o_proj$"#,
          #"-:model\.layers\.\d+\.block_sparse_moe\.experts\.\d+\.w3$"#,
          #"-:model\.layers\.\d+\.block_sparse_moe\.experts\.1\.w1$"#,
          #"-:model\.layers\.\d+\.block_sparse_moe\.experts\.\d+\.w2$"#,
        ])
      #expect(reader.quantizedModules.count == 2 * 3)
      for (layer, linear) in try ModelConfig(directory: model).linears {
        let name = linear.name.tensorPrefix(layer: layer)
        #expect(reader.config.leavesOut(name) != reader.isQuantized(name), "\(name)")
      }
    }
  }

  @Test("tensors that go through are those of the names asked for")
  func tensors() throws {
    try withTemporaryDirectory { folder in
      try RandomModel(Self.phi3).write(to: folder)
      let inputs = try inputs(folder, .gptqmodel)
      let name = "model.layers.0.mlp.up_proj.weight"
      #expect(inputs.weights.tensorNames.contains(name))
      #expect(!inputs.weights.tensorNames.contains { $0.contains("gate_up") })
      let entry = try #require(try inputs.weights.entry(name))
      #expect(entry.shape == [32, 64] && entry.byteCount == 4 * 32 * 64)
      let whole = try inputs.weights.files.matrix(
        "model.layers.0.mlp.gate_up_proj.weight", rows: 32..<64)
      #expect(try inputs.weights.bytes(name) == FloatFormat.f32.encode(whole.elements))
      #expect(try inputs.weights.matrix(name, rows: 3..<5) == whole.rows(in: 3..<5))
      #expect(try ModelConfig(directory: folder).linearNames.contains("mlp.gate_up_proj"))
    }
  }
}
