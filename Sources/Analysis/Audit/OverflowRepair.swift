import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// Repairs codes that wrapped when they were packed, where the base's weights tell which they are.
///
/// A wrapped code becomes the largest one again. The bit that it carried is taken off the next code
/// of its word where that brings it nearer to the base's weight. Everything else, down to the order
/// of the tensors in their files, stays as it is.
public struct OverflowRepair: Sendable {
  /// What was changed.
  public struct Summary: Sendable, Codable, Equatable {
    /// Codes set back to the largest one.
    public var repairedCodes = 0
    /// Neighbours whose carried bit was cleared.
    public var clearedCarries = 0
    /// Modules with repaired codes.
    public var repairedModules = 0

    enum CodingKeys: String, CodingKey {
      case repairedCodes = "repaired_codes"
      case clearedCarries = "cleared_carries"
      case repairedModules = "repaired_modules"
    }
  }

  private let checkpoint: URL
  private let base: URL
  private let engine: any Engine

  /// Prepares to repair `checkpoint` with the weights of `base`.
  public init(_ checkpoint: URL, base: URL, engine: any Engine) {
    self.checkpoint = checkpoint
    self.base = base
    self.engine = engine
  }

  /// Writes the repaired checkpoint to the folder `output`, whole or not at all; with `replacing` in
  /// the place of one that is there. `modules` are those that an audit named.
  public func write(
    to output: URL, modules: [String], replacing: Bool = false
  ) throws(InputError) -> Summary {
    let reader = try GPTQCheckpointReader(checkpoint)
    let originals = try ModelWeights(base: base, of: checkpoint)
    var summary = Summary()
    try AtomicOutput.replaceFolder(output, replacing: replacing) { partial in
      try copySidecars(to: partial, except: Set(reader.tensors.files.map(\.url.lastPathComponent)))
      for file in reader.tensors.files {
        try rewrite(
          file, to: partial, modules: Set(modules), reader, originals, &summary)
      }
    }
    return summary
  }

  private func copySidecars(to folder: URL, except tensors: Set<String>) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: checkpoint.path)
    where !tensors.contains(name) && !name.hasPrefix(".") {
      try FileManager.default.copyItem(
        at: checkpoint.appendingPathComponent(name), to: folder.appendingPathComponent(name))
    }
  }

  private func rewrite(
    _ file: SafetensorsFile, to folder: URL, modules: Set<String>, _ reader: GPTQCheckpointReader,
    _ originals: ModelWeights, _ summary: inout Summary
  ) throws(InputError) {
    let entries = file.entries.sorted { $0.value.range.lowerBound < $1.value.range.lowerBound }
    var writer = try SafetensorsWriter(
      folder.appendingPathComponent(file.url.lastPathComponent),
      entries: entries.map {
        .init(
          name: $0.key, dtype: $0.value.dtype, shape: $0.value.shape,
          byteCount: $0.value.range.count)
      }, metadata: file.metadata)
    for (name, _) in entries {
      let module = name.hasSuffix(".qweight") ? String(name.dropLast(8)) : ""
      guard modules.contains(module) else {
        try writer.append(file.bytes(name))
        continue
      }
      let settings = try reader.moduleSettings(module)
      let repaired = try Self.repair(
        reader.linear(module), original: originals.matrix(originals.originalName(of: module)),
        settings, engine,
        &summary)
      let packed = try PackedCodes.packWeights(
        repaired, bits: settings.bits, format: settings.format)
      try writer.append(packed.elements.littleEndianBytes)
    }
    try writer.finish()
  }

  /// `linear` with wrapped codes set right, `weight` being the original, of the same shape.
  public static func repaired(
    _ linear: QuantizedLinear, original weight: Matrix<Float>, settings: QuantizationConfigFile,
    engine: any Engine
  ) -> QuantizedLinear {
    var (repaired, summary) = (linear, Summary())
    repaired.codes = repair(linear, original: weight, settings, engine, &summary)
    return repaired
  }

  /// The codes of `linear` with wrapped ones set right.
  private static func repair(
    _ linear: QuantizedLinear, original weight: Matrix<Float>, _ settings: QuantizationConfigFile,
    _ engine: any Engine, _ summary: inout Summary
  ) -> Matrix<UInt8> {
    let layout = GroupLayout(index: linear.groupIndex, groups: linear.grids.scales.columns)
    let comparison = BaseComparison(
      linear, settings: settings, layout: layout, original: { weight.rows(in: $0) }, norm: nil,
      engine: engine)
    var codes = linear.codes
    let top = UInt8(1 << linear.bits - 1)
    let wrapped = Set(comparison.wrapped)
    for place in comparison.wrapped { codes.elements[place] = top }
    for place in comparison.wrapped where !wrapped.contains(place + 1) {
      let (row, next) = (place / codes.columns, place % codes.columns + 1)
      guard BaseComparison.hasCarry(linear, row, next, weight.row(row)) else { continue }
      codes[row, next] -= 1
      summary.clearedCarries += 1
    }
    summary.repairedCodes += comparison.wrapped.count
    if !comparison.wrapped.isEmpty { summary.repairedModules += 1 }
    return codes
  }
}
