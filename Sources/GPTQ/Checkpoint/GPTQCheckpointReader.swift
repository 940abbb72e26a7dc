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

  /// (out_features, in_features) of a quantized module.
  public func shape(of module: String) throws(InputError) -> [Int] {
    let packed = try shaped(module + ".qweight")
    let bits = try bits(of: module)
    return [packed.columns, try storedInputs(module) ?? packed.rows / bits * 32]
  }

  /// The settings of a quantized module: those of the checkpoint, and what `dynamic` changes.
  public func settings(of module: String) throws(InputError) -> QuantizationConfigFile {
    let settings = config.settings(of: module)
    guard QuantizeConfig.allowedBits.contains(settings.bits),
      settings.groupSize == -1 || settings.groupSize > 0
    else {
      throw InputError(
        .badData, asked: "read \(module) of \(tensors.url.path)",
        found: "dynamic gives it bits \(settings.bits) and group_size \(settings.groupSize)",
        hint: "2, 3, 4 or 8 bits, and a group_size above 0 or -1, can be read")
    }
    return settings
  }

  /// The bits of a module's codes. Overrides change them from module to module: the shapes tell, and
  /// the settings only where there is no g_idx.
  public func bits(of module: String) throws(InputError) -> Int {
    let told = try settings(of: module).bits
    guard let inputs = try storedInputs(module) else { return told }
    let words = try shaped(module + ".qweight").rows
    let candidates = [told] + QuantizeConfig.allowedBits
    guard
      let bits = candidates.first(where: { PackedCodes.wordCount(inputs, bits: $0) == words })
    else {
      throw InputError(
        .badData, asked: "read \(module) of \(tensors.url.path)",
        found: "\(words) words in qweight for \(inputs) inputs in g_idx",
        hint: "2, 3, 4 and 8 bits take in_features · bits / 32 words: the checkpoint is damaged")
    }
    return bits
  }

  /// The codes, scales, zeros and groups of a quantized module.
  public func linear(_ module: String) throws(InputError) -> QuantizedLinear {
    try linear(module, outputs: nil)
  }

  /// The weight of a quantized module, (out, in), or some rows of it; no more is unpacked than they
  /// need.
  public func weight(
    _ module: String, rows: Range<Int>? = nil
  ) throws(InputError) -> Matrix<Float> {
    let all = 0..<(try shaped(module + ".qweight").columns)
    guard let rows, rows != all else { return try linear(module, outputs: nil).dequantized() }
    guard all.contains(rows) else {
      throw InputError(
        .badData, asked: "read rows \(rows) of \(module).weight", found: "\(all.count) rows",
        hint: "check that config.json and the weights belong to the same model")
    }
    // Zeros are packed along the rows: a word begins at every multiple of 32.
    let first = rows.lowerBound / 32 * 32
    let weight = try linear(module, outputs: first..<rows.upperBound).dequantized()
    return weight.rows(in: rows.lowerBound - first..<rows.upperBound - first)
  }

  /// The outputs `outputs`, which begin at a multiple of 32, of a quantized module; nil is all.
  private func linear(
    _ module: String, outputs: Range<Int>?
  ) throws(InputError) -> QuantizedLinear {
    let (settings, bits) = (try settings(of: module), try bits(of: module))
    let (scales, scalesDtype) = try floats(module + ".scales", outputs)
    let qweight = try integers(module + ".qweight", outputs)
    let words = outputs.map {
      $0.lowerBound / 32 * bits..<PackedCodes.wordCount($0.upperBound, bits: bits)
    }
    let packed = PackedLinear(
      qweight: qweight, qzeros: try integers(module + ".qzeros", words), scales: scales,
      groupIndex: try groupIndex(module, settings.groupSize, inputs: qweight.rows / bits * 32))
    return try packed.unpacked(
      bits: bits, sym: settings.sym, format: settings.format, scalesDtype: scalesDtype)
  }

  /// The length of `g_idx`, where the checkpoint has one.
  private func storedInputs(_ module: String) throws(InputError) -> Int? {
    let name = module + ".g_idx"
    guard let file = tensors.file(of: name) else { return nil }
    let shape = try file.entry(name).shape
    guard shape.count == 1 else { throw misshapen(name, shape) }
    return shape[0]
  }

  /// `g_idx`, or runs of the group size where an old checkpoint has none.
  private func groupIndex(
    _ module: String, _ groupSize: Int, inputs: Int
  ) throws(InputError) -> [Int32] {
    let name = module + ".g_idx"
    if let file = tensors.file(of: name) { return try file.int32s(name) }
    let size = groupSize == -1 ? max(inputs, 1) : groupSize
    return (0..<inputs).map { Int32($0 / size) }
  }

  private func integers(
    _ name: String, _ columns: Range<Int>?
  ) throws(InputError) -> Matrix<Int32> {
    let (file, rows, width) = try shaped(name)
    return try read(name, rows, width, columns) { range throws(InputError) in
      try file.int32s(name, range)
    }
  }

  private func floats(
    _ name: String, _ columns: Range<Int>?
  ) throws(InputError) -> (matrix: Matrix<Float>, type: FloatFormat) {
    let (file, rows, width) = try shaped(name)
    let dtype = try file.entry(name).dtype
    let type = FloatFormat.allCases.first { $0.storageType.rawValue == dtype } ?? .f32
    let matrix = try read(name, rows, width, columns) { range throws(InputError) in
      try file.floats(name, range)
    }
    return (matrix, type)
  }

  /// Some columns of a tensor of `rows` x `width`, read row by row; all of it in one go.
  private func read<Scalar>(
    _ name: String, _ rows: Int, _ width: Int, _ columns: Range<Int>?,
    _ elements: (Range<Int>) throws(InputError) -> [Scalar]
  ) throws(InputError) -> Matrix<Scalar> {
    guard let columns else {
      return Matrix(rows: rows, columns: width, elements: try elements(0..<rows * width))
    }
    guard columns.upperBound <= width else { throw misshapen(name, [rows, width]) }
    var result: [Scalar] = []
    result.reserveCapacity(rows * columns.count)
    for row in 0..<rows {
      result += try elements(row * width + columns.lowerBound..<row * width + columns.upperBound)
    }
    return Matrix(rows: rows, columns: columns.count, elements: result)
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
    // A side of an empty tensor may be any number, and be computed with.
    guard shape.count == 2, !shape.contains(0) else { throw misshapen(name, shape) }
    return (file, shape[0], shape[1])
  }

  private func misshapen(_ name: String, _ shape: [Int]) -> InputError {
    InputError(
      .badData, asked: "read \(name) of \(tensors.url.path)", found: "shape \(shape)",
      hint: "the tensors of a GPTQ linear have two dimensions that fit together, and one for g_idx")
  }
}
