import Analysis
import Compute
import Foundation
import GPTQ
import TestSupport
import Testing

/// What the audit made of one made checkpoint.
struct AuditOutcome {
  let made: MadeCase
  /// Codes, columns, scales or modules that are wrong.
  let damaged: Int
  let alone: AuditReport
  let withBase: AuditReport

  init(_ made: MadeCase, _ models: inout [MadeModel.Variant: MadeModel], in folder: URL) throws {
    let model = try models[made.variant] ?? MadeModel(made.variant)
    models[made.variant] = model
    let base = folder.appendingPathComponent(made.variant.rawValue)
    if !FileManager.default.fileExists(atPath: base.path) { try model.writeBase(to: base) }
    let (checkpoint, damaged) = try made.make(model, model.solve(made.config))
    let url = folder.appendingPathComponent("checkpoint")
    try checkpoint.write(to: url)
    self.made = made
    self.damaged = damaged
    alone = try CheckpointAudit(url, engine: CPUEngine()).run()
    withBase = try CheckpointAudit(url, base: base, engine: CPUEngine()).run()
  }

  /// Whether the damage was found, and called what it is.
  func isFound(by report: AuditReport) -> Bool {
    report.findings.contains { $0.level > .note && made.kind.defects.contains($0.defect) }
  }

  /// Whether the audit says more than that it is healthy.
  func isAlarmed(_ report: AuditReport) -> Bool { report.verdict != .healthy }

  /// What was done and what was said, on one line.
  var description: String {
    func said(_ report: AuditReport) -> String {
      report.findings.filter { $0.level > .note }.map { finding in
        finding.defect.rawValue
          + (finding.log10BayesFactor.map { "(\(($0 * 10).rounded() / 10))" } ?? "")
      }.joined(separator: " ")
    }
    return "\(made), \(damaged) wrong | alone: \(said(alone)) | with base: \(said(withBase))"
  }
}

@Suite("Audits of checkpoints made with known defects")
struct MadeCheckpointTests {
  /// With TENBIN_LONG_TESTS=1 all of the table in docs/audit.md, else its first part.
  static let isLong = ProcessInfo.processInfo.environment["TENBIN_LONG_TESTS"] != nil
  static let seeds: Range<UInt64> = 0..<(isLong ? 336 : 32)
  /// No threshold was set on these seeds.
  static let unseen: Range<UInt64> = 224..<336

  /// Six healthy ones to ten damaged ones.
  static func made(_ seed: UInt64) -> MadeCase {
    let kinds = [MadeCase.Kind](repeating: .healthy, count: 6) + MadeCase.Kind.allCases.dropFirst()
    return MadeCase(seed: seed, kind: kinds[Int(seed % UInt64(kinds.count))])
  }

  @Test("no missed defect, no false alarm, at and above the stated severities")
  func table() throws {
    var models: [MadeModel.Variant: MadeModel] = [:]
    var outcomes: [AuditOutcome] = []
    try withTemporaryDirectory { folder in
      for seed in Self.seeds {
        let outcome = try AuditOutcome(Self.made(seed), &models, in: folder)
        outcomes.append(outcome)
        if Self.isLong { print(outcome.description) }
        if outcome.made.kind == .healthy {
          #expect(!outcome.isAlarmed(outcome.alone), "\(outcome.description)")
          #expect(!outcome.isAlarmed(outcome.withBase), "\(outcome.description)")
          continue
        }
        if outcome.made.isStated(withBase: true, damaged: outcome.damaged) {
          #expect(outcome.isFound(by: outcome.withBase), "\(outcome.description)")
        }
        if outcome.made.isStated(withBase: false, damaged: outcome.damaged) {
          #expect(outcome.isFound(by: outcome.alone), "\(outcome.description)")
        }
      }
    }
    if Self.isLong { print(Self.markdown(outcomes)) }
  }

  /// The table of docs/audit.md.
  static func markdown(_ outcomes: [AuditOutcome]) -> String {
    var text = "| made | n | alone: stated | found | with base: stated | found | unseen n |\n"
    text += "|---|---:|---:|---:|---:|---:|---:|\n"
    for kind in MadeCase.Kind.allCases {
      let mine = outcomes.filter { $0.made.kind == kind }
      func counts(_ withBase: Bool) -> String {
        func report(_ outcome: AuditOutcome) -> AuditReport {
          withBase ? outcome.withBase : outcome.alone
        }
        guard kind != .healthy else {
          return "– | \(mine.count { $0.isAlarmed(report($0)) }) alarms"
        }
        let stated = mine.filter { $0.made.isStated(withBase: withBase, damaged: $0.damaged) }
        let found = stated.count { $0.isFound(by: report($0)) }
        let all = mine.count { $0.isFound(by: report($0)) }
        return "\(stated.count) | \(found) (of all: \(all))"
      }
      let fresh = mine.count { unseen.contains($0.made.seed) }
      text +=
        "| \(kind.rawValue) | \(mine.count) | \(counts(false)) | \(counts(true)) | \(fresh) |\n"
    }
    return text
  }
}
