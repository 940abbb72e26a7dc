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
    // AutoGPTQ's first checkpoints say so in quantize_config.json alone.
    let tensors = try SafetensorsDirectory(directory)
    guard config.isQuantized || tensors.tensorNames.contains(where: { $0.hasSuffix(".qweight") })
    else { return try Decoder(config: config, source: tensors, engine: engine) }
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
    return try reader.shape(of: module)
  }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    guard let module = module(of: name) else {
      return try reader.tensors.matrix(name, rows: rows)
    }
    return try reader.weight(module, rows: rows)
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
