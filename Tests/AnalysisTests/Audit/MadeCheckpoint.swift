import Foundation
import GPTQ
import Tensor
import TestSupport

/// A checkpoint folder with exactly the tensors and settings that it is given, right or wrong.
struct MadeCheckpoint {
  /// How the tensors are laid out in files.
  enum Layout: String, CaseIterable, Sendable {
    /// model.safetensors.
    case single
    /// gptq_model-4bit-128g.safetensors, as AutoGPTQ names it.
    case autoGPTQ
    /// Three shards and an index.
    case shards
  }

  var linears: [String: QuantizedLinear]
  let model: MadeModel
  var bits: Int
  var groupSize: Int
  var descAct: Bool
  var sym: Bool
  var format: CheckpointFormat
  var layout = Layout.single
  /// Added to every stored zero point, module by module, of every so many groups.
  var zeroShift: [String: (by: Int32, every: Int)] = [:]
  /// Bytes cut off the end of the last file.
  var truncation = 0

  init(_ linears: [String: QuantizedLinear], _ model: MadeModel, _ config: QuantizeConfig) {
    self.linears = linears
    self.model = model
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
    try Self.writeConfig(settings, model, to: folder)
    let tensors = try self.tensors()
    let parts = layout == .shards ? 3 : 1
    var places: [String: String] = [:]
    var last = folder
    for part in 0..<parts {
      let file =
        switch layout {
        case .single: "model.safetensors"
        case .autoGPTQ: "gptq_model-\(bits)bit-\(groupSize)g.safetensors"
        case .shards: "model-0000\(part + 1)-of-00003.safetensors"
        }
      let mine = tensors[part * tensors.count / parts..<(part + 1) * tensors.count / parts]
      last = folder.appendingPathComponent(file)
      var writer = try SafetensorsWriter(last, entries: mine.map(\.entry))
      for tensor in mine {
        try writer.append(tensor.bytes)
        places[tensor.entry.name] = file
      }
      try writer.finish()
    }
    if layout == .shards {
      try JSONSerialization.data(withJSONObject: ["weight_map": places])
        .write(to: folder.appendingPathComponent("model.safetensors.index.json"))
    }
    if truncation > 0 {
      let handle = try FileHandle(forWritingTo: last)
      let size = try handle.seekToEnd()
      try handle.truncate(atOffset: size - min(size, UInt64(truncation)))
      try handle.close()
    }
  }

  private func tensors() throws -> [(entry: SafetensorsWriter.Entry, bytes: [UInt8])] {
    var tensors: [(entry: SafetensorsWriter.Entry, bytes: [UInt8])] = []
    for name in names {
      guard let linear = linears[name] else { continue }
      let words = try PackedCodes.packWeights(linear.codes, bits: bits, format: format)
      let maxCode = Int32(1) << Int32(bits) - 1
      var stored = linear.grids.zeros
      if let shift = zeroShift[name] {
        for place in stride(from: 0, to: stored.elements.count, by: shift.every) {
          stored.elements[place] += shift.by
        }
      }
      // A zero of 0 has no place in v1; it is stored as AutoGPTQ would, wrapped.
      let zeros = try PackedCodes.packZeros(
        stored.map { (format == .v1 ? $0 - 1 : $0) & maxCode }, bits: bits, format: .v2)
      let scales = linear.grids.scales.transposed()
      tensors += [
        (
          .init(name: name + ".qweight", type: .i32, shape: [words.rows, words.columns]),
          words.elements.littleEndianBytes
        ),
        (
          .init(name: name + ".qzeros", type: .i32, shape: [zeros.rows, zeros.columns]),
          zeros.elements.littleEndianBytes
        ),
        (
          .init(
            name: name + ".scales", type: linear.scalesDtype.storageType,
            shape: [scales.rows, scales.columns]), linear.scalesDtype.encode(scales.elements)
        ),
        (
          .init(name: name + ".g_idx", type: .i32, shape: [linear.groupIndex.count]),
          linear.groupIndex.littleEndianBytes
        ),
      ]
    }
    return tensors
      + model.otherTensors.map {
        (.init(name: $0.name, type: .f32, shape: $0.shape), FloatFormat.f32.encode($0.values))
      }
  }

  /// The demo model's config.json, with as many layers as were made and a vocabulary of 32, and the
  /// settings in it and beside it.
  static func writeConfig(
    _ settings: [String: Any]?, _ model: MadeModel, to folder: URL
  ) throws {
    let original = Repository.demoModel.appendingPathComponent("config.json")
    var config =
      try JSONSerialization.jsonObject(with: Data(contentsOf: original)) as? [String: Any] ?? [:]
    config["num_hidden_layers"] = model.layers
    if model.size == .oneLayer { config["intermediate_size"] = MadeModel.narrowedMLP }
    config["vocab_size"] = 32
    config["tie_word_embeddings"] = true
    config["quantization_config"] = settings
    try JSONSerialization.data(withJSONObject: config)
      .write(to: folder.appendingPathComponent("config.json"))
    if let settings {
      try JSONSerialization.data(withJSONObject: settings)
        .write(to: folder.appendingPathComponent("quantize_config.json"))
    }
  }
}
