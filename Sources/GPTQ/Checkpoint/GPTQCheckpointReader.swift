import Basics
import Foundation
import Tensor

/// Reads GPTQ checkpoints: v1 and v2, one file or shards, by AutoGPTQ, GPTQModel, optimum,
/// auto-round, OneComp or tenbin. Gives every tensor under the name that the original model has it: a
/// linear's `.weight` is dequantized on the way.
public struct GPTQCheckpointReader: Sendable {
  /// The tensors as they are stored.
  public let tensors: SafetensorsDirectory
  /// The settings by which they are read.
  public let config: QuantizationConfigFile
  /// What the files of the folder say, each for itself.
  public let files: SettingsFiles
  /// What the files say against each other, in a sentence each.
  public let contradictions: [String]

  /// Opens the checkpoint folder `url`.
  public init(_ url: URL) throws(InputError) {
    let tensors = try SafetensorsDirectory(url)
    try self.init(tensors, files: SettingsFiles(url, holdsCodes: tensors.holdsCodes))
  }

  /// Opens the folder of `tensors`; nil where neither its tensors nor its settings are of a quantized
  /// model.
  public init?(ifQuantized tensors: SafetensorsDirectory) throws(InputError) {
    let files = try SettingsFiles(tensors.url, holdsCodes: tensors.holdsCodes)
    // AutoGPTQ's first checkpoints say so in quantize_config.json alone.
    guard tensors.holdsCodes || !files.stated.isEmpty else { return nil }
    try self.init(tensors, files: files)
  }

  private init(_ tensors: SafetensorsDirectory, files: SettingsFiles) throws(InputError) {
    guard !files.stated.isEmpty else {
      throw InputError(
        .missing, asked: "open the GPTQ checkpoint \(tensors.url.path)",
        found: "neither quantize_config.json nor quantization_config in config.json",
        hint: "give the folder that holds them beside the safetensors files")
    }
    self.tensors = tensors
    self.files = files
    var settlement = try SettingsSettlement(
      files.stated, tensors, modules: tensors.quantizedModules)
    config = try settlement.settled()
    contradictions = settlement.contradictions
  }

  /// How the codes were chosen, as far as the files say.
  public var solver: StatedSettings.SolverSettings {
    files.stated.reduce(StatedSettings.SolverSettings()) { $0.completed(by: $1.solver) }
  }

  /// Whether `module` is quantized, such as `model.layers.0.mlp.up_proj`.
  public func isQuantized(_ module: String) -> Bool {
    tensors.file(of: module + ".qweight") != nil
  }

  /// The names of all quantized modules, sorted.
  public var quantizedModules: [String] { tensors.quantizedModules }

  /// (out_features, in_features) of a quantized module.
  public func shape(of module: String) throws(InputError) -> [Int] {
    let shapes = try shapes(of: module)
    return [shapes.outputs, shapes.inputs]
  }

  /// The settings of a quantized module: those of the checkpoint, and what is said of the module.
  public func settings(of module: String) throws(InputError) -> QuantizationConfigFile {
    let settings = config.settings(of: module)
    guard QuantizeConfig.allowedBits.contains(settings.bits),
      settings.groupSize == -1 || settings.groupSize > 0
    else {
      throw InputError(
        .badData, asked: "read \(module) of \(tensors.url.path)",
        found: "dynamic gives it bits \(settings.bits) and group_size \(settings.groupSize)",
        hint: "2 to 8 bits, and a group_size above 0 or -1, can be read")
    }
    return settings
  }

  /// The bits of a module's codes. Overrides change them from module to module: the shapes tell, and
  /// the settings only where they do not.
  public func bits(of module: String) throws(InputError) -> Int {
    try shapes(of: module).bits
  }

  /// What the shapes of the tensors of `module` tell.
  func shapes(of module: String) throws(InputError) -> PackedShapes {
    try PackedShapes(module, in: tensors, declared: settings(of: module).bits)
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
    // Zeros are packed along the rows: words begin at every multiple of 32, and end there in planes.
    let first = rows.lowerBound / 32 * 32
    let last = min(all.upperBound, (rows.upperBound + 31) / 32 * 32)
    let weight = try linear(module, outputs: first..<last).dequantized()
    return weight.rows(in: rows.lowerBound - first..<rows.upperBound - first)
  }

  /// The outputs `outputs`, which begin at a multiple of 32, of a quantized module; nil is all.
  private func linear(
    _ module: String, outputs: Range<Int>?
  ) throws(InputError) -> QuantizedLinear {
    let (settings, shapes) = (try settings(of: module), try shapes(of: module))
    let bits = shapes.bits
    let (scales, scalesDtype) = try floats(module + ".scales", outputs)
    let qweight = try integers(module + ".qweight", outputs)
    let words = outputs.map {
      $0.lowerBound / 32 * bits..<PackedCodes.wordCount($0.upperBound, bits: bits)
    }
    let packed = PackedLinear(
      qweight: qweight, qzeros: try integers(module + ".qzeros", words), scales: scales,
      groupIndex: try groupIndex(module, settings.groupSize, shapes))
    return try packed.unpacked(
      bits: bits, sym: settings.sym, format: settings.format, scalesDtype: scalesDtype)
  }

  /// `g_idx`; where an old checkpoint has none, runs of the group size, which is that of the settings
  /// where the rows of scales agree, and that of the rows where they do not.
  func groupIndex(
    _ module: String, _ groupSize: Int, _ shapes: PackedShapes
  ) throws(InputError) -> [Int32] {
    let name = module + ".g_idx"
    if let file = tensors.file(of: name) { return try file.int32s(name) }
    let rows = (shapes.inputs, shapes.groups ?? 1)
    var size = groupSize
    if !GroupSizeByShapes.fits(size, rows) {
      let candidates = GroupSizeByShapes.candidates([rows])
      guard candidates.count == 1 else {
        throw InputError(
          .badData, asked: "read \(module) of \(tensors.url.path)",
          found:
            "group_size \(size), but \(rows.1) rows of scales for \(rows.0) inputs and no g_idx",
          hint: "correct group_size in quantize_config.json and config.json")
      }
      size = candidates[0]
    }
    let columns = size == -1 ? max(shapes.inputs, 1) : size
    return (0..<shapes.inputs).map { Int32($0 / columns) }
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

extension SafetensorsDirectory {
  /// The names of all modules that are stored in codes, sorted.
  fileprivate var quantizedModules: [String] {
    tensorNames.filter { $0.hasSuffix(".qweight") }.map { String($0.dropLast(8)) }
  }

  /// Whether any module is stored in codes.
  fileprivate var holdsCodes: Bool { tensorNames.contains { $0.hasSuffix(".qweight") } }
}
