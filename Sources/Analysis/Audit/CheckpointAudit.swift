import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// The audit of a GPTQ checkpoint folder, whoever wrote it: files and settings first, then one pass
/// over the modules, each of which is in memory alone.
public struct CheckpointAudit: Sendable {
  /// The checkpoint.
  public let checkpoint: URL
  /// The model that was quantized, where it is at hand.
  public let base: URL?
  /// Tokens to measure outputs on, window by window; needs `base`.
  public let calibration: [[Int32]]
  private let engine: any Engine

  /// Prepares the audit of `checkpoint`.
  public init(
    _ checkpoint: URL, base: URL? = nil, calibration: [[Int32]] = [], engine: any Engine
  ) {
    self.checkpoint = checkpoint
    self.base = base
    self.calibration = calibration
    self.engine = engine
  }

  /// Every check of the modules.
  static var checks: [any AuditCheck] {
    [
      PackingOverflowCheck(), CorruptedCodesCheck(), ZeroPointCheck(), GroupIndexCheck(),
      ScaleValueCheck(),
      ScaleMismatchCheck(), CodeUsageCheck(), WeightErrorCheck(),
    ]
  }

  /// Runs it. `progress` is told the modules done and their number.
  public func run(progress: (Int, Int) -> Void = { _, _ in }) throws(InputError) -> AuditReport {
    let damage = try CheckpointFiles.findings(checkpoint)
    guard damage.isEmpty else {
      return AuditReport(findings: damage, header: nil, modules: [])
    }
    let reader = try GPTQCheckpointReader(checkpoint)
    var (findings, names) = HeaderChecks(reader, checkpoint).run()
    let loaders = LoaderRules(reader, modules: names).reports()
    findings += loaders.compactMap(\.finding)
    let originals = try base.map { url throws(InputError) in try SafetensorsDirectory(url) }
    var checks = Self.checks
    var modules: [ModuleAudit] = []
    var unreadable: [(name: String, error: InputError)] = []
    try forEachModule(names) { name, norm throws(InputError) in
      do throws(InputError) {
        let linear = try reader.linear(name)
        let original = try originals.map { tensors throws(InputError) in
          try originalRows(name, linear, tensors)
        }
        let module = try AuditModule(
          name: name, settings: try reader.moduleSettings(name), linear: linear, original: original,
          norm: norm,
          engine: engine)
        for index in checks.indices { checks[index].examine(module) }
        modules.append(ModuleAudit(module))
      } catch {
        guard error.kind == .badData, error.asked != Self.comparing else { throw error }
        unreadable.append((name, error))
      }
      progress(modules.count + unreadable.count, names.count)
    }
    if let first = unreadable.first {
      findings.append(
        AuditFinding(
          .damagedFile, .defective,
          evidence:
            "\(unreadable.count) modules cannot be read; \(first.name): \(first.error.found)",
          modules: unreadable.map(\.name), cost: "the checkpoint cannot be loaded",
          remedy: first.error.hint))
    }
    return AuditReport(
      findings: findings + checks.flatMap { $0.findings() },
      header: CheckpointHeader(reader, loaders: loaders), modules: modules)
  }

  private static let comparing = "compare the checkpoint with its base"

  /// The base's weight of `module`, of the same shape.
  private func originalRows(
    _ module: String, _ linear: QuantizedLinear, _ tensors: SafetensorsDirectory
  ) throws(InputError) -> BaseRows {
    let name = tensors.originalName(of: module)
    guard tensors.contains(name),
      try tensors.shape(of: name) == [linear.codes.rows, linear.codes.columns]
    else {
      throw InputError(
        .badData, asked: Self.comparing,
        found:
          "no \(name) of \(linear.codes.rows) x \(linear.codes.columns) in \(tensors.url.path)",
        hint: "give the folder of the model that was quantized as --base")
    }
    return { (rows) throws(InputError) in try tensors.matrix(name, rows: rows) }
  }

  /// Calls `body` with every module, layer by layer, and with what its outputs are measured with.
  private func forEachModule(
    _ names: [String],
    _ body: (String, HessianNorm?) throws(InputError) -> Void
  ) throws(InputError) {
    guard let base, !calibration.isEmpty else {
      for name in names.sorted(by: Self.naturally) { try body(name, nil) }
      return
    }
    let decoder = try Decoder(directory: base, engine: engine)
    var states = try decoder.embed(calibration)
    var waiting = Set(names)
    try decoder.walk(positions: calibration.longest) { (layer, stage) throws(InputError) in
      let present = stage.groups.map { group in
        group.linears.map { $0.name.tensorPrefix(layer: layer.index) }.filter(waiting.contains)
      }
      if present.contains(where: { !$0.isEmpty }) {
        let hessians = layer.hessians(of: stage, in: states, engine: engine)
        for (names, hessian) in zip(present, hessians) where !names.isEmpty {
          let norm = HessianNorm(factoring: hessian.hessian(), engine: engine)
          for name in names { try body(name, norm) }
          waiting.subtract(names)
        }
      }
      layer.advance(&states, through: stage)
    }
    for name in waiting.sorted(by: Self.naturally) { try body(name, nil) }
  }

  /// Layer 2 before layer 10.
  private static func naturally(_ left: String, _ right: String) -> Bool {
    func key(_ name: String) -> [String] {
      name.split(separator: ".").map { part in
        Int(part).map { String(repeating: "0", count: max(0, 6 - "\($0)".count)) + "\($0)" }
          ?? String(part)
      }
    }
    return key(left).lexicographicallyPrecedes(key(right))
  }
}

extension SafetensorsDirectory {
  /// The tensor that `module` was quantized from: a head of its own may have been the embedding's.
  func originalName(of module: String) -> String {
    let name = module + ".weight"
    return module == "lm_head" && !contains(name) ? "model.embed_tokens.weight" : name
  }
}
