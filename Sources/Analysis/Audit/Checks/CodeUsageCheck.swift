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
            """
            \(count) of \(groups) symmetric groups have no code below the zero point and end \
            at the top, in \(halved.count) of \(modules) modules
            """,
          modules: halved.sorted { $0.groups > $1.groups }.map(\.name),
          cost: "the usual rule halves their scale, and clips weights above half of the largest",
          remedy: "use sym: false, or larger groups, for these modules"))
    }
    if !narrow.isEmpty {
      findings.append(
        AuditFinding(
          .unusedLevels, .note,
          evidence: "fewer than half of the codes occur in \(narrow.count) of \(modules) modules",
          modules: narrow, cost: "a narrower type would hold the same weights",
          remedy: "look at the scales of these modules: outliers, or a type that is too coarse"))
    }
    return findings
  }
}
