import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

extension Decoder {
  /// Opens a model folder whose linears are stored as they are, or as a GPTQ checkpoint. `warn` is
  /// told what in the folder may not be what it was meant to be, a sentence at a time.
  public static func open(
    _ directory: URL, engine: any Engine, warn: (String) -> Void
  ) throws(InputError) -> Decoder {
    let config = try ModelConfig(directory: directory)
    let tensors = try SafetensorsDirectory(directory)
    guard let reader = try GPTQCheckpointReader(ifQuantized: tensors) else {
      tensors.notes.forEach(warn)
      return try Decoder(config: config, source: ModelWeights(tensors), engine: engine)
    }
    try reader.warnings().forEach(warn)
    return try Decoder(config: config, source: QuantizedWeights(reader), engine: engine)
  }
}

extension GPTQCheckpointReader {
  /// The doubts about the checkpoint, each with the command that looks into it.
  public func warnings() throws(InputError) -> [String] {
    try doubts().map { "\($0) (see tenbin audit \(tensors.url.relativePath))" }
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

  func weight(
    _ name: String, rows: Range<Int>, on engine: any Engine
  ) throws(InputError) -> EngineBuffer {
    guard let module = module(of: name) else {
      return try reader.tensors.weight(name, rows: rows, on: engine)
    }
    // An engine with memory of its own multiplies codes and scales there.
    guard engine.takesEncoded, try rows == 0..<reader.shape(of: module)[0] else {
      return engine.upload(try finiteMatrix(name, rows: rows))
    }
    let weight = try reader.linear(module).dequantized(on: engine)
    return try refusingNonFinite(weight, name, engine)
  }

  func keptBytes(of name: String) -> Int {
    module(of: name) == nil ? reader.tensors.keptBytes(of: name) : 4
  }

  func willRead(_ name: String) {
    guard let module = module(of: name) else { return reader.tensors.willRead(name) }
    reader.tensors.willRead("\(module).qweight")
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
