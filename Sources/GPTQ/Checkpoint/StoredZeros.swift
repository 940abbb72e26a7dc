import Basics
import Tensor

/// The zero points of a quantized linear as they are stored, before `checkpoint_format` is applied.
struct StoredZeros {
  private let values: Matrix<Int32>
  private let middle: Int32

  /// Reads qzeros of `module`, whose other tensors tell `shapes`.
  init(
    _ module: String, in tensors: SafetensorsDirectory, shapes: PackedShapes
  ) throws(InputError) {
    let name = module + ".qzeros"
    guard let file = tensors.file(of: name) else {
      throw InputError(
        .badData, asked: "read \(name) of \(tensors.url.path)", found: "no such tensor",
        hint: "the checkpoint lacks a shard, or is not in the GPTQ format")
    }
    let shape = try file.entry(name).shape
    guard shape.count == 2 else {
      throw InputError(
        .badData, asked: "read \(name) of \(tensors.url.path)", found: "shape \(shape)",
        hint: "the tensors of a GPTQ linear have two dimensions that fit together")
    }
    let words = Matrix(rows: shape[0], columns: shape[1], elements: try file.int32s(name))
    values = try PackedCodes.unpackZeros(
      words, bits: shapes.bits, format: .v2, outputs: shapes.outputs)
    middle = 1 << Int32(shapes.bits - 1)
  }

  /// Stored zero less the middle code, where it is the same everywhere; nil where zeros differ.
  var offset: Int32? {
    guard let first = values.elements.first, values.elements.allSatisfy({ $0 == first }) else {
      return nil
    }
    return first - middle
  }
}
