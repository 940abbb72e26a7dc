import Basics
import Foundation
import Tensor

/// Reads GPTQ checkpoints: v1 and v2, one file or shards, by AutoGPTQ, GPTQModel, optimum or tenbin.
/// Gives every tensor under the name that the original model has it: a linear's `.weight` is
/// dequantized on the way.
public struct GPTQCheckpointReader: Sendable {
  /// The tensors as they are stored.
  public let tensors: SafetensorsDirectory
  /// What quantize_config.json, or config.json, says of them.
  public let config: QuantizationConfigFile

  /// Opens the checkpoint folder `url`.
  public init(_ url: URL) throws(InputError) {
    tensors = try SafetensorsDirectory(url)
    for name in ["quantize_config.json", "quant_config.json", "config.json"] {
      let file = url.appendingPathComponent(name)
      guard let data = try? Data(contentsOf: file) else { continue }
      config = try QuantizationConfigFile(parsing: data, of: file)
      return
    }
    throw InputError(
      .missing, asked: "open the GPTQ checkpoint \(url.path)",
      found: "neither quantize_config.json nor config.json",
      hint: "give the folder that holds them beside the safetensors files")
  }

  /// Whether `module` is quantized, such as `model.layers.0.mlp.up_proj`.
  public func isQuantized(_ module: String) -> Bool {
    tensors.file(of: module + ".qweight") != nil
  }

  /// The names of all quantized modules, sorted.
  public var quantizedModules: [String] {
    tensors.tensorNames.filter { $0.hasSuffix(".qweight") }.map { String($0.dropLast(8)) }
  }

  /// The codes, scales, zeros and groups of a quantized module.
  public func linear(_ module: String) throws(InputError) -> QuantizedLinear {
    let scales = try floats(module + ".scales")
    let qweight = try integers(module + ".qweight")
    let inputs = qweight.rows / config.bits * 32
    let packed = PackedLinear(
      qweight: qweight, qzeros: try integers(module + ".qzeros"), scales: scales.matrix,
      groupIndex: try groupIndex(module, inputs))
    return try packed.unpacked(
      bits: config.bits, sym: config.sym, format: config.format, scalesDtype: scales.type)
  }

  /// The weight of a quantized module, (out, in).
  public func weight(_ module: String) throws(InputError) -> Matrix<Float> {
    try linear(module).dequantized()
  }

  /// `g_idx`, or runs of the group size where an old checkpoint has none.
  private func groupIndex(_ module: String, _ inputs: Int) throws(InputError) -> [Int32] {
    let name = module + ".g_idx"
    if let file = tensors.file(of: name) { return try file.int32s(name) }
    let size = config.groupSize == -1 ? max(inputs, 1) : config.groupSize
    return (0..<inputs).map { Int32($0 / size) }
  }

  private func integers(_ name: String) throws(InputError) -> Matrix<Int32> {
    let (file, rows, columns) = try shaped(name)
    return Matrix(rows: rows, columns: columns, elements: try file.int32s(name))
  }

  private func floats(
    _ name: String
  ) throws(InputError) -> (matrix: Matrix<Float>, type: FloatFormat) {
    let (file, rows, columns) = try shaped(name)
    let dtype = try file.entry(name).dtype
    let type = FloatFormat.allCases.first { $0.storageType.rawValue == dtype } ?? .f32
    return (Matrix(rows: rows, columns: columns, elements: try file.floats(name)), type)
  }

  private func shaped(
    _ name: String
  ) throws(InputError) -> (file: SafetensorsFile, rows: Int, columns: Int) {
    guard let file = tensors.file(of: name) else {
      throw InputError(
        .badData, asked: "read \(name) of \(tensors.url.path)", found: "no such tensor",
        hint: "the checkpoint lacks a shard, or is not in the GPTQ format")
    }
    let shape = try file.entry(name).shape
    guard shape.count == 2 else {
      throw InputError(
        .badData, asked: "read \(name) of \(tensors.url.path)", found: "shape \(shape)",
        hint: "the tensors of a GPTQ linear have two dimensions, and one for g_idx")
    }
    return (file, shape[0], shape[1])
  }
}
