import Basics
import Foundation
import GPTQ
import Model
import Tensor
import TestSupport
import Testing

@Suite("Checkpoints whose linears differ")
struct CheckpointSettingsTests {
  static let names = [
    "model.layers.0.self_attn.q_proj", "model.layers.0.mlp.up_proj",
    "model.layers.0.mlp.down_proj",
  ]

  /// Writes three linears, each with what `settings` says of it.
  static func write(
    _ settings: CheckpointSettings, in folder: TemporaryFolder
  ) throws -> [String: QuantizedLinear] {
    let base = try CheckpointTests.base(in: folder)
    var items: [CheckpointPlan.Item] = []
    var solved: [(name: String, SolvedLinear)] = []
    for name in names {
      guard let config = settings.dynamic.config(for: name, from: settings.quantize) else {
        items.append(.tensor(.init(name: name + ".weight", type: .bf16, shape: [32, 64])))
        continue
      }
      items.append(.linear(name: name, outFeatures: 32, inFeatures: 64, config))
      let problem = QuantizationProblem.synthetic(rows: 32, columns: 64, seed: 41)
      solved.append((name, try problem.solved(config)))
    }
    var writer = try GPTQCheckpointWriter(
      folder["out"], base: base, plan: CheckpointPlan(items), settings: settings)
    while let next = writer.next {
      switch next {
      case .tensor: try writer.write([UInt8](repeating: 9, count: 32 * 64 * 2))
      case .linear(let name, _, _, _):
        try writer.write(try #require(solved.first { $0.name == name }).1)
      }
    }
    let record = try writer.finish()
    #expect(record.verifiedTensors == 4 * solved.count + items.count - solved.count)
    return Dictionary(uniqueKeysWithValues: solved.map { ($0.name, $0.1.linear) })
  }

  @Test("bits, groups, order and symmetry of single modules come back as they were written")
  func dynamic() throws {
    let folder = try TemporaryFolder()
    let rules = try DynamicRulesTests.rules(
      #"{"-:.*q_proj": {}, "+:.*down_proj": {"bits": 8, "group_size": 16, "desc_act": true},"#
        + #" ".*": {"bits": 3, "sym": false}}"#)
    let written = try Self.write(
      CheckpointSettings(quantize: .with { $0.groupSize = 32 }, dynamic: rules), in: folder)
    let reader = try GPTQCheckpointReader(folder["out"])
    #expect(reader.config.format == .v2, "one asymmetric linear makes it v2")
    #expect(reader.quantizedModules == written.keys.sorted())
    for (name, linear) in written { #expect(try reader.linear(name) == linear) }
    #expect(try reader.settings(of: Self.names[2]).bits == 8)
    let text = try String(contentsOf: folder["out/config.json"], encoding: .utf8)
    let places = try rules.rules.map { rule in
      try #require(text.range(of: #""\#(rule.key)""#)).lowerBound
    }
    #expect(places == places.sorted(), "patterns keep their order")
  }

  @Test("v1 is refused where a single module is asymmetric")
  func format() throws {
    let folder = try TemporaryFolder()
    let rules = try DynamicRulesTests.rules(#"{".*down_proj": {"sym": false}}"#)
    #expect(throws: InputError.self) {
      try Self.write(
        CheckpointSettings(quantize: .with { $0.groupSize = 32 }, dynamic: rules, format: .v1),
        in: folder)
    }
    #expect(folder.names == ["base"])
  }

  @Test("modules_in_block_to_quantize is told to loaders that know only dynamic, too")
  func modulesInBlock() throws {
    let folder = try TemporaryFolder()
    _ = try Self.write(
      CheckpointSettings(
        quantize: .with { ($0.groupSize, $0.actGroupAware, $0.algorithm) = (32, true, .gptaq) },
        modulesInBlock: [["self_attn.q_proj"], ["mlp.up_proj"], ["mlp.down_proj"]],
        modulesLeftOut: ["model.layers.*.self_attn.k_proj", "model.layers.*.mlp.experts.*.up_proj"]
      ), in: folder)
    let object = try CheckpointTests.json(folder["out/quantize_config.json"])
    #expect(
      object["modules_in_block_to_quantize"] as? [[String]] == [
        ["self_attn.q_proj"], ["mlp.up_proj"], ["mlp.down_proj"],
      ])
    let reader = try GPTQCheckpointReader(folder["out"])
    let config = QuantizeConfig()
    #expect(reader.config.dynamic.config(for: Self.names[0], from: config) != nil)
    for left in ["self_attn.k_proj", "mlp.experts.17.up_proj"] {
      #expect(reader.config.dynamic.config(for: "model.layers.11.\(left)", from: config) == nil)
    }
    for kept in ["mlp.experts.17.up_projection", "mlp.experts.x.up_proj", "self_attn.v_proj"] {
      #expect(reader.config.dynamic.config(for: "model.layers.11.\(kept)", from: config) != nil)
    }
    let meta = try #require(object["meta"] as? [String: Any])
    #expect(meta["act_group_aware"] as? Bool == true)
    #expect((meta["gptaq"] as? [String: Any])?["alpha"] as? Double == 0.25)
  }

  @Test("all of a tokenizer and a chat is copied, weights and notes are not")
  func copies() throws {
    let folder = try TemporaryFolder()
    let base = try CheckpointTests.base(in: folder)
    let copied = [
      "tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.json",
      "merges.txt", "chat_template.jinja", "generation_config.json", "qwen.tiktoken", "LICENSE",
    ]
    for name in copied + ["README.md", "model.safetensors", "pytorch_model.bin"] {
      try folder.write("x", "base/" + name)
    }
    try CheckpointTests.writeEmpty(to: folder["out"], base: base)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder["out"].path)
    #expect(
      Set(names)
        == Set(
          copied + [
            "config.json", "quantize_config.json", "tenbin.json", "tokenizer.json",
            "tokenizer_config.json", "model.safetensors",
          ]))
    #expect(try Data(contentsOf: folder["out/model.safetensors"]).count > 1, "not the base's")
  }

  @Test("a byte that differs on disk is seen, wherever it stands")
  func readBack() throws {
    let folder = try TemporaryFolder()
    let count = (1 << 23) + 100
    var bytes = [UInt8](repeating: 3, count: count)
    var writer = try SafetensorsWriter(
      folder["a.safetensors"],
      entries: [.init(name: "a", dtype: "U8", shape: [count], byteCount: count)])
    try writer.append(bytes)
    #expect(try writer.lastEquals(bytes))
    for place in [0, 1 << 23, count - 1] {
      bytes[place] = 4
      #expect(try !writer.lastEquals(bytes))
      bytes[place] = 3
    }
    try writer.finish()
  }

  /// What loaders do with a shape decides: 32 rows and columns make whole words, else it is refused;
  /// a group that does not divide the columns leaves a short one, with a scale of its own.
  @Test(
    "random shapes come back, or are refused before anything is written",
    arguments: 0..<24)
  func randomShapes(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    func pick<Value>(_ values: [Value]) -> Value {
      values[Int(random.next() % UInt64(values.count))]
    }
    let (out, features) = (pick([8, 32, 40, 64, 96]), pick([32, 48, 64, 96, 160, 100]))
    var config = QuantizeConfig()
    config.bits = pick([2, 3, 4, 8])
    config.groupSize = pick([8, 24, 32, 40, 64, 128, -1])
    config.sym = pick([true, false])
    config.descAct = pick([true, false])
    config.actGroupAware = !config.descAct && config.groupSize > 0 && pick([true, false])
    config.staticGroups = pick([true, false])
    config.scalesDtype = pick([.f16, .bf16, .f32])
    let folder = try TemporaryFolder()
    let base = try CheckpointTests.base(in: folder)
    let plan = CheckpointPlan([
      .linear(name: "a", outFeatures: out, inFeatures: features, config)
    ])
    let settings = CheckpointSettings(quantize: config)
    guard out % 32 == 0, features % 32 == 0 else {
      #expect(throws: InputError.self) {
        _ = try GPTQCheckpointWriter(folder["out"], base: base, plan: plan, settings: settings)
      }
      #expect(folder.names == ["base"])
      return
    }
    let problem = QuantizationProblem.synthetic(rows: out, columns: features, seed: UInt64(seed))
    let solved = try problem.solved(config)
    var writer = try GPTQCheckpointWriter(
      folder["out"], base: base, plan: plan, settings: settings)
    try writer.write(solved)
    try writer.finish()
    let reader = try GPTQCheckpointReader(folder["out"])
    #expect(try reader.linear("a") == solved.linear)
    let groups = config.groupCount(inFeatures: features)
    #expect(try reader.tensors.shape(of: "a.scales") == [groups, out])
    #expect(try reader.tensors.shape(of: "a.qweight") == [features * config.bits / 32, out])
    #expect(try reader.tensors.shape(of: "a.qzeros") == [groups, out * config.bits / 32])
    #expect(try reader.tensors.shape(of: "a.g_idx") == [features])
  }
}
