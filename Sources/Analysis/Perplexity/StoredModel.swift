import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

extension Decoder {
  /// Opens a model folder whose linears are stored as they are, or as a GPTQ checkpoint.
  public static func open(
    _ directory: URL, engine: any Engine
  ) throws(InputError) -> Decoder {
    let config = try ModelConfig(directory: directory)
    guard config.isQuantized else { return try Decoder(directory: directory, engine: engine) }
    return try Decoder(
      config: config, source: QuantizedWeights(GPTQCheckpointReader(directory)), engine: engine)
  }
}

/// The weights of a GPTQ checkpoint, dequantized to float32 as they are read.
struct QuantizedWeights: WeightSource {
  private let reader: GPTQCheckpointReader

  init(_ reader: GPTQCheckpointReader) {
    self.reader = reader
  }

  func contains(_ name: String) -> Bool {
    module(of: name) != nil || reader.tensors.contains(name)
  }

  func shape(of name: String) throws(InputError) -> [Int] {
    guard let module = module(of: name) else { return try reader.tensors.shape(of: name) }
    let packed = try reader.tensors.shape(of: module + ".qweight")
    guard packed.count == 2 else { return packed }
    return [packed[1], packed[0] * 32 / reader.config.bits]
  }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    guard let module = module(of: name) else {
      return try reader.tensors.matrix(name, rows: rows)
    }
    let weight = try reader.weight(module)
    guard rows.lowerBound >= 0, rows.upperBound <= weight.rows else {
      throw InputError(
        .badData, asked: "read rows \(rows) of \(name)", found: "\(weight.rows) rows",
        hint: "check that config.json and the weights belong to the same model")
    }
    return rows == 0..<weight.rows ? weight : weight.rows(in: rows)
  }

  func vector(_ name: String) throws(InputError) -> [Float] {
    try reader.tensors.vector(name)
  }

  /// The quantized module whose `.weight` is asked for.
  private func module(of name: String) -> String? {
    guard name.hasSuffix(".weight") else { return nil }
    let module = String(name.dropLast(".weight".count))
    return reader.isQuantized(module) ? module : nil
  }
}
