import Analysis
import Compute
import Foundation
import GPTQ

/// What the audit made of one made checkpoint.
struct AuditOutcome {
  let made: MadeCase
  /// Codes, columns, scales or groups that are wrong.
  let damaged: Int
  /// The same as a share of what there is in the damaged modules.
  let modules: Int
  let alone: AuditReport
  let withBase: AuditReport

  init(
    _ made: MadeCase, _ solved: [String: QuantizedLinear], _ model: MadeModel, base: URL,
    in folder: URL
  ) throws {
    let (checkpoint, damaged) = made.make(solved, model)
    let url = folder.appendingPathComponent("checkpoint")
    try checkpoint.write(to: url)
    self.made = made
    self.damaged = damaged
    modules = max(1, Int((made.share * Double(solved.count)).rounded()))
    alone = try CheckpointAudit(url, engine: CPUEngine()).run()
    withBase = try CheckpointAudit(url, base: base, engine: CPUEngine()).run()
  }

  /// Whether nothing is wrong: made so, or no code happened to wrap.
  var isHealthy: Bool {
    switch made.kind {
    case .healthy: true
    case .overflowBF16, .overflowF16: damaged == 0
    default: false
    }
  }

  /// Whether the damage was found, and called what it is.
  func isFound(by report: AuditReport) -> Bool {
    report.findings.contains { $0.level > .note && made.kind.defects.contains($0.defect) }
  }

  /// Whether the case is at or above the smallest severity that docs/audit.md states.
  func isStated(withBase: Bool) -> Bool {
    let config = made.battery.config
    switch made.kind {
    case .healthy: return false
    case .overflowBF16, .overflowF16:
      if withBase { return damaged >= 5 }
      // A single module may lean by itself as far as overflow in bfloat16 makes it.
      return config.sym && damaged >= 150 * modules && made.severity == 1
        && (made.kind == .overflowF16 || made.share >= 0.3)
    case .codesReplaced:
      // Subnormal scales of a few units are not judged.
      let isCoarse =
        config.bits == 8 && config.scalesDtype == .f16
        && [.tiny, .patchy].contains(made.battery.variant)
      return withBase && !isCoarse && damaged >= 20 * modules
        && (config.bits == 8 || (config.bits == 4 && made.severity >= 0.01))
    case .zeroShifted:
      return config.sym || (made.severity == 1 && (withBase || config.bits < 8))
    case .groupsPermuted:
      return withBase || !config.descAct || (made.severity == 1 && config.bits >= 3)
    case .scalesCorrupted:
      return config.bits >= 3 && made.factor >= 16
        && (withBase
          ? made.severity >= 0.01 && damaged >= 3 * modules
          : damaged >= 100 && config.groupSize != -1)
    case .scalesShuffled: return withBase || (modules >= 3 && config.bits >= 4)
    case .scalesRescaled: return withBase && config.bits == 8
    case .scalesBroken, .wrongDescAct, .truncated: return true
    }
  }

  /// What was done and what was said, on one line.
  var description: String {
    func said(_ report: AuditReport) -> String {
      let findings = report.findings.filter { $0.level > .note }.map { finding in
        finding.defect.rawValue
          + (finding.log10BayesFactor.map { "(\(($0 * 10).rounded() / 10))" } ?? "")
      }
      return findings.isEmpty ? "–" : findings.joined(separator: " ")
    }
    let verdict =
      isHealthy
      ? (alone.verdict == .healthy ? "" : "ALARM ")
        + (withBase.verdict == .healthy ? "" : "ALARM-B ")
      : (isFound(by: alone) ? "" : isStated(withBase: false) ? "MISSED " : "unseen ")
        + (isFound(by: withBase) ? "" : isStated(withBase: true) ? "MISSED-B " : "unseen-B ")
    return "\(verdict)\(made), \(damaged) wrong | alone: \(said(alone)) | base: \(said(withBase))"
  }
}

/// The tables of docs/audit.md.
struct AuditTable {
  private let outcomes: [AuditOutcome]
  private let unseen: Range<Int>

  init(_ outcomes: [AuditOutcome], unseen: Range<Int>) {
    self.outcomes = outcomes
    self.unseen = unseen
  }

  var markdown: String { "\(byKind)\n\(bySeverity)" }

  private var byKind: String {
    var text =
      "| made | n | of them unseen | without base: at or above the stated severity | found | with"
      + " base: at or above | found |\n|---|---:|---:|---:|---:|---:|---:|\n"
    let healthy = outcomes.filter(\.isHealthy)
    text +=
      "| healthy | \(healthy.count) | \(fresh(healthy)) | |"
      + " \(healthy.count { $0.alone.verdict != .healthy }) alarms | |"
      + " \(healthy.count { $0.withBase.verdict != .healthy }) alarms |\n"
    for kind in MadeCase.Kind.allCases where kind != .healthy {
      let mine = outcomes.filter { $0.made.kind == kind && !$0.isHealthy }
      guard !mine.isEmpty else { continue }
      func counts(_ withBase: Bool) -> String {
        let stated = mine.filter { $0.isStated(withBase: withBase) }
        let found = stated.count { $0.isFound(by: withBase ? $0.withBase : $0.alone) }
        return "\(stated.count) | \(found)"
      }
      text +=
        "| \(kind.rawValue) | \(mine.count) | \(fresh(mine)) | \(counts(false)) | \(counts(true)) |\n"
    }
    return text
  }

  private func fresh(_ some: [AuditOutcome]) -> Int {
    some.count { unseen.contains($0.made.battery.number) }
  }

  private var bySeverity: String {
    var text =
      "| made | severity | n | wrong, least to most | found without base | with base |\n"
      + "|---|---|---:|---|---:|---:|\n"
    for kind in MadeCase.Kind.allCases where kind != .healthy {
      let mine = outcomes.filter { $0.made.kind == kind && !$0.isHealthy }
      let keys = Set(mine.map { key($0) }).sorted()
      for key in keys {
        let some = mine.filter { self.key($0) == key }
        let wrong = some.map(\.damaged)
        text +=
          "| \(kind.rawValue) | \(key) | \(some.count) | \(wrong.min() ?? 0)–\(wrong.max() ?? 0)"
          + " | \(some.count { $0.isFound(by: $0.alone) })"
          + " | \(some.count { $0.isFound(by: $0.withBase) }) |\n"
      }
    }
    return text
  }

  private func key(_ outcome: AuditOutcome) -> String {
    let made = outcome.made
    let share = "\(made.severity)"
    return switch made.kind {
    case .overflowBF16, .overflowF16: "\(share) of the natural overflow"
    case .zeroShifted:
      "\(share) of the groups, \(made.battery.config.sym ? "sym" : "asym \(made.battery.config.bits) bits")"
    case .codesReplaced: "\(share) of the codes, \(made.battery.config.bits) bits"
    case .groupsPermuted: "\(share) of the columns"
    case .scalesCorrupted: "\(share) of the scales, factor \(made.factor)"
    default: ""
    }
  }
}
