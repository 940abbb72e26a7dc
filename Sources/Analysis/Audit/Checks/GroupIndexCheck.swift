import Foundation
import GPTQ

/// Whether g_idx can be what the quantizer used: consistent with desc_act, whole groups, and with the
/// base at hand, each column in the group whose scales fit it.
///
/// desc_act with plain groups is no defect: act_group_aware and static_groups write just that.
struct GroupIndexCheck: AuditCheck {
  private var contradicting: [String] = []
  private var uneven: [String] = []
  private var misplaced = ModuleEvidence()
  private var columns: [String: Int] = [:]
  private var modules = 0

  mutating func examine(_ module: AuditModule) {
    modules += 1
    let plain = module.hasPlainGroups
    if !module.settings.descAct, !plain { contradicting.append(module.name) }
    if !plain {
      let size = module.settings.groupSize
      let full = module.codes.sizes.dropLast()
      let last = module.codes.sizes.last ?? 0
      if full.contains(where: { $0 != size }) || last > size { uneven.append(module.name) }
    }
    if let placement = module.base?.misplacement {
      misplaced.append(module.name, placement.logBayesFactor)
      columns[module.name] = placement.misplaced.count
    }
  }

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    if !contradicting.isEmpty {
      findings.append(
        AuditFinding(
          .groupIndex, .defective,
          evidence: .codes(.groupIndexUnordered, contradicting.count, modules),
          modules: contradicting,
          cost: .codes(.groupIndexUnorderedCost),
          remedy: .codes(.groupIndexUnorderedRemedy)))
    }
    if !uneven.isEmpty {
      findings.append(
        AuditFinding(
          .groupIndex, .defective,
          evidence: .codes(.groupIndexUneven, uneven.count, modules), modules: uneven,
          cost: .codes(.groupIndexUnevenCost),
          remedy: .shared(.downloadOrQuantizeAgain)))
    }
    if let level = misplaced.level {
      let count = misplaced.affected.reduce(0) { $0 + (columns[$1] ?? 0) }
      findings.append(
        AuditFinding(
          .groupIndex, level,
          evidence:
            .codes(.columnsMisplaced, max(count, 1), misplaced.affected.count, modules),
          log10BayesFactor: misplaced.log10BayesFactor, modules: misplaced.affected,
          cost: .codes(.columnsMisplacedCost),
          remedy: .codes(.columnsMisplacedRemedy)))
    }
    return findings
  }
}
