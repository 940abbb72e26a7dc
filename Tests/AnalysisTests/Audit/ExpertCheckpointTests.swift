import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor
import TestSupport
import Testing

@Suite("Audits of experts with their base")
struct ExpertCheckpointTests {
  /// A tiny model, whose experts are rounded to the nearest in 8 bits, each as linears of its own.
  private struct Checkpoint {
    var tensors = TensorList()
    let base: URL

    /// The checkpoint of `base`, whose experts may be stacks.
    init(_ base: URL) throws {
      self.base = base
      let weights = try ModelWeights(SafetensorsDirectory(base))
      for name in weights.tensorNames {
        guard name.contains(".experts."), name.hasSuffix("_proj.weight") else {
          let entry = try #require(try weights.entry(name))
          tensors.items[name] = .init(
            type: entry.dtype, shape: entry.shape, bytes: try weights.bytes(name))
          continue
        }
        var config = QuantizeConfig()
        (config.bits, config.groupSize) = (8, 8)
        let linear = RoundToNearest.quantize(
          try weights.matrix(name), config: config, engine: CPUEngine()
        ).linear
        let module = String(name.dropLast(7))
        for (part, item) in try WholeCheckpoint.parts(linear) {
          tensors.items["\(module).\(part)"] = item
        }
      }
    }

    func audit() throws -> AuditReport {
      try withTemporaryDirectory { folder in
        try tensors.write(to: folder.appendingPathComponent("model.safetensors"))
        let text = try Data(contentsOf: base.appendingPathComponent("config.json"))
        var config = try JSONSerialization.jsonObject(with: text) as? [String: Any] ?? [:]
        config["quantization_config"] = [
          "bits": 8, "group_size": 8, "desc_act": false, "sym": true, "quant_method": "gptq",
          "checkpoint_format": "gptq", "damp_percent": 0.01,
        ]
        try JSONSerialization.data(withJSONObject: config)
          .write(to: folder.appendingPathComponent("config.json"))
        return try CheckpointAudit(folder, base: base, runs: false, engine: CPUEngine()).run()
      }
    }
  }

  private func fixture(_ name: String) -> URL {
    Repository.root.appendingPathComponent("Tests/ModelTests/Fixtures/tiny-\(name)")
  }

  /// A base of the fixture `name`, whose experts are 32 x 32, which words of 32 bits divide: its tensors of
  /// experts are changed by `change`.
  private func write(
    _ name: String, to folder: URL, _ change: (inout TensorList) throws -> Void
  ) throws {
    let source = fixture(name)
    let text = try Data(contentsOf: source.appendingPathComponent("config.json"))
    var config = try JSONSerialization.jsonObject(with: text) as? [String: Any] ?? [:]
    config["intermediate_size"] = 32
    config["moe_intermediate_size"] = 32
    try JSONSerialization.data(withJSONObject: config)
      .write(to: folder.appendingPathComponent("config.json"))
    var tensors = try TensorList(source.appendingPathComponent("model.safetensors"))
    for name in tensors.items.keys where name.contains(".experts.") { tensors.items[name] = nil }
    try change(&tensors)
    try tensors.write(to: folder.appendingPathComponent("model.safetensors"))
  }

  private static func values(
    _ shape: [Int], _ format: FloatFormat, _ random: inout SplitMix64
  ) -> TensorList.Item {
    let count = shape.reduce(1, *)
    return .init(
      type: format.storageType.rawValue, shape: shape,
      bytes: format.encode((0..<count).map { _ in Float.random(in: -0.1...0.1, using: &random) }))
  }

  /// Adds five stacked experts to two layers of a gpt_oss, as BF16 or MXFP4.
  private static func addStacks(_ tensors: inout TensorList, packed: Bool) {
    var random = SplitMix64(seed: 14)
    for layer in 0..<2 {
      for (stack, outputs) in [("gate_up_proj", 64), ("down_proj", 32)] {
        let name = "model.layers.\(layer).mlp.experts.\(stack)"
        tensors.items[name + "_bias"] = values([5, outputs], .bf16, &random)
        guard packed else {
          tensors.items[name] = values([5, 32, outputs], .bf16, &random)
          continue
        }
        tensors.items[name + "_blocks"] = .init(
          type: "U8", shape: [5, outputs, 1, 16],
          bytes: (0..<5 * outputs * 16).map { _ in UInt8.random(in: 0...255, using: &random) })
        tensors.items[name + "_scales"] = .init(
          type: "U8", shape: [5, outputs, 1],
          bytes: (0..<5 * outputs).map { _ in UInt8.random(in: 120...123, using: &random) })
      }
    }
  }

  @Test("stacks of a base are taken apart", arguments: ["gpt_oss", "gpt_oss-mxfp4"])
  func stacks(_ model: String) throws {
    try withTemporaryDirectory { folder in
      try write(model, to: folder) { Self.addStacks(&$0, packed: model.hasSuffix("mxfp4")) }
      var checkpoint = try Checkpoint(folder)
      let sound = try checkpoint.audit()
      let wrong = sound.findings.filter { $0.level > .note }
      #expect(wrong.allSatisfy { $0.defect == .contradictoryConfig }, "\(wrong)")
      let packed = sound.coverage.items.filter {
        $0.name.contains(".experts.") && $0.name.hasSuffix("_proj")
      }
      #expect(packed.count == 2 * 5 * 3)
      #expect(packed.allSatisfy { $0.look == .compared })

      let experts = "model.layers.1.mlp.experts."
      checkpoint.tensors.exchange("\(experts)1.down_proj", "\(experts)3.down_proj")
      let found = try #require(
        try checkpoint.audit().findings.first { $0.defect == .exchangedTensor })
      #expect(found.level == .defective)
      #expect(Set(found.modules) == ["\(experts)1.down_proj", "\(experts)3.down_proj"])
    }
  }

  /// A base whose experts were trained from one MLP: each correlates with the others by about 0.75.
  private func resembling(in folder: URL) throws {
    try write("qwen3_moe", to: folder) { tensors in
      var random = SplitMix64(seed: 17)
      for layer in 0..<2 {
        for linear in ["gate_proj", "up_proj", "down_proj"] {
          let common = (0..<1024).map { _ in Float.random(in: -0.1...0.1, using: &random) }
          for expert in 0..<6 {
            let values = common.map { $0 + Float.random(in: -0.06...0.06, using: &random) }
            tensors.items["model.layers.\(layer).mlp.experts.\(expert).\(linear).weight"] = .init(
              type: "F32", shape: [32, 32], bytes: FloatFormat.f32.encode(values))
          }
        }
      }
    }
  }

  @Test("two exchanged experts that resemble each other are told apart")
  func resembling() throws {
    try withTemporaryDirectory { folder in
      try resembling(in: folder)
      var checkpoint = try Checkpoint(folder)
      #expect(try checkpoint.audit().findings.allSatisfy { $0.defect != .exchangedTensor })
      let names = [1, 4].map { "model.layers.0.mlp.experts.\($0)" }
      checkpoint.tensors.exchange(names[0], names[1])
      let found = try #require(
        try checkpoint.audit().findings.first { $0.defect == .exchangedTensor })
      #expect(found.level == .defective && found.modules.count == 6, "\(found.modules)")
      #expect(found.modules.allSatisfy { $0.hasPrefix(names[0]) || $0.hasPrefix(names[1]) })
    }
  }
}
