import Analysis
import Compute
import Foundation
import GPTQ
import Model
import Tensor
import TestSupport

/// The first layers of the demo model, rounded to the nearest, with everything that a loader reads beside
/// the linears, and the base they were made from.
struct WholeCheckpoint {
  /// Its tensors.
  var tensors: TensorList
  /// Its config.json.
  var config: [String: Any]
  /// Its tokenizer.json, if any.
  var tokenizer: Data?
  /// The base.
  var base: (tensors: TensorList, config: [String: Any], tokenizer: Data?)

  /// How many layers, unless more are asked for.
  static let layers = 2

  /// Rounds to `bits` bits the weights that `change` makes of the base's.
  init(
    layers: Int = Self.layers, bits: Int = 4, change: (inout TensorList) -> Void = { _ in }
  ) throws {
    let folder = Repository.demoModel
    var tensors = try TensorList(folder.appendingPathComponent("model.safetensors"))
    for name in tensors.items.keys {
      let parts = name.split(separator: ".")
      if parts.count > 2, parts[1] == "layers", Int(parts[2]) ?? 0 >= layers {
        tensors.items[name] = nil
      }
    }
    let text = try Data(contentsOf: folder.appendingPathComponent("config.json"))
    var config = try JSONSerialization.jsonObject(with: text) as? [String: Any] ?? [:]
    config["num_hidden_layers"] = layers
    tokenizer = try Data(contentsOf: folder.appendingPathComponent("tokenizer.json"))
    base = (tensors, config, tokenizer)
    change(&tensors)
    self.tensors = tensors
    self.config = config
    try quantize(bits: bits)
  }

  private mutating func quantize(bits: Int) throws {
    var settings = QuantizeConfig()
    (settings.bits, settings.groupSize) = (bits, 128)
    for (name, item) in tensors.items where name.hasSuffix("_proj.weight") {
      let values = stride(from: 0, to: item.bytes.count, by: 2).map {
        Float(bfloat16Bits: UInt16(item.bytes[$0]) | UInt16(item.bytes[$0 + 1]) << 8)
      }
      let weight = Matrix(rows: item.shape[0], columns: item.shape[1], elements: values)
      let linear = RoundToNearest.quantize(weight, config: settings, engine: CPUEngine()).linear
      let module = String(name.dropLast(7))
      tensors.items[name] = nil
      for (part, item) in try Self.parts(linear) { tensors.items["\(module).\(part)"] = item }
    }
    config["quantization_config"] = [
      "bits": bits, "group_size": 128, "desc_act": false, "sym": true, "quant_method": "gptq",
      "checkpoint_format": "gptq", "damp_percent": 0.01,
    ]
  }

  /// The tensors of a packed linear, by their part of its name.
  static func parts(_ linear: QuantizedLinear) throws -> [String: TensorList.Item] {
    let packed = try PackedLinear(linear, format: .v1)
    func words(_ matrix: Matrix<Int32>) -> TensorList.Item {
      .init(
        type: "I32", shape: [matrix.rows, matrix.columns], bytes: matrix.elements.littleEndianBytes)
    }
    return [
      "qweight": words(packed.qweight), "qzeros": words(packed.qzeros),
      "scales": .init(
        type: "F16", shape: [packed.scales.rows, packed.scales.columns],
        bytes: FloatFormat.f16.encode(packed.scales.elements)),
      "g_idx": .init(
        type: "I32", shape: [packed.groupIndex.count], bytes: packed.groupIndex.littleEndianBytes),
    ]
  }

  /// Writes both and audits the checkpoint; `runs` says whether models are run.
  func audit(withBase: Bool, runs: Bool) throws -> AuditReport {
    try withTemporaryDirectory { folder in
      let (mine, theirs) = (
        folder.appendingPathComponent("checkpoint"), folder.appendingPathComponent("base")
      )
      try Self.write((tensors, config, tokenizer), to: mine)
      if withBase { try Self.write(base, to: theirs) }
      return try CheckpointAudit(
        mine, base: withBase ? theirs : nil, runs: runs, engine: CPUEngine()
      ).run()
    }
  }

  /// Writes both, repairs the checkpoint's order, and audits the result, whose tensors are returned, too.
  func repaired() throws -> (plan: OrderRepair.Plan, after: AuditReport?, tensors: TensorList) {
    try withTemporaryDirectory { folder in
      let (mine, theirs) = (
        folder.appendingPathComponent("checkpoint"), folder.appendingPathComponent("base")
      )
      try Self.write((tensors, config, tokenizer), to: mine)
      try Self.write(base, to: theirs)
      let engine = CPUEngine()
      let report = try CheckpointAudit(mine, base: theirs, runs: false, engine: engine).run()
      let repair = OrderRepair(mine, base: theirs, engine: engine)
      let plan = try repair.plan(report.findings)
      guard !plan.isEmpty else { return (plan, nil, tensors) }
      let output = folder.appendingPathComponent("repaired")
      try repair.write(plan, to: output)
      let after = try CheckpointAudit(output, base: theirs, runs: false, engine: engine).run()
      return (plan, after, try TensorList(output.appendingPathComponent("model.safetensors")))
    }
  }

  private static func write(
    _ model: (tensors: TensorList, config: [String: Any], tokenizer: Data?), to folder: URL
  ) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try model.tensors.write(to: folder.appendingPathComponent("model.safetensors"))
    try JSONSerialization.data(withJSONObject: model.config)
      .write(to: folder.appendingPathComponent("config.json"))
    try model.tokenizer?.write(to: folder.appendingPathComponent("tokenizer.json"))
  }
}
