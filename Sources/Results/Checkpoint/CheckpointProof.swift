import Basics
import Foundation
import GPTQ
import Model

/// A checkpoint folder, and what its files prove of how it was made: `tenbin.json` counts only where
/// it names the very codes that are stored beside it.
public struct CheckpointProof: Sendable {
  /// Why a trial's scores are not this checkpoint's.
  public enum Doubt: Int, Sendable, Equatable, Comparable {
    /// It says nothing of how it was made that could be checked.
    case noRecord
    /// It was made from another model.
    case model
    /// It was quantized with other settings.
    case settings
    /// It was calibrated on another set.
    case calibration
    /// The study does not say which codes the trial had: it is of an older tenbin.
    case olderStudy
    /// Its codes are not the trial's.
    case codes

    /// Whether the first is further from a match.
    public static func < (left: Doubt, right: Doubt) -> Bool { left.rawValue < right.rawValue }
  }

  /// The checkpoint.
  public let reader: GPTQCheckpointReader
  /// Its model.
  public let model: ModelConfig
  /// `QuantizedLinear.digest` of every quantized module.
  public let codes: [String: String]
  /// Its record, where that is of these codes.
  public let record: CheckpointRecord?
  /// Whether there is a record that is not of these codes, or cannot be checked.
  public let hasForeignRecord: Bool
  /// Bits a quantized weight takes, scales, zeros and g_idx counted.
  public let bitsPerWeight: Double

  /// Reads the checkpoint in `folder`, all of its codes.
  public init(_ folder: URL) throws(InputError) {
    reader = try GPTQCheckpointReader(folder)
    model = try ModelConfig(directory: folder)
    var codes: [String: String] = [:]
    var (bits, weights) = (0.0, 0.0)
    for module in reader.quantizedModules {
      let linear = try reader.linear(module)
      codes[module] = linear.digest
      let count = Double(linear.codes.elements.count)
      bits += linear.bitsPerWeight * count
      weights += count
    }
    self.codes = codes
    bitsPerWeight = weights > 0 ? bits / weights : 0
    let file = try? Data(contentsOf: folder.appendingPathComponent("tenbin.json"))
    let found = file.flatMap { try? JSONDecoder().decode(CheckpointRecord.self, from: $0) }
    let declared = Dictionary(
      found?.modules.map { ($0.name, $0.codesHash ?? "") } ?? [], uniquingKeysWith: { $1 })
    let isOwn = found?.making != nil && declared == codes
    record = isOwn ? found : nil
    hasForeignRecord = file != nil && !isOwn
  }

  /// Why the scores of `trial` of a study are not this checkpoint's; nil where they are.
  public func doubt(of trial: TrialResult, in study: StudyEnvironment) -> Doubt? {
    guard let record, let making = record.making else { return .noRecord }
    guard making.modelHash == study.modelHash, !study.modelHash.isEmpty else { return .model }
    guard config?.comparable == trial.config.stored.comparable else { return .settings }
    guard trial.isRTN || making.calibrationHash == study.calibrationHash else {
      return .calibration
    }
    var linears = codes
    // A study keeps what became of the decoder's linears.
    linears[DecoderHead.module] = nil
    // Where a model keeps its layers, a study does not say: what is inside them tells linears apart.
    let stored = Dictionary(
      linears.map { (Self.place($0.key), $0.value) }, uniquingKeysWith: { $1 })
    let own = trial.modules.map { ("\($0.layer).\($0.module)", $0.codesHash) }
    guard own.allSatisfy({ $0.1 != nil }), !own.isEmpty else { return .olderStudy }
    let quantized = Dictionary(own.map { ($0.0, $0.1 ?? "") }, uniquingKeysWith: { $1 })
    return quantized == stored ? nil : .codes
  }

  /// `3.mlp.up_proj` of `model.layers.3.mlp.up_proj`.
  private static func place(_ module: String) -> String {
    let parts = module.split(separator: ".")
    let number = parts.firstIndex { Int($0) != nil } ?? 0
    return parts[number...].joined(separator: ".")
  }

  /// The settings as run; nil where they are not proved.
  public var config: TrialConfig? {
    guard let record, let making = record.making,
      let propagation = TrialConfig.Propagation(rawValue: making.propagation)
    else { return nil }
    var config = TrialConfig(quantize: record.quantize)
    config.dynamic = making.dynamic
    config.modules = making.modulesInBlock.map { $0.map(LinearName.init(rawValue:)) }
    config.quantizesHead = making.quantizesHead
    config.propagation = propagation
    config.packer = making.packer
    let usual = TrialConfig()
    config.expertCalibration =
      making.expertCalibration.flatMap(ExpertCalibration.init) ?? usual.expertCalibration
    config.expertMinTokens = making.expertMinTokens ?? usual.expertMinTokens
    return config
  }
}

extension TrialConfig {
  /// Without what means nothing to its algorithm: rounding to nearest has a grid, and no more.
  fileprivate var comparable: TrialConfig {
    guard quantize.algorithm == .rtn else { return self }
    var config = companion
    config.packer = packer
    return config
  }
}
