import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// Puts a checkpoint's parts back where the base's weights prove that they belong: modules under each
/// other's names, rows, columns and codes in another order, tensors beside the linears that are not the
/// base's. No weight is quantized again, and nothing is offered that does not match one to one.
public struct OrderRepair: Sendable {
  /// What is done.
  public struct Plan: Sendable, Equatable {
    /// For a module the one that holds what belongs under its name.
    public internal(set) var names: [String: String] = [:]
    /// Modules whose rows, columns or codes are put into the base's order, with the linear that they
    /// then are.
    public internal(set) var reordered: [String: QuantizedLinear] = [:]
    /// Tensors that are taken from the base.
    public internal(set) var copied: Set<String> = []

    /// Whether there is nothing to do.
    public var isEmpty: Bool { names.isEmpty && reordered.isEmpty && copied.isEmpty }
  }

  private let checkpoint: URL
  private let base: URL
  private let engine: any Engine

  /// Prepares to repair `checkpoint` by the weights of `base`.
  public init(_ checkpoint: URL, base: URL, engine: any Engine) {
    self.checkpoint = checkpoint
    self.base = base
    self.engine = engine
  }

  /// What can be repaired of an audit's `findings`, and proven.
  public func plan(_ findings: [AuditFinding]) throws(InputError) -> Plan {
    var plan = Plan()
    let wrong = findings.filter { $0.level > .note }
    let modules = wrong.filter { [.exchangedTensor, .rowOrder, .codeOrder].contains($0.defect) }
      .flatMap(\.modules)
    let plain = wrong.filter { [.movedTensor, .nonFinite, .roundedTensor].contains($0.defect) }
      .flatMap(\.modules)
    guard !modules.isEmpty || !plain.isEmpty else { return plan }
    let reader = try GPTQCheckpointReader(checkpoint)
    let originals = try ModelWeights(base: base, of: checkpoint)
    let identity = ModuleIdentity(
      reader: reader, base: originals,
      headDimension: (try? ModelConfig(directory: checkpoint))?
        .layer(0).attention?.shape.headDimension, engine: engine)
    let packed = modules.filter(reader.isQuantized)
    let others = try identity.otherTensors(packed)
    for module in packed {
      switch try identity.pattern(of: module, other: others[module]) {
      case .tensor(let tensor): plan.names[String(tensor.dropLast(".weight".count))] = module
      case .interleaved, .heads, .rows:
        let linear = try reader.linear(module)
        guard let order = try identity.rowOrder(module, linear) else { continue }
        plan.reordered[module] = linear.takingRows(order)
      case .columns:
        let linear = try reader.linear(module)
        guard let order = try identity.columnOrder(module, linear) else { continue }
        plan.reordered[module] = linear.takingColumns(order)
      case .words:
        let linear = try reader.linear(module)
        let rows = Array(0..<linear.codes.rows)
        plan.reordered[module] = try identity.wordOrder(module, linear, rows)?.linear
      case .split, .transposed, nil: continue
      }
    }
    // Names are exchanged, or nothing is: no module may be lost.
    if Set(plan.names.keys) != Set(plan.names.values) { plan.names = [:] }
    plan.copied = Set(
      plain.filter { !reader.isQuantized($0) && originals.contains(Self.original($0, originals)) })
    return plan
  }

  private static func original(_ tensor: String, _ originals: ModelWeights) -> String {
    tensor == "lm_head.weight" ? originals.originalName(of: "lm_head") : tensor
  }

  /// Writes the repaired checkpoint to the folder `output`, whole or not at all; with `replacing` in the
  /// place of one that is there.
  public func write(
    _ plan: Plan, to output: URL, replacing: Bool = false
  ) throws(InputError) {
    let reader = try GPTQCheckpointReader(checkpoint)
    let originals = try ModelWeights(base: base, of: checkpoint)
    try AtomicOutput.replaceFolder(output, replacing: replacing) { partial in
      let names = Set(reader.tensors.files.map(\.url.lastPathComponent))
      for name in try FileManager.default.contentsOfDirectory(atPath: checkpoint.path)
      where !names.contains(name) && !name.hasPrefix(".") {
        try FileManager.default.copyItem(
          at: checkpoint.appendingPathComponent(name), to: partial.appendingPathComponent(name))
      }
      for file in reader.tensors.files {
        try rewrite(file, to: partial, plan, reader, originals)
      }
    }
  }

  private func rewrite(
    _ file: SafetensorsFile, to folder: URL, _ plan: Plan, _ reader: GPTQCheckpointReader,
    _ originals: ModelWeights
  ) throws(InputError) {
    let names = file.entries.sorted { $0.value.range.lowerBound < $1.value.range.lowerBound }
      .map(\.key)
    let own = try ModelWeights(reader.tensors)
    let sources = names.map { source(of: $0, plan, own, originals) }
    var entries: [SafetensorsWriter.Entry] = []
    for (name, source) in zip(names, sources) {
      guard let entry = try source.tensors.entry(source.name) else { continue }
      entries.append(
        .init(name: name, dtype: entry.dtype, shape: entry.shape, byteCount: entry.byteCount))
    }
    var writer = try SafetensorsWriter(
      folder.appendingPathComponent(file.url.lastPathComponent), entries: entries,
      metadata: file.metadata)
    for (name, source) in zip(names, sources) {
      let parts = name.split(separator: ".")
      let module = parts.dropLast().joined(separator: ".")
      if let linear = plan.reordered[module] {
        let part = String(parts.last ?? "")
        if let bytes = try bytes(of: part, linear, reader.moduleSettings(module)) {
          try writer.append(bytes)
          continue
        }
      }
      try writer.append(source.tensors.bytes(source.name))
    }
    try writer.finish()
  }

  /// Where the bytes of a tensor come from.
  private func source(
    of name: String, _ plan: Plan, _ own: ModelWeights, _ originals: ModelWeights
  ) -> (tensors: ModelWeights, name: String) {
    if plan.copied.contains(name) {
      let original = Self.original(name, originals)
      if originals.contains(original) { return (originals, original) }
    }
    let parts = name.split(separator: ".")
    if let other = plan.names[parts.dropLast().joined(separator: ".")], let part = parts.last {
      let stored = "\(other).\(part)"
      if own.contains(stored) { return (own, stored) }
    }
    return (own, name)
  }

  /// One tensor of a linear that was put into another order; nil for what no order changes.
  private func bytes(
    of part: String, _ linear: QuantizedLinear, _ settings: QuantizationConfigFile
  ) throws(InputError) -> [UInt8]? {
    switch part {
    case "qweight":
      return try PackedCodes.packWeights(
        linear.codes, bits: linear.bits, format: settings.format
      ).elements.littleEndianBytes
    case "qzeros":
      return try PackedCodes.packZeros(
        linear.grids.zeros, bits: linear.bits, format: settings.format
      ).elements.littleEndianBytes
    case "scales":
      return linear.scalesDtype.encode(linear.grids.scales.transposed().elements)
    case "g_idx": return linear.groupIndex.littleEndianBytes
    default: return nil
    }
  }
}

extension QuantizedLinear {
  /// The linear whose row i is this one's row `order[i]`.
  fileprivate func takingRows(_ order: [Int]) -> QuantizedLinear {
    var linear = self
    linear.codes = codes.selectingRows(order)
    linear.grids = GroupGrids(
      scales: grids.scales.selectingRows(order), zeros: grids.zeros.selectingRows(order))
    return linear
  }

  /// The linear whose column j is this one's column `order[j]`, each with its own group.
  fileprivate func takingColumns(_ order: [Int]) -> QuantizedLinear {
    var linear = self
    linear.codes = codes.selectingColumns(order)
    linear.groupIndex = order.map { groupIndex[$0] }
    return linear
  }
}
