import Basics
import Compute
import Foundation
import GPTQ
import Tensor
import Testing

/// A folder that goes away with the test.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("tenbin-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  subscript(_ name: String) -> URL { url.appendingPathComponent(name) }

  func write(_ text: String, _ name: String) throws {
    try Data(text.utf8).write(to: self[name])
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
  }
}

@Suite("Checkpoints")
struct CheckpointTests {
  static let names = ["model.layers.0.mlp.up_proj", "model.layers.0.mlp.down_proj"]

  static func base(in folder: TemporaryFolder) throws -> URL {
    try FileManager.default.createDirectory(
      at: folder["base"], withIntermediateDirectories: true)
    try folder.write(
      #"{"architectures":["LlamaForCausalLM"],"rms_norm_eps":1e-05,"vocab_size":8192,"#
        + #""tie_word_embeddings":true,"pad_token_id":null,"unheard_of":{"深い":[1,2.5,"x/y"]}}"#,
      "base/config.json")
    try folder.write(#"{"model":{}}"#, "base/tokenizer.json")
    try folder.write("{}", "base/tokenizer_config.json")
    return folder["base"]
  }

  static func solve(_ config: QuantizeConfig) throws -> [SolvedLinear] {
    try [
      QuantizationProblem.synthetic(rows: 96, columns: 64, seed: 31),
      QuantizationProblem.synthetic(rows: 64, columns: 96, seed: 32),
    ].map { try $0.solved(config) }
  }

  static func plan(_ config: QuantizeConfig, shardSize: Int = 1 << 30) -> CheckpointPlan {
    CheckpointPlan(
      [
        .tensor(.init(name: "model.norm.weight", type: .bf16, shape: [64])),
        .linear(name: names[0], outFeatures: 96, inFeatures: 64, config),
        .linear(name: names[1], outFeatures: 64, inFeatures: 96, config),
        .tensor(.init(name: "lm_head.ids", dtype: "I64", shape: [3], byteCount: 24)),
      ], shardSize: shardSize)
  }

  static let passedThrough = (
    norm: (0..<128).map { UInt8($0) }, ids: [UInt8](repeating: 7, count: 24)
  )

  @discardableResult
  static func write(
    _ config: QuantizeConfig, in folder: TemporaryFolder, shardSize: Int = 1 << 30
  ) throws -> [SolvedLinear] {
    let solved = try solve(config)
    var writer = try GPTQCheckpointWriter(
      folder["out"], base: try base(in: folder), plan: plan(config, shardSize: shardSize),
      settings: CheckpointSettings(quantize: config))
    try writer.write(passedThrough.norm)
    for linear in solved { try writer.write(linear) }
    try writer.write(passedThrough.ids)
    try writer.finish()
    return solved
  }

  @Test(
    "a writer that ended early goes on from what it saved, byte for byte", arguments: [1, 2, 3])
  func resumed(after items: Int) throws {
    let config = QuantizeConfig.with { $0.groupSize = 32 }
    for shardSize in [1 << 30, 4000] {
      let (whole, broken) = (try TemporaryFolder(), try TemporaryFolder())
      let solved = try Self.write(config, in: whole, shardSize: shardSize)
      let base = try Self.base(in: broken)
      func write(_ writer: inout GPTQCheckpointWriter, _ items: Range<Int>) throws {
        for item in items {
          switch item {
          case 0: try writer.write(Self.passedThrough.norm)
          case 3: try writer.write(Self.passedThrough.ids)
          default: try writer.write(solved[item - 1])
          }
        }
      }
      func open() throws -> GPTQCheckpointWriter {
        try GPTQCheckpointWriter(
          broken["out"], base: base, plan: Self.plan(config, shardSize: shardSize),
          settings: CheckpointSettings(quantize: config), resumable: true)
      }
      do {
        var first = try open()
        try first.resume(nil)
        try write(&first, 0..<items)
        try first.save("here")
        try write(&first, items..<4)
      }
      #expect(!broken.names.contains("out"))
      // The end of a run that stopped while it copied the tokenizer's files.
      try broken.write("half", ".out.partial/tokenizer.json")
      var second = try open()
      try second.resume("here")
      try write(&second, items..<4)
      try second.finish()
      let names = try FileManager.default.contentsOfDirectory(atPath: whole["out"].path)
      #expect(
        Set(names) == Set(try FileManager.default.contentsOfDirectory(atPath: broken["out"].path)))
      for name in names {
        let a = try Data(contentsOf: whole["out"].appendingPathComponent(name))
        #expect(try Data(contentsOf: broken["out"].appendingPathComponent(name)) == a, "\(name)")
      }
      #expect(broken.names == ["base", "out"])
    }
  }

  @Test("an empty tensor that claims astronomic inputs is refused")
  func emptyTensor() throws {
    let folder = try TemporaryFolder()
    let module = Self.names[0]
    let entries = [
      ("qweight", "I32", [1 << 62, 0]), ("qzeros", "I32", [1, 0]), ("scales", "F16", [1, 0]),
    ]
    var writer = try SafetensorsWriter(
      folder["model.safetensors"],
      entries: entries.map {
        .init(name: "\(module).\($0.0)", dtype: $0.1, shape: $0.2, byteCount: 0)
      })
    for _ in entries { try writer.append([]) }
    try writer.finish()
    try folder.write(#"{"bits":4,"group_size":128}"#, "quantize_config.json")
    let reader = try GPTQCheckpointReader(folder.url)
    #expect(throws: InputError.self) { try reader.shape(of: module) }
    #expect(throws: InputError.self) { try reader.weight(module) }
  }

  static func json(_ url: URL) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
  }

  @Test(
    "what is written is read again, code by code", arguments: 2...8,
    [(32, true, true), (-1, false, false), (40, true, false), (16, false, true)])
  func roundTrip(bits: Int, shape: (groupSize: Int, descAct: Bool, sym: Bool)) throws {
    for format in FloatFormat.allCases {
      let folder = try TemporaryFolder()
      let config = QuantizeConfig.with {
        ($0.bits, $0.groupSize, $0.descAct) = (bits, shape.groupSize, shape.descAct)
        ($0.sym, $0.scalesDtype) = (shape.sym, format)
      }
      let solved = try Self.write(config, in: folder)
      let reader = try GPTQCheckpointReader(folder["out"])
      #expect(reader.quantizedModules == Self.names.sorted())
      #expect(reader.config.format == ((5...7).contains(bits) ? .planar : shape.sym ? .v1 : .v2))
      for (name, expected) in zip(Self.names, solved) {
        #expect(try reader.linear(name) == expected.linear)
        #expect(try reader.weight(name) == expected.linear.dequantized())
      }
      let file = try #require(reader.tensors.file(of: "model.norm.weight"))
      #expect(try file.bytes("model.norm.weight") == Self.passedThrough.norm)
      #expect(try file.entry("lm_head.ids").dtype == "I64")
      #expect(try file.bytes("lm_head.ids") == Self.passedThrough.ids)
    }
  }

  @Test("some rows of a weight are those rows of the whole", arguments: 2...8)
  func rows(bits: Int) throws {
    let folder = try TemporaryFolder()
    try Self.write(.with { ($0.bits, $0.groupSize, $0.descAct) = (bits, 32, true) }, in: folder)
    let reader = try GPTQCheckpointReader(folder["out"])
    var random = SplitMix64(seed: 5)
    for name in Self.names {
      let whole = try reader.weight(name)
      #expect(try reader.shape(of: name) == [whole.rows, whole.columns])
      for _ in 0..<20 {
        let lower = Int.random(in: 0..<whole.rows, using: &random)
        let range = lower..<Int.random(in: lower...whole.rows, using: &random)
        #expect(try reader.weight(name, rows: range) == whole.rows(in: range))
      }
      #expect(throws: InputError.self) { try reader.weight(name, rows: 90..<97) }
    }
  }

  @Test("shards, their index and their names")
  func shards() throws {
    let folder = try TemporaryFolder()
    let solved = try Self.write(.with { $0.groupSize = 32 }, in: folder, shardSize: 4096)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder["out"].path).sorted()
    #expect(
      files == [
        "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json", "quantize_config.json", "tenbin.json", "tokenizer.json",
        "tokenizer_config.json",
      ])
    let index = try Self.json(folder["out/model.safetensors.index.json"])
    let map = try #require(index["weight_map"] as? [String: String])
    #expect(map.count == 10)
    #expect(map[Self.names[0] + ".g_idx"] == "model-00001-of-00002.safetensors")
    #expect(map[Self.names[1] + ".qweight"] == "model-00002-of-00002.safetensors")
    let size = (index["metadata"] as? [String: Any])?["total_size"] as? Int
    #expect(size == Self.plan(.with { $0.groupSize = 32 }).totalSize)
    let reader = try GPTQCheckpointReader(folder["out"])
    #expect(try reader.linear(Self.names[1]) == solved[1].linear)
  }

  @Test("config.json keeps what it had and gains what loaders read")
  func configuration() throws {
    let folder = try TemporaryFolder()
    try Self.write(.with { ($0.groupSize, $0.descAct) = (32, true) }, in: folder)
    let model = try Self.json(folder["out/config.json"])
    #expect(model["vocab_size"] as? Int == 8192)
    #expect(model["tie_word_embeddings"] as? Bool == true)
    #expect(model["pad_token_id"] is NSNull)
    #expect(model["rms_norm_eps"] as? Double == 1e-5)
    let deep = (model["unheard_of"] as? [String: Any])?["深い"] as? [Any]
    #expect(deep?.count == 3 && deep?[2] as? String == "x/y")
    let text = try String(contentsOf: folder["out/config.json"], encoding: .utf8)
    #expect(text.contains(#""tie_word_embeddings": true"#))

    let quantization = try #require(model["quantization_config"] as? [String: Any])
    #expect(quantization["quant_method"] as? String == "gptq")
    #expect(quantization["checkpoint_format"] as? String == "gptq")
    #expect(quantization["bits"] as? Int == 4)
    #expect(quantization["group_size"] as? Int == 32)
    #expect(quantization["desc_act"] as? Bool == true)
    #expect(quantization["sym"] as? Bool == true)
    #expect(quantization["damp_percent"] as? Double == 0.01)
    func canonical(_ object: [String: Any]) throws -> Data {
      try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
    }
    let separate = try Self.json(folder["out/quantize_config.json"])
    #expect(try canonical(separate) == canonical(quantization))
  }

  @Test("a damp of 0 is left out of what loaders read, and kept in tenbin.json")
  func dampOfZero() throws {
    let folder = try TemporaryFolder()
    let config = QuantizeConfig.with { ($0.groupSize, $0.dampPercent) = (32, 0) }
    try Self.write(config, in: folder)
    let text = try String(contentsOf: folder["out/config.json"], encoding: .utf8)
    #expect(!text.contains("damp_percent"))
    let record = try JSONDecoder().decode(
      CheckpointRecord.self, from: Data(contentsOf: folder["out/tenbin.json"]))
    #expect(record.quantize == config)
    #expect(record.verifiedModules == 2)
    #expect(record.modules.map(\.name) == Self.names)
  }

  @Test("the codes of another packer are written as they are")
  func otherPacker() throws {
    let folder = try TemporaryFolder()
    let loop = QuantizeConfig.with { ($0.bits, $0.groupSize, $0.scalesDtype) = (8, 32, .f32) }
    let written = QuantizeConfig.with { ($0.bits, $0.groupSize, $0.scalesDtype) = (8, 32, .bf16) }
    let solved = try QuantizationProblem.synthetic(rows: 96, columns: 64, seed: 31).solved(loop)
    let packed = try AutoGPTQPacker.packBF16(solved.linear).linear
    var writer = try GPTQCheckpointWriter(
      folder["out"], base: try Self.base(in: folder),
      plan: CheckpointPlan([.linear(name: "a", outFeatures: 96, inFeatures: 64, written)]),
      settings: CheckpointSettings(quantize: written))
    try writer.write(solved, packed: packed)
    try writer.finish()
    let read = try GPTQCheckpointReader(folder["out"]).linear("a")
    #expect(read == packed)
    #expect(read != solved.linear)
  }

  @Test("nothing is left of a checkpoint that was not finished")
  func unfinished() throws {
    let folder = try TemporaryFolder()
    let base = try Self.base(in: folder)
    func abandon() throws {
      var writer = try GPTQCheckpointWriter(
        folder["out"], base: base, plan: Self.plan(.with { $0.groupSize = 32 }),
        settings: CheckpointSettings(quantize: .with { $0.groupSize = 32 }))
      try writer.write(Self.passedThrough.norm)
    }
    try abandon()
    #expect(folder.names == ["base"])
  }

  @Test("refused before any work: asymmetric v1, an output that exists, shapes, a bad base")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let base = try Self.base(in: folder)
    let config = QuantizeConfig.with { $0.groupSize = 32 }
    func start(
      _ name: String, _ config: QuantizeConfig, _ format: CheckpointFormat?, inFeatures: Int = 64
    ) throws {
      _ = try GPTQCheckpointWriter(
        folder[name], base: base,
        plan: CheckpointPlan([.linear(name: "a", outFeatures: 32, inFeatures: inFeatures, config)]),
        settings: CheckpointSettings(quantize: config, format: format))
    }
    let asym = QuantizeConfig.with { ($0.groupSize, $0.sym) = (32, false) }
    #expect(throws: InputError.self) { try start("out", asym, .v1) }
    for (bits, format) in [(5, CheckpointFormat.v1), (6, .v2)] {
      #expect {
        try start("out", .with { ($0.groupSize, $0.bits) = (32, bits) }, format)
      } throws: { error in
        (error as? InputError)?.description == """
          error: \(bits) bits in checkpoint_format \(format.rawValue)
            found: it holds 2, 3, 4 and 8 bits
            hint: leave checkpoint_format out: it becomes gptq_p, which GPTQModel reads
          """
      }
    }
    #expect(throws: InputError.self) { try start("base", config, nil) }
    #expect(throws: InputError.self) { try start("base/config.json/out", config, nil) }
    #expect(throws: InputError.self) { try start("out", config, nil, inFeatures: 40) }
    try start("out", asym, nil)
    try start("out", config, .v2)
    #expect(folder.names == ["base"])

    let module = folder["base/LICENSE"]
    try FileManager.default.createSymbolicLink(at: module, withDestinationURL: folder["nowhere"])
    #expect {
      try start("out", config, nil)
    } throws: { error in
      let error = error as? InputError
      return error?.kind == .io && error?.asked.hasPrefix("copy LICENSE of ") == true
        && error?.found == "a file that cannot be read, or a link to nothing"
        && error?.hint == "give it back, or remove it from the model's folder"
    }
    try FileManager.default.removeItem(at: module)

    try folder.write("not json", "base/config.json")
    #expect(throws: InputError.self) { try Self.writeEmpty(to: folder["out"], base: base) }
    try FileManager.default.removeItem(at: folder["base/config.json"])
    #expect(throws: InputError.self) { try Self.writeEmpty(to: folder["out"], base: base) }
    #expect(folder.names == ["base"])
  }

  static func writeEmpty(to url: URL, base: URL) throws {
    let writer = try GPTQCheckpointWriter(
      url, base: base, plan: CheckpointPlan([]),
      settings: CheckpointSettings(quantize: QuantizeConfig()))
    try writer.finish()
  }

  @Test("tensors of any shape end in codes or in an error, never in a crash", arguments: 0..<200)
  func fuzzShapes(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    func matrix(_ rows: [Int], _ columns: [Int]) -> Matrix<Int32> {
      Matrix(
        rows: rows.randomElement(using: &random) ?? 0,
        columns: columns.randomElement(using: &random) ?? 0
      ) { _, _ in Int32(truncatingIfNeeded: random.next()) }
    }
    let scales = matrix([0, 1, 2, 3], [0, 31, 32, 64])
    let packed = PackedLinear(
      qweight: matrix([0, 3, 4, 8, 12], [0, 31, 32, 64]),
      qzeros: matrix([0, 1, 2, 3], [0, 3, 4, 8, 12]),
      scales: Matrix<Float>(
        rows: scales.rows, columns: scales.columns, repeating: 1),
      groupIndex: (0..<[0, 32, 64].randomElement(using: &random, or: 0)).map { _ in
        Int32.random(in: -1...3, using: &random)
      })
    for bits in [0, 2, 3, 4, 5, 8, 9] {
      for format in CheckpointFormat.allCases {
        let linear = try? packed.unpacked(
          bits: bits, sym: true, format: format, scalesDtype: .f16)
        if let linear {
          #expect(linear.dequantized().columns == packed.groupIndex.count)
        }
      }
    }
  }
}

extension Array {
  fileprivate func randomElement(using random: inout SplitMix64, or other: Element) -> Element {
    randomElement(using: &random) ?? other
  }
}

@Suite("Writing safetensors")
struct SafetensorsWriterTests {
  @Test("tensors come back by name; the data begins at a multiple of 8")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    var writer = try SafetensorsWriter(
      folder["a.safetensors"],
      entries: [
        .init(name: "x/\"y\"", type: .f16, shape: [2, 3]),
        .init(name: "empty", type: .f32, shape: [0, 4]),
        .init(name: "重み", type: .i32, shape: [2]),
      ])
    let values: [Float] = [0, 1, -2.5, 65504, 1e-8, 0.1]
    #expect(writer.next?.name == "x/\"y\"")
    try writer.append(FloatFormat.f16.encode(values))
    #expect(try writer.readLast() == FloatFormat.f16.encode(values))
    try writer.append([])
    #expect(try writer.readLast() == [])
    try writer.append([Int32]([-1, 7]).littleEndianBytes)
    #expect(writer.next == nil)
    #expect(!folder.names.contains("a.safetensors"))
    try writer.finish()
    #expect(folder.names == ["a.safetensors"])

    let file = try SafetensorsFile(folder["a.safetensors"])
    #expect(file.metadata == ["format": "pt"])
    #expect(try file.floats("x/\"y\"") == values.map(FloatFormat.f16.round))
    #expect(try file.int32s("重み") == [-1, 7])
    #expect(try file.entry("empty").shape == [0, 4])
    #expect(file.entries.values.allSatisfy { $0.range.lowerBound % 4 == 0 })
    let header = try [UInt8](Data(contentsOf: file.url).prefix(8))
    #expect(header[0] % 8 == 0)
  }

  @Test("a file that was not finished leaves nothing; a folder that is none is an I/O error")
  func unfinished() throws {
    let folder = try TemporaryFolder()
    func abandon() throws {
      var writer = try SafetensorsWriter(
        folder["a.safetensors"], entries: [.init(name: "x", type: .f32, shape: [1])])
      try writer.append([0, 0, 0, 0])
    }
    try abandon()
    #expect(folder.names.isEmpty)
    try folder.write("", "file")
    do {
      _ = try SafetensorsWriter(folder["file/a.safetensors"], entries: [])
      Issue.record("a folder that is a file")
    } catch {
      #expect(error.kind == .io)
    }
  }

  @Test(
    "storage types round half to even, and 16-bit numbers survive", arguments: FloatFormat.allCases)
  func encodings(format: FloatFormat) {
    var random = SplitMix64(seed: 3)
    let values = (0..<1000).map { _ in Float(random.gaussian()) } + [0, -0.0, .infinity, 0x1p-133]
    let bytes = format.encode(values)
    #expect(bytes.count == values.count * format.storageType.byteCount)
    #expect(format.encode(values.map(format.round)) == bytes)
    #expect(format.encode([]) == [])
  }
}
