import Basics
import Foundation
import GPTQ
import Tensor

/// What can be said of a checkpoint from its JSON files and headers, before a tensor is read.
public struct CheckpointHeader: Sendable, Codable, Equatable {
  /// Bits per weight.
  public let bits: Int
  /// Columns a group; −1 is the whole row.
  public let groupSize: Int
  /// Whether columns are said to have been taken by activation.
  public let descAct: Bool
  /// Whether grids are said to be symmetric.
  public let sym: Bool
  /// `gptq` (v1) or `gptq_v2`.
  public let checkpointFormat: String
  /// The element types of the scales, and how many modules have each.
  public let scalesDtypes: [String: Int]
  /// Quantized linears.
  public let quantizedModules: Int
  /// Safetensors files.
  public let files: Int
  /// Bytes of all tensors.
  public let tensorBytes: Int
  /// What loaders will make of it.
  public let loaders: [LoaderReport]

  enum CodingKeys: String, CodingKey {
    case bits, sym, files, loaders
    case groupSize = "group_size"
    case descAct = "desc_act"
    case checkpointFormat = "checkpoint_format"
    case scalesDtypes = "scales_dtypes"
    case quantizedModules = "quantized_modules"
    case tensorBytes = "tensor_bytes"
  }

  init(_ reader: GPTQCheckpointReader, loaders: [LoaderReport]) {
    self.loaders = loaders
    bits = reader.config.bits
    groupSize = reader.config.groupSize
    descAct = reader.config.descAct
    sym = reader.config.sym
    checkpointFormat = reader.config.format.rawValue
    let modules = reader.quantizedModules
    var types: [String: Int] = [:]
    for module in modules {
      let name = module + ".scales"
      let type = reader.tensors.file(of: name)?.entries[name]?.dtype ?? "missing"
      types[type, default: 0] += 1
    }
    scalesDtypes = types
    quantizedModules = modules.count
    files = reader.tensors.files.count
    tensorBytes = reader.tensors.byteCount
  }
}
