import Foundation
import GPTQ
import Tensor
import TestSupport

/// A checkpoint folder with exactly the tensors and settings that it is given, right or wrong.
struct MadeCheckpoint {
  var linears: [String: QuantizedLinear]
  var bits: Int
  var groupSize: Int
  var descAct: Bool
  var sym: Bool
  var format: CheckpointFormat
  /// Added to every stored zero point, module by module.
  var zeroShift: [String: Int32] = [:]
  /// Bytes cut off the end of the file.
  var truncation = 0

  init(_ linears: [String: QuantizedLinear], _ config: QuantizeConfig) {
    self.linears = linears
    bits = config.bits
    groupSize = config.groupSize
    descAct = config.descAct
    sym = config.sym
    format = config.sym ? .v1 : .v2
  }

  /// The modules, in order.
  var names: [String] { linears.keys.sorted() }

  func write(to folder: URL) throws {
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let settings: [String: Any] = [
      "bits": bits, "group_size": groupSize, "desc_act": descAct, "sym": sym,
      "quant_method": "gptq", "checkpoint_format": format.rawValue,
    ]
    try Self.writeConfig(settings, to: folder)
    var entries: [SafetensorsWriter.Entry] = []
    var tensors: [[UInt8]] = []
    for name in names {
      guard let linear = linears[name] else { continue }
      let words = try PackedCodes.packWeights(linear.codes, bits: bits)
      let maxCode = Int32(1) << Int32(bits) - 1
      let shift = zeroShift[name] ?? 0
      let stored = linear.grids.zeros.map { ($0 + shift) & maxCode }
      // A zero of 0 has no place in v1; it is stored as AutoGPTQ would, wrapped.
      let zeros = try PackedCodes.packZeros(
        stored.map { format == .v1 ? ($0 - 1) & maxCode : $0 }, bits: bits, format: .v2)
      let scales = linear.grids.scales.transposed()
      entries += [
        .init(name: name + ".qweight", type: .i32, shape: [words.rows, words.columns]),
        .init(name: name + ".qzeros", type: .i32, shape: [zeros.rows, zeros.columns]),
        .init(
          name: name + ".scales", type: linear.scalesDtype.storageType,
          shape: [scales.rows, scales.columns]),
        .init(name: name + ".g_idx", type: .i32, shape: [linear.groupIndex.count]),
      ]
      tensors += [
        words.elements.littleEndianBytes, zeros.elements.littleEndianBytes,
        linear.scalesDtype.encode(scales.elements), linear.groupIndex.littleEndianBytes,
      ]
    }
    let file = folder.appendingPathComponent("model.safetensors")
    var writer = try SafetensorsWriter(file, entries: entries)
    for bytes in tensors { try writer.append(bytes) }
    try writer.finish()
    if truncation > 0 {
      let handle = try FileHandle(forWritingTo: file)
      let size = try handle.seekToEnd()
      try handle.truncate(atOffset: size - UInt64(truncation))
      try handle.close()
    }
  }

  /// The demo model's config.json, cut to one layer, with the settings in it and beside it.
  static func writeConfig(_ settings: [String: Any]?, to folder: URL) throws {
    let original = Repository.demoModel.appendingPathComponent("config.json")
    var config =
      try JSONSerialization.jsonObject(with: Data(contentsOf: original)) as? [String: Any] ?? [:]
    config["num_hidden_layers"] = 1
    config["intermediate_size"] = MadeModel.intermediateSize
    config["quantization_config"] = settings
    try JSONSerialization.data(withJSONObject: config)
      .write(to: folder.appendingPathComponent("config.json"))
    if let settings {
      try JSONSerialization.data(withJSONObject: settings)
        .write(to: folder.appendingPathComponent("quantize_config.json"))
    }
  }
}
