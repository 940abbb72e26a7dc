import Foundation
import GPTQ

/// Grids of which part is never used.
struct CodeUsageCheck: AuditCheck {
  private var halved: [(name: String, groups: Int)] = []
  private var groups = 0
  private var narrow: [String] = []
  private var modules = 0

  mutating func examine(_ module: AuditModule) {
    modules += 1
    groups += module.codes.low.count
    if module.linear.sym {
      let maxCode = UInt8(module.maxCode)
      var count = 0
      for place in module.codes.low.indices {
        let zero = module.linear.grids.zeros.elements[place]
        if Int32(module.codes.low[place]) >= zero, module.codes.high[place] == maxCode {
          count += 1
        }
      }
      if count > 0 { halved.append((module.name, count)) }
    }
    let used = module.codes.histogram.count { $0 > 0 }
    if used * 2 < module.maxCode + 1, module.codes.count > 64 << module.linear.bits {
      narrow.append(module.name)
    }
  }

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    let count = halved.reduce(0) { $0 + $1.groups }
    if count > 0 {
      findings.append(
        AuditFinding(
          .halfUsedGrid, .note,
          evidence:
            .codes(.halfUsed, count, groups, halved.count, modules),
          modules: halved.sorted { $0.groups > $1.groups }.map(\.name),
          cost: .codes(.halfUsedCost),
          remedy: .codes(.halfUsedRemedy)))
    }
    if !narrow.isEmpty {
      findings.append(
        AuditFinding(
          .unusedLevels, .note,
          evidence: .codes(.unusedLevels, narrow.count, modules),
          modules: narrow, cost: .codes(.unusedLevelsCost),
          remedy: .codes(.unusedLevelsRemedy)))
    }
    return findings
  }
}
