import Basics
import Codecs
import Compute
import Foundation
import GPTQ
import Tensor
import TestSupport
import Testing

@Suite("What is said of checkpoints that cannot be read or written")
struct CheckpointErrorTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.url.path }

  /// Writes tensors of zeros, and the settings beside them.
  private func write(
    _ tensors: [(name: String, dtype: String, shape: [Int])],
    settings: String? = #"{"bits": 4, "group_size": 32, "sym": true, "desc_act": false}"#
  ) throws {
    try writeZeros(folder["model.safetensors"], tensors)
    if let settings { try folder.write(settings, "quantize_config.json") }
  }

  /// A linear of 32 inputs and 32 outputs in 4 bits, without the parts that `but` names.
  private func linear(_ name: String, but: String...) -> [(String, String, [Int])] {
    [
      (".qweight", "I32", [4, 32]), (".qzeros", "I32", [1, 4]), (".scales", "F32", [1, 32]),
      (".g_idx", "I32", [32]),
    ].filter { !but.contains($0.0) }.map { (name + $0.0, $0.1, $0.2) }
  }

  @Test("codes without settings, settings without codes")
  func halves() throws {
    try write(linear("a"), settings: nil)
    #expect(
      throws: InputError(
        .missing, asked: "open the GPTQ checkpoint \(path)",
        found: "neither quantize_config.json nor quantization_config in config.json",
        hint: "give the folder that holds them beside the safetensors files")
    ) { try GPTQCheckpointReader(folder.url) }
    try write([("a.weight", "F32", [2, 2])])
    #expect(
      throws: InputError(
        .badData, asked: "open the GPTQ checkpoint \(path)",
        found: "settings of a quantized model in quantize_config.json, and no codes: none of"
          + " 1 tensors is a qweight",
        hint:
          "give the folder with the quantized weights; to read these weights as they are, take the"
          + " quantization settings out of quantize_config.json")
    ) { try GPTQCheckpointReader(folder.url).doubts() }
  }

  @Test("tensors of a linear that are missing, or of other shapes")
  func tensors() throws {
    func read(_ name: String, _ found: String, _ hint: String) -> InputError {
      InputError(.badData, asked: "read \(name) of \(path)", found: found, hint: hint)
    }
    let lacks = "the checkpoint lacks a shard, or is not in the GPTQ format"
    let damaged =
      "codes of 2 to 8 bits take in_features · bits / 32 words: the checkpoint is damaged"
    let misshapen =
      "the tensors of a GPTQ linear have two dimensions that fit together, and one for g_idx"
    try write(linear("a"))
    let reader = try GPTQCheckpointReader(folder.url)
    #expect(throws: read("b.qweight", "no such tensor", lacks)) { try reader.weight("b") }
    #expect(throws: read("b", "no b.qweight", damaged)) { try reader.linear("b") }
    #expect(
      throws: InputError(
        .badData, asked: "read rows 30..<40 of a.weight", found: "32 rows",
        hint: "check that config.json and the weights belong to the same model")
    ) { try reader.weight("a", rows: 30..<40) }
    let weights: [([Int], [Int], String)] = [
      ([4], [32], "qweight of shape [4], where two dimensions are expected"),
      ([4, 32], [4, 8], "g_idx of shape [4, 8], where one dimension is expected"),
      ([9, 32], [32], "9 words in qweight for 32 inputs in g_idx"),
    ]
    for (shape, index, found) in weights {
      try write(
        linear("b", but: ".qweight", ".g_idx") + [
          ("b.qweight", "I32", shape), ("b.g_idx", "I32", index),
        ])
      #expect(throws: read("b", found, damaged)) {
        try GPTQCheckpointReader(folder.url).linear("b")
      }
    }
    try write(linear("a", but: ".scales") + [("a.scales", "F32", [32])])
    #expect(throws: read("a.scales", "shape [32]", misshapen)) {
      try GPTQCheckpointReader(folder.url).linear("a")
    }
    try write(linear("a", but: ".scales"))
    #expect(throws: read("a.scales", "no such tensor", lacks)) {
      try GPTQCheckpointReader(folder.url).linear("a")
    }
    try write(linear("a", but: ".qzeros"))
    #expect(throws: read("a.qzeros", "no such tensor", lacks)) {
      try GPTQCheckpointReader(folder.url).doubts()
    }
    try write(linear("a", but: ".qzeros") + [("a.qzeros", "I32", [4])])
    #expect(
      throws: read(
        "a.qzeros", "shape [4]",
        "the tensors of a GPTQ linear have two dimensions that fit together")
    ) { try GPTQCheckpointReader(folder.url).doubts() }
  }

  @Test("tensors that do not belong together")
  func unpacking() throws {
    func unpack(
      zeros: (Int, Int) = (1, 4), scales: (Int, Int) = (1, 32), group: Int32 = 0, bits: Int = 4
    ) throws(InputError) -> QuantizedLinear {
      let index = (0..<32).map { $0 == 31 ? group : 0 }
      return try PackedLinear(
        qweight: Matrix(rows: 4, columns: 32) { _, _ in 0 },
        qzeros: Matrix(rows: zeros.0, columns: zeros.1) { _, _ in 0 },
        scales: Matrix(rows: scales.0, columns: scales.1) { _, _ in 1 }, groupIndex: index
      ).unpacked(bits: bits, sym: true, format: .v1, scalesDtype: .f16)
    }
    func failure(_ found: String) -> InputError {
      InputError(
        .badData, asked: "unpack a GPTQ linear", found: found,
        hint: "the checkpoint is damaged, or its bits are not those of quantize_config.json")
    }
    #expect(
      throws: failure(
        "scales of 1 x 16 and zeros for 1 x 32 groups and outputs, with 32 outputs in qweight")
    ) { try unpack(scales: (1, 16)) }
    #expect(throws: failure("a g_idx that names groups beyond the 1 of scales")) {
      try unpack(group: 1)
    }
    #expect(
      throws: InputError(
        .badData, asked: "unpack qweight of 8 bits",
        found: "4 words along the packed side for 32 values, which 2 to 8 bits do not give",
        hint: "check that bits in quantize_config.json is what the tensors were packed with")
    ) { try unpack(bits: 8) }
    #expect(
      throws: InputError(
        .badData, asked: "unpack 40 values of 5 bits in planes",
        found: "planes hold runs of 32 values",
        hint: "the checkpoint is damaged, or its checkpoint_format is not gptq_p")
    ) {
      try PackedCodes.unpackZeros(
        Matrix(rows: 1, columns: 7) { _, _ in 0 }, bits: 5, format: .planar, outputs: 40)
    }
  }

  @Test("what cannot be packed: odd shapes, zero points that v1 has no place for")
  func packing() {
    for (rows, columns, name) in [(32, 40, "in_features"), (40, 32, "out_features")] {
      #expect(
        throws: InputError(
          .badData, asked: "pack a linear with \(name) 40",
          found: "GPTQ checkpoints hold 32 values in whole words: loaders expect multiples of 32",
          hint: "leave this linear out of the quantized modules")
      ) {
        try PackedCodes.packWeights(
          Matrix<UInt8>(rows: rows, columns: columns) { _, _ in 0 }, bits: 4, format: .v1)
      }
    }
    #expect(
      throws: InputError(
        .usage, asked: "write zero points in checkpoint_format gptq",
        found: "a zero point that it cannot hold: it stores zero - 1, and 0 would wrap",
        hint: "use checkpoint_format gptq_v2, or sym")
    ) {
      try PackedCodes.packZeros(
        Matrix<Int32>(rows: 32, columns: 1) { _, _ in 0 }, bits: 4, format: .v1)
    }
  }

  @Test("settings that no tensor completes")
  func settings() throws {
    func failure(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the quantization settings of \(path)", found: found,
        hint: "add group_size, as the quantizer had it, to quantize_config.json or config.json")
    }
    let open = #"{"bits": 4, "sym": true, "desc_act": false}"#
    try write(
      linear("a", but: ".g_idx", ".scales") + [("a.scales", "F32", [5, 32])], settings: open)
    #expect(
      throws: failure("no group_size, and rows of scales that no one group_size gives")
    ) { try GPTQCheckpointReader(folder.url) }
    #expect(
      throws: InputError(
        .usage, asked: "read dynamic",
        found: "a list of 1, where an object of patterns is expected",
        hint: #"write {"-:.*\\.down_proj": {}, "+:.*\\.v_proj": {"bits": 8}}"#)
    ) { try DynamicRules(.array([.bool(true)]), strict: true) }
    #expect(
      throws: InputError(
        .usage, asked: "dynamic with 1001 rules", found: "1,000 at most",
        hint: "one pattern can name many modules")
    ) { try DynamicRules((0..<1001).map { .init(key: "-:a\($0)") }) }
  }

  @Test("weights and Hessians that are no numbers")
  func finite() throws {
    var problem = QuantizationProblem.synthetic(rows: 4, columns: 32)
    let solver = GPTQSolver(engine: host)
    let sound = problem
    problem.hessian[3, 3] = .nan
    #expect(
      throws: InputError(
        .badData, asked: "quantize with a Hessian of 32 inputs", found: "it holds NaN or infinity",
        hint: "look at the calibration activations of the layers before this one")
    ) {
      try solver.quantize(
        weight: problem.weight, hessian: problem.hessian, config: QuantizeConfig())
    }
    problem = sound
    problem.weight[1, 2] = .infinity
    #expect(
      throws: InputError(
        .badData, asked: "quantize a weight of 4 x 32", found: "it holds NaN or infinity",
        hint: "check the base checkpoint, or load its original once more")
    ) {
      try solver.quantize(
        weight: problem.weight, hessian: problem.hessian, config: QuantizeConfig())
    }
  }

  @Test("a shard that is another one when it is read again")
  func changedOnDisk() throws {
    _ = try CheckpointTests.base(in: folder)
    let entries = ["a", "b"].map { SafetensorsWriter.Entry(name: $0, type: .f32, shape: [4]) }
    let plan = CheckpointPlan(entries.map(CheckpointPlan.Item.tensor), shardSize: 16)
    var writer = try GPTQCheckpointWriter(
      folder["out"], base: folder["base"], plan: plan,
      settings: CheckpointSettings(quantize: .with { $0.groupSize = 32 }))
    for _ in entries { try writer.write(FloatFormat.f32.encode([1, 2, 3, 4])) }
    let shard = AtomicOutput.partialURL(for: folder["out"])
      .appendingPathComponent("model-00001-of-00002.safetensors")
    try FileManager.default.removeItem(at: shard)
    var other = try SafetensorsWriter(shard, entries: [.init(name: "a", type: .f32, shape: [2])])
    try other.append(FloatFormat.f32.encode([1, 2]))
    try other.finish()
    do {
      try writer.finish()
      Issue.record("it was taken")
    } catch {
      #expect(
        error
          == InputError(
            .io, asked: "read a of \(folder["out"].path) again after writing it",
            found: "another type or shape than those in memory",
            hint: "the disk or the memory is failing: check both, and write elsewhere"))
    }
  }

  @Test("a rule of dynamic with bits that no format has")
  func strangeRule() throws {
    _ = try SettledSettingsTests.Loose().write(
      to: folder,
      own: #"{"bits":4,"group_size":32,"sym":true,"dynamic":{"+:.*up_proj":{"bits":9}}}"#)
    let reader = try GPTQCheckpointReader(folder.url)
    #expect(
      throws: InputError(
        .badData, asked: "read model.layers.0.mlp.up_proj of \(folder.url.path)",
        found: "dynamic gives it bits 9 and group_size 32",
        hint: "2 to 8 bits, and a group_size above 0 or -1, can be read")
    ) { try reader.settings(of: "model.layers.0.mlp.up_proj") }
  }

  /// Starts a checkpoint of one linear.
  private func start(
    _ shape: (Int, Int) = (32, 64), _ change: (inout CheckpointSettings) -> Void = { _ in },
    resumable: Bool = false
  ) throws -> GPTQCheckpointWriter {
    var settings = CheckpointSettings(quantize: .with { $0.groupSize = 32 })
    change(&settings)
    return try GPTQCheckpointWriter(
      folder["out"], base: folder["base"],
      plan: CheckpointPlan([
        .linear(
          name: "model.layers.0.mlp.up_proj", outFeatures: shape.0, inFeatures: shape.1,
          settings.quantize)
      ]), settings: settings, resumable: resumable)
  }

  @Test("checkpoints that cannot be begun")
  func beginnings() throws {
    _ = try CheckpointTests.base(in: folder)
    #expect(
      throws: InputError(
        .badData, asked: "write model.layers.0.mlp.up_proj of 40 x 64 quantized",
        found: "GPTQ checkpoints hold 32 values in whole words: loaders expect multiples of 32",
        hint: #"leave it out: --dynamic '-:.*\.up_proj.*={}'"#)
    ) { _ = try start((40, 64)) }
    #expect(
      throws: InputError(
        .usage, asked: "an asymmetric checkpoint in checkpoint_format gptq",
        found: "it stores zero - 1, which wraps where a zero point is 0; GPTQModel refuses it",
        hint: "use checkpoint_format gptq_v2, or sym")
    ) {
      _ = try start {
        $0.quantize.sym = false
        $0.format = .v1
      }
    }
    try folder.write("x", "out")
    #expect(
      throws: InputError(
        .usage, asked: "write the checkpoint \(folder["out"].path)",
        found: "the path already exists",
        hint: "choose another --output, or remove it")
    ) { _ = try start() }
    try FileManager.default.removeItem(at: folder["out"])
    try FileManager.default.createSymbolicLink(
      at: folder["base/merges.txt"], withDestinationURL: folder["nothing"])
    #expect(
      throws: InputError(
        .io, asked: "copy merges.txt of \(folder["base"].path) into the checkpoint",
        found: "a file that cannot be read, or a link to nothing",
        hint: "give it back, or remove it from the model's folder")
    ) { _ = try start() }
    try FileManager.default.removeItem(at: folder["base/merges.txt"])
    try folder.write("[1]", "base/config.json")
    #expect(
      throws: InputError(
        .badData, asked: "read \(folder["base/config.json"].path)",
        found: "a list of 1, where an object is expected", hint: "download config.json again")
    ) { _ = try start() }
    #expect(folder.names == ["base"])
  }

  @Test("an interrupted checkpoint that is no longer as it was left")
  func resuming() throws {
    _ = try CheckpointTests.base(in: folder)
    var writer = try start(resumable: true)
    let partial = writer.resumeFolder.deletingLastPathComponent().path
    let error = #expect(throws: InputError.self) { try writer.resume("written-3.json") }
    #expect(
      error
        == InputError(
          .badData, asked: "go on writing \(folder["out"].path)",
          found: "\(partial) is not as an interrupted run left it",
          hint: "remove that folder and start again"))
  }
}
