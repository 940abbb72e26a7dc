import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor
import TestSupport
import Testing

@Suite("Audits of checkpoints made with known defects")
struct MadeCheckpointTests {
  /// With TENBIN_LONG_TESTS=1 the table of docs/audit.md, on the whole demo model; else a sample on
  /// one layer of it.
  static let isLong = ProcessInfo.processInfo.environment["TENBIN_LONG_TESTS"] != nil
  static let batteries = isLong ? Array(0..<108) + Array(unseen) : Array(0..<6)
  /// No threshold was set on these.
  static let unseen = 272..<344
  static let size: MadeModel.Size = isLong ? .whole : .oneLayer

  /// TENBIN_KEEP=DIR leaves bases and healthy checkpoints there, to look at with other tools.
  static let kept = ProcessInfo.processInfo.environment["TENBIN_KEEP"]
    .map { URL(fileURLWithPath: $0) }
  /// Damaged checkpoints of each battery; TENBIN_DAMAGED=0 makes healthy ones alone.
  static let damaged =
    ProcessInfo.processInfo.environment["TENBIN_DAMAGED"].flatMap { Int($0) } ?? (isLong ? 4 : 3)

  @Test("no missed defect, no false alarm, at and above the stated severities")
  func table() throws {
    var outcomes: [AuditOutcome] = []
    let chosen = ProcessInfo.processInfo.environment["TENBIN_BATTERIES"].flatMap(Self.range).map(
      Array.init)
    try withTemporaryDirectory { folder in
      for number in chosen ?? Self.batteries {
        let battery = MadeBattery(number)
        let model = try MadeModel(battery.variant, Self.size)
        let base = folder.appendingPathComponent(battery.variant.rawValue)
        if !FileManager.default.fileExists(atPath: base.path) { try model.writeBase(to: base) }
        let solved = try battery.solve(model)
        for made in battery.cases(Self.damaged) {
          let outcome = try AuditOutcome(made, solved, model, base: base, in: folder)
          outcomes.append(outcome)
          if made.kind == .healthy { try keep(battery, of: folder) }
          if Self.isLong { print(outcome.description) }
          check(outcome)
        }
      }
    }
    if Self.isLong { print(AuditTable(outcomes, unseen: Self.unseen).markdown) }
  }

  private func keep(_ battery: MadeBattery, of folder: URL) throws {
    guard let kept = Self.kept else { return }
    let files = FileManager.default
    try files.createDirectory(at: kept, withIntermediateDirectories: true)
    let base = battery.variant.rawValue
    if !files.fileExists(atPath: kept.appendingPathComponent(base).path) {
      try files.copyItem(
        at: folder.appendingPathComponent(base), to: kept.appendingPathComponent(base))
    }
    try files.copyItem(
      at: folder.appendingPathComponent("checkpoint"),
      to: kept.appendingPathComponent("\(battery.number)"))
  }

  private static func range(_ text: String) -> Range<Int>? {
    let ends = text.split(separator: "-").compactMap { Int($0) }
    return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
  }

  private func check(_ outcome: AuditOutcome) {
    if outcome.isHealthy {
      #expect(outcome.alone.verdict == .healthy, "\(outcome.description)")
      #expect(outcome.withBase.verdict == .healthy, "\(outcome.description)")
      return
    }
    if outcome.isStated(withBase: true) {
      #expect(outcome.isFound(by: outcome.withBase), "\(outcome.description)")
    }
    if outcome.isStated(withBase: false) {
      #expect(outcome.isFound(by: outcome.alone), "\(outcome.description)")
    }
  }

  @Test("variants compute what the demo model does", arguments: MadeModel.Variant.allCases)
  func variants(_ variant: MadeModel.Variant) throws {
    guard variant != .plain, Self.isLong || variant == .patchy else { return }
    let engine = CPUEngine()
    let original = try Decoder(directory: Repository.demoModel, engine: engine)
    let changed = try Decoder(
      config: original.config,
      source: VariantWeights(original: original.source, model: MadeModel(variant, .whole)),
      engine: engine)
    let window = (0..<64).map { Int32(($0 * 37) % 8000 + 100) }
    func last(_ decoder: Decoder) throws -> Matrix<Float> {
      var states = try decoder.embed([window])
      try decoder.walk(positions: window.count) { layer, stage in
        layer.advance(&states, through: stage)
      }
      return states.residual
    }
    let (expected, found) = (try last(original), try last(changed))
    #expect(
      expected.squaredDistance(to: found) < 1e-8 * expected.squaredNorm, "\(variant): float32 noise"
    )
  }
}

/// The demo model's tensors with the linears and gains of a variant.
private struct VariantWeights: WeightSource {
  let original: any WeightSource
  let model: MadeModel

  private func linear(_ name: String) -> Matrix<Float>? {
    model.linears.first { $0.name + ".weight" == name }?.weight
  }

  func contains(_ name: String) -> Bool { original.contains(name) }
  func shape(of name: String) throws(InputError) -> [Int] { try original.shape(of: name) }
  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    guard let weight = linear(name) else { return try original.matrix(name, rows: rows) }
    return weight.rows(in: rows)
  }
  func vector(_ name: String) throws(InputError) -> [Float] {
    let own = model.otherTensors.first { $0.name == name && $0.name.contains("layers") }
    guard let own else { return try original.vector(name) }
    return own.values
  }
}
