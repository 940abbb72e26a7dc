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
          evidence: """
            desc_act is false, but g_idx is not run by run in \(contradicting.count) of \
            \(modules) modules
            """, modules: contradicting,
          cost: "loaders that trust desc_act ignore g_idx and decode other weights: absurd text",
          remedy: "set desc_act to true in quantize_config.json and config.json"))
    }
    if !uneven.isEmpty {
      findings.append(
        AuditFinding(
          .groupIndex, .defective,
          evidence: """
            groups of g_idx that do not have group_size columns in \(uneven.count) of \
            \(modules) modules
            """, modules: uneven,
          cost: "columns are decoded with scales that were not theirs",
          remedy: "download the checkpoint again, or quantize again"))
    }
    if let level = misplaced.level {
      let count = misplaced.affected.reduce(0) { $0 + (columns[$1] ?? 0) }
      findings.append(
        AuditFinding(
          .groupIndex, level,
          evidence:
            """
            \(max(count, 1)) columns fit the scales of another group than that of g_idx, in \
            \(misplaced.affected.count) of \(modules) modules
            """,
          log10BayesFactor: misplaced.log10BayesFactor, modules: misplaced.affected,
          cost: "these columns are decoded with scales that were not theirs",
          remedy: "quantize again: the quantizer's order of columns is lost"))
    }
    return findings
  }
}
