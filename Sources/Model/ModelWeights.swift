import Basics
import Compute
import Foundation
import Tensor

/// The tensors of a model folder as its family names them: what a folder keeps in one tensor for all
/// experts of a layer is seen as one linear for each.
///
/// gpt_oss has `gate_up_proj`, (experts, in, 2·width) with gate and up in turn, and `down_proj`,
/// (experts, width, out), each with a bias; as it was released, both are in MXFP4, output by output
/// (`gate_up_proj_blocks`, `_scales`). Their linears are called `0.gate_proj`, `0.up_proj`,
/// `0.down_proj`, as GPTQModel calls them when it takes the stacks apart. `RenamedTensor` says what
/// else it takes apart.
public struct ModelWeights: Sendable {
  /// The files.
  public let files: SafetensorsDirectory
  /// The names of all tensors, sorted: of stacked experts those of their linears.
  public let tensorNames: [String]
  private let parts: [String: Part]
  private let renamed: [String: RenamedTensor]

  /// A tensor that is a part of a stack.
  private struct Part {
    /// The stack's name: without `_blocks` in MXFP4.
    var stack: String
    var expert: Int
    var linear: Linear
    var isBias: Bool
  }

  private enum Linear: String, CaseIterable {
    case gate = "gate_proj"
    case up = "up_proj"
    case down = "down_proj"

    /// The first of its outputs among those of the stack, and the step to the next.
    var outputs: (first: Int, step: Int) {
      switch self {
      case .gate: (0, 2)
      case .up: (1, 2)
      case .down: (0, 1)
      }
    }
  }

  /// The tensors of `files` under `names`.
  public init(
    _ files: SafetensorsDirectory, names wanted: ModelNames = ModelNames()
  ) throws(InputError) {
    self.files = files
    var parts: [String: Part] = [:]
    var renamed: [String: RenamedTensor] = [:]
    var names: [String] = []
    for name in files.tensorNames {
      guard let stack = Self.stack(name) else {
        let others = wanted.convention == .published ? [] : RenamedTensor.names(of: name)
        for (other, tensor) in others { renamed[other] = tensor }
        names += others.isEmpty ? [name] : others.map(\.name)
        continue
      }
      // Of MXFP4, the blocks stand for both tensors.
      guard !name.hasSuffix("_scales") else { continue }
      let experts = try files.shape(of: name).first ?? 0
      guard experts <= 1024 else { throw Self.misshapen(name, files) }
      let end = stack.tensor.lastIndex(of: ".") ?? stack.tensor.endIndex
      let parent = stack.tensor[..<end]
      for expert in 0..<experts {
        for linear in stack.linears {
          let part = "\(parent).\(expert).\(linear.rawValue).\(stack.isBias ? "bias" : "weight")"
          parts[part] = Part(
            stack: stack.tensor, expert: expert, linear: linear, isBias: stack.isBias)
          names.append(part)
        }
      }
    }
    self.parts = parts
    self.renamed = renamed
    tensorNames = parts.isEmpty && renamed.isEmpty ? names : names.sorted()
  }

  /// The tensors of the model in `base` under the names that its `checkpoint` has, where loaders do not
  /// agree on them.
  public init(base: URL, of checkpoint: URL) throws(InputError) {
    // What is wrong with its config.json is for others to say.
    let names = (try? ModelConfig(directory: checkpoint))?.description.names
    try self.init(SafetensorsDirectory(base), names: names ?? ModelNames())
  }

  /// What a tensor called `name` stacks; nil where it is no stack.
  private static func stack(
    _ name: String
  ) -> (tensor: String, linears: [Linear], isBias: Bool)? {
    guard let range = name.range(of: ".mlp.experts.") else { return nil }
    let tensor =
      name.hasSuffix("_blocks") || name.hasSuffix("_scales") ? String(name.dropLast(7)) : name
    let linears: [Linear] = name[range.upperBound...].hasPrefix("down") ? [.down] : [.gate, .up]
    switch name[range.upperBound...] {
    case "gate_up_proj", "gate_up_proj_blocks", "gate_up_proj_scales", "down_proj",
      "down_proj_blocks", "down_proj_scales":
      return (tensor, linears, false)
    case "gate_up_proj_bias", "down_proj_bias": return (tensor, linears, true)
    default: return nil
    }
  }

  /// Whether a tensor is a part of a stack, any row of which takes reading the whole expert.
  public func isStacked(_ name: String) -> Bool { parts[name] != nil }

  /// The type, shape and bytes of a tensor as `bytes` gives it; nil where there is none.
  public func entry(
    _ name: String
  ) throws(InputError) -> (dtype: String, shape: [Int], byteCount: Int)? {
    guard let part = parts[name] else {
      let tensor = stored(name)
      guard let entry = files.file(of: tensor.name)?.entries[tensor.name] else { return nil }
      return (
        entry.dtype, tensor.part(of: entry.shape), tensor.part(of: entry.range.count).count
      )
    }
    let shape = try self.shape(of: name)
    let type = storage(of: part)
    return (
      type.storageType.rawValue, shape, shape.reduce(type.storageType.byteCount, *)
    )
  }

  /// A tensor's bytes: as they stand in the file, or in the type of the stack that it is a part of.
  public func bytes(_ name: String) throws(InputError) -> [UInt8] {
    guard let part = parts[name] else {
      let tensor = stored(name)
      guard let file = files.file(of: tensor.name) else { return [] }
      let all = try file.entry(tensor.name).range.count
      return try file.bytes(tensor.name, tensor.part(of: all))
    }
    let type = storage(of: part)
    let elements = try part.isBias ? vector(name) : matrix(name).elements
    return type.encode(elements)
  }

  /// Whether a tensor of the files has other names here.
  private func isRenamed(_ name: String) -> Bool {
    !renamed.isEmpty && !RenamedTensor.names(of: name).isEmpty
  }

  /// The tensor of the files that has what `name` is called.
  private func stored(_ name: String) -> RenamedTensor { renamed[name] ?? RenamedTensor(name) }

  /// The type in which a part of a stack is written by itself: every number of MXFP4 is one of BF16.
  private func storage(of part: Part) -> FloatFormat {
    let dtype = files.file(of: part.stack)?.entries[part.stack]?.dtype
    return FloatFormat.allCases.first { $0.storageType.rawValue == dtype } ?? .bf16
  }

  private static func misshapen(_ name: String, _ files: SafetensorsDirectory) -> InputError {
    let shape = (try? files.shape(of: name)) ?? []
    return InputError(
      .badData, asked: "read the experts of \(name) of \(files.url.path)", found: "shape \(shape)",
      hint:
        "gpt_oss stacks experts as (experts, in, out), or in MXFP4 as (experts, out, blocks, 16)")
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension ModelWeights: WeightSource {
  public func contains(_ name: String) -> Bool {
    parts[name] != nil || renamed[name] != nil
      || (files.contains(name) && Self.stack(name) == nil && !isRenamed(name))
  }

  public func shape(of name: String) throws(InputError) -> [Int] {
    guard let part = parts[name] else {
      let tensor = stored(name)
      return tensor.part(of: try files.shape(of: tensor.name))
    }
    let (outputs, inputs) = try size(of: part)
    let own = outputs / part.linear.outputs.step
    return part.isBias ? [own] : [own, inputs]
  }

  public func weight(
    _ name: String, rows: Range<Int>, on engine: any Engine
  ) throws(InputError) -> EngineBuffer {
    guard parts[name] == nil else { return engine.upload(try finiteMatrix(name, rows: rows)) }
    let tensor = stored(name)
    return try files.weight(tensor.name, rows: storedRows(rows, of: tensor), on: engine)
  }

  /// Where `rows` of a part lie in the whole tensor.
  private func storedRows(
    _ rows: Range<Int>, of tensor: RenamedTensor
  ) throws(InputError) -> Range<Int> {
    guard tensor.parts > 1 else { return rows }
    let first = tensor.part(of: try files.shape(of: tensor.name).first ?? 0).lowerBound
    return first + rows.lowerBound..<first + rows.upperBound
  }

  public func keptBytes(of name: String) -> Int {
    parts[name] == nil ? files.keptBytes(of: stored(name).name) : 4
  }

  public func willRead(_ name: String) { files.willRead(parts[name]?.stack ?? stored(name).name) }

  public func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    guard let part = parts[name], !part.isBias else {
      let tensor = stored(name)
      return try files.matrix(tensor.name, rows: storedRows(rows, of: tensor))
    }
    let (outputs, inputs) = try size(of: part)
    let (first, step) = part.linear.outputs
    let own = rows.map { first + step * $0 }
    precondition(own.allSatisfy { $0 < outputs }, "rows of the linear")
    guard let file = files.file(of: part.stack) else {
      return try quantized(part, own, outputs: outputs, inputs: inputs)
    }
    let start = part.expert * inputs * outputs
    let stack = Matrix<Float>(
      rows: inputs, columns: outputs,
      elements: try file.floats(part.stack, start..<start + inputs * outputs))
    return stack.selectingColumns(own).transposed()
  }

  public func vector(_ name: String) throws(InputError) -> [Float] {
    guard let part = parts[name], part.isBias, let file = files.file(of: part.stack) else {
      return try files.vector(stored(name).name)
    }
    let outputs = try size(of: part).outputs
    let (first, step) = part.linear.outputs
    let start = part.expert * outputs
    let all = try file.floats(part.stack, start..<start + outputs)
    return stride(from: first, to: outputs, by: step).map { all[$0] }
  }

  /// The outputs and inputs of one expert of a stack.
  private func size(of part: Part) throws(InputError) -> (outputs: Int, inputs: Int) {
    let isPacked = files.file(of: part.stack) == nil
    let name = isPacked ? part.stack + "_blocks" : part.stack
    let shape = try files.shape(of: name)
    let size: (outputs: Int, inputs: Int)
    switch (part.isBias, isPacked, shape.count) {
    case (true, false, 2): size = (shape[1], 0)
    case (false, false, 3): size = (shape[2], shape[1])
    case (false, true, 4) where shape[3] == MXFP4.blockSize / 2:
      let exponents = try files.shape(of: part.stack + "_scales")
      guard exponents == Array(shape.dropLast()) else {
        throw Self.misshapen(part.stack + "_scales", files)
      }
      size = (shape[1], shape[2] * MXFP4.blockSize)
    default: throw Self.misshapen(name, files)
    }
    guard size.outputs % part.linear.outputs.step == 0 else { throw Self.misshapen(name, files) }
    return size
  }

  /// Some outputs of an expert in MXFP4.
  private func quantized(
    _ part: Part, _ rows: [Int], outputs: Int, inputs: Int
  ) throws(InputError) -> Matrix<Float> {
    let names = (codes: part.stack + "_blocks", exponents: part.stack + "_scales")
    let blocks = inputs / MXFP4.blockSize
    func bytes(_ name: String, _ width: Int) throws(InputError) -> [UInt8] {
      guard let file = files.file(of: name), file.entries[name]?.dtype == "U8" else {
        throw Self.misshapen(name, files)
      }
      let start = part.expert * outputs * width
      let all = try file.bytes(name, start..<start + outputs * width)
      if rows.count == outputs { return all }
      return rows.flatMap { all[$0 * width..<($0 + 1) * width] }
    }
    return Matrix(
      rows: rows.count, columns: inputs,
      elements: MXFP4.decode(
        codes: try bytes(names.codes, blocks * MXFP4.blockSize / 2),
        exponents: try bytes(names.exponents, blocks)))
  }
}
