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
    /// Its codes are the trial's, and nothing tells whether the rest is as it was written: its record
    /// is of an older tenbin.
    case olderRecord
    /// Its codes are the trial's, and other tensors or files were changed since.
    case changed

    /// Whether the first is further from a match.
    public static func < (left: Doubt, right: Doubt) -> Bool { left.rawValue < right.rawValue }
  }

  /// How some of the linears are stored.
  public struct Width: Sendable, Hashable {
    /// Bits of a code.
    public let bits: Int
    /// Columns a group; −1 is the whole row.
    public let groupSize: Int
    /// Linears that are stored so.
    public var modules: Int

    /// So many linears of that width.
    public init(bits: Int, groupSize: Int, modules: Int) {
      (self.bits, self.groupSize, self.modules) = (bits, groupSize, modules)
    }
  }

  /// The checkpoint.
  public let reader: GPTQCheckpointReader
  /// Its model.
  public let model: ModelConfig
  /// `QuantizedLinear.digest` of every quantized module.
  public let codes: [String: String]
  /// How the quantized modules are stored, the commonest first.
  public let widths: [Width]
  /// Its record, where that is of these codes.
  public let record: CheckpointRecord?
  /// Whether there is a record that is not of these codes, or cannot be checked.
  public let hasForeignRecord: Bool
  /// Bits a quantized weight takes, scales, zeros and g_idx counted.
  public let bitsPerWeight: Double
  /// What in its files is likely not what was meant, in a sentence each.
  public let doubts: [String]
  /// Tensors and files beside the codes that are not as the record has them, those that came or went
  /// included; nil where it does not say.
  public let changed: [String]?

  /// Reads the checkpoint in `folder`, all of its codes.
  public init(_ folder: URL) throws(InputError) {
    reader = try GPTQCheckpointReader(folder)
    doubts = try reader.doubts()
    model = try ModelConfig(directory: folder)
    var codes: [String: String] = [:]
    var stored = StoredWeights()
    var widths: [Width] = []
    for module in reader.quantizedModules {
      let linear = try reader.linear(module)
      codes[module] = linear.digest
      let width = try Self.width(linear, declared: reader.settings(of: module).groupSize)
      if let place = widths.firstIndex(where: { $0.isLike(width) }) {
        widths[place].modules += 1
      } else {
        widths.append(width)
      }
      stored.add(linear)
    }
    self.codes = codes
    self.widths = widths.sorted {
      ($0.modules, $1.bits, $1.groupSize) > ($1.modules, $0.bits, $0.groupSize)
    }
    bitsPerWeight = stored.bitsPerWeight
    let file = try? Data(contentsOf: folder.appendingPathComponent("tenbin.json"))
    let found = file.flatMap { try? JSONDecoder().decode(CheckpointRecord.self, from: $0) }
    let declared = Dictionary(
      found?.modules.map { ($0.name, $0.codesHash ?? "") } ?? [], uniquingKeysWith: { $1 })
    let isOwn = found?.making != nil && declared == codes
    record = isOwn ? found : nil
    hasForeignRecord = file != nil && !isOwn
    changed = if let found, isOwn { try Self.changes(since: found, reader) } else { nil }
  }

  /// How `linear` is stored: as the settings declare it where its scales agree.
  private static func width(_ linear: QuantizedLinear, declared: Int) -> Width {
    let (columns, groups) = (linear.codes.columns, max(linear.grids.scales.columns, 1))
    func count(_ size: Int) -> Int { size == -1 ? 1 : (columns + size - 1) / max(size, 1) }
    let size = count(declared) == groups ? declared : groups == 1 ? -1 : columns / groups
    return Width(bits: linear.bits, groupSize: size, modules: 1)
  }

  /// What of the folder is not as `record` has it, sorted; nil where it does not say.
  private static func changes(
    since record: CheckpointRecord, _ reader: GPTQCheckpointReader
  ) throws(InputError) -> [String]? {
    guard let tensors = record.tensors, let files = record.files else { return nil }
    var found = CheckpointRecord.digests(ofFilesIn: reader.tensors.url)
    let packed = Set(
      reader.quantizedModules.flatMap { module in
        ["qweight", "qzeros", "scales", "g_idx"].map { "\(module).\($0)" }
      })
    for name in reader.tensors.tensorNames where !packed.contains(name) {
      guard let file = reader.tensors.file(of: name) else { continue }
      found[name] = CheckpointRecord.digest(of: try file.bytes(name))
    }
    let written = tensors.merging(files) { $1 }
    return Set(found.keys).union(written.keys).filter { found[$0] != written[$0] }.sorted()
  }

  /// Why the scores of `trial` of a study are not this checkpoint's; nil where they are.
  public func doubt(of trial: TrialResult, in study: StudyEnvironment)
    throws(InputError) -> Doubt?
  {
    guard let record, let making = record.making else { return .noRecord }
    guard making.modelHash == study.modelHash, !study.modelHash.isEmpty else { return .model }
    guard config?.stored.comparable == trial.config.stored.comparable else { return .settings }
    guard trial.isRTN || making.calibrationHash == study.calibrationHash else {
      return .calibration
    }
    let own = trial.modules
    guard own.allSatisfy({ $0.codesHash != nil }), !own.isEmpty else { return .olderStudy }
    guard try hasCodes(of: own) else { return .codes }
    guard let changed else { return .olderRecord }
    return changed.isEmpty ? nil : .changed
  }

  /// Whether the codes of the decoder's linears are those of `modules`, under their names or others of
  /// the same linears. A study does not keep what became of lm_head.
  private func hasCodes(of modules: [ModuleResult]) throws(InputError) -> Bool {
    var linears = codes
    linears[DecoderHead.module] = nil
    // Where a model keeps its layers, a study does not say: what is inside them tells linears apart.
    let stored = Dictionary(
      linears.map { (Self.place($0.key), $0.value) }, uniquingKeysWith: { $1 })
    let asked = Dictionary(
      modules.map { ("\($0.layer).\($0.module)", $0.codesHash) }, uniquingKeysWith: { $1 })
    if Set(asked.keys) == Set(stored.keys) {
      return asked.allSatisfy { stored[$0.key] == $0.value }
    }
    guard let renamed = RenamedCodes(reader, model, as: modules),
      renamed.quantizedRows(of: modules) == linears.keys.reduce(0, { $0 + rows(of: $1) })
    else { return false }
    for module in modules {
      guard try renamed.digest(layer: module.layer, module.module) == module.codesHash else {
        return false
      }
    }
    return true
  }

  private func rows(of module: String) -> Int { (try? reader.shape(of: module)[0]) ?? 0 }

  /// `3.mlp.up_proj` of `model.layers.3.mlp.up_proj`.
  private static func place(_ module: String) -> String {
    let parts = module.split(separator: ".")
    let number = parts.firstIndex { Int($0) != nil } ?? 0
    return parts[number...].joined(separator: ".")
  }

  /// The settings as run; nil where they are not proved.
  public var config: TrialConfig? { record.flatMap { TrialConfig($0) } }
}

extension CheckpointProof.Width {
  fileprivate func isLike(_ other: Self) -> Bool {
    bits == other.bits && groupSize == other.groupSize
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
