import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// The weights of a base model, those that a checkpoint has in codes rounded to nearest on grids of the
/// same bits, group_size and symmetry as they are read.
struct RoundedWeights: WeightSource {
  let base: ModelWeights
  let reader: GPTQCheckpointReader
  let engine: any Engine

  func contains(_ name: String) -> Bool { base.contains(name) }

  func shape(of name: String) throws(InputError) -> [Int] { try base.shape(of: name) }

  func vector(_ name: String) throws(InputError) -> [Float] { try base.vector(name) }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    let weight = try base.matrix(name, rows: rows)
    let module = String(name.dropLast(".weight".count))
    guard name.hasSuffix(".weight"), reader.isQuantized(module) else { return weight }
    let settings = try reader.settings(of: module)
    var config = QuantizeConfig()
    config.bits = try reader.bits(of: module)
    (config.groupSize, config.sym) = (settings.groupSize, settings.sym)
    let scales = module + ".scales"
    let stored = reader.tensors.file(of: scales)?.entries[scales]?.dtype
    config.scalesDtype =
      FloatFormat.allCases.first { $0.storageType.rawValue == stored } ?? config.scalesDtype
    // Rows have grids of their own.
    return RoundToNearest.quantize(weight, config: config, engine: engine).linear.dequantized()
  }
}

extension Decoder {
  /// The model in the folder `base`, its linears rounded to nearest as `checkpoint` stores them; nil
  /// where their names are not the base's, so that not all of them would be.
  public static func roundedToNearest(
    _ base: URL, like checkpoint: GPTQCheckpointReader, engine: any Engine
  ) throws(InputError) -> Decoder? {
    let config = try ModelConfig(directory: base)
    let weights = try ModelWeights(
      SafetensorsDirectory(base), names: config.description.names)
    let known = Set(config.linearPrefixes + [DecoderHead.module])
    guard checkpoint.quantizedModules.allSatisfy(known.contains),
      checkpoint.quantizedModules.allSatisfy({ weights.contains($0 + ".weight") })
    else { return nil }
    return try Decoder(
      config: config,
      source: RoundedWeights(base: weights, reader: checkpoint, engine: engine), engine: engine)
  }
}
