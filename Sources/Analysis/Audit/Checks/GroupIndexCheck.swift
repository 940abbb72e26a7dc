import Foundation
import GPTQ

/// Whether g_idx can be what the quantizer used: consistent with desc_act, whole groups, and with the
/// base at hand, each column in the group whose scales fit it.
///
/// desc_act with plain groups is no defect: act_group_aware and static_groups write just that.
struct GroupIndexCheck: AuditCheck {
  private var contradicting: [String] = []
  private var uneven: [String] = []
  private var misplaced: [(name: String, columns: Int)] = []
  private var strongest = 0.0
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
    if let columns = module.base?.misplacedColumns, !columns.isEmpty {
      misplaced.append((module.name, columns.count))
      strongest = max(strongest, module.base?.strongestMisplacement ?? 0)
    }
  }

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    if !contradicting.isEmpty {
      findings.append(
        AuditFinding(
          .groupIndex, .defective,
          evidence: "desc_act is false, but g_idx is not run by run in \(contradicting.count) of"
            + " \(modules) modules", modules: contradicting,
          cost: "loaders that trust desc_act ignore g_idx and decode other weights: absurd text",
          remedy: "set desc_act to true in quantize_config.json and config.json"))
    }
    if !uneven.isEmpty {
      findings.append(
        AuditFinding(
          .groupIndex, .defective,
          evidence: "groups of g_idx that do not have group_size columns in \(uneven.count) of"
            + " \(modules) modules", modules: uneven,
          cost: "columns are decoded with scales that were not theirs",
          remedy: "download the checkpoint again, or quantize again"))
    }
    if !misplaced.isEmpty {
      let sorted = misplaced.sorted { $0.columns > $1.columns }
      findings.append(
        AuditFinding(
          .groupIndex, .defective,
          evidence: "\(misplaced.reduce(0) { $0 + $1.columns }) columns fit the scales of another"
            + " group than that of g_idx, in \(misplaced.count) of \(modules) modules",
          log10BayesFactor: strongest / log(10), modules: sorted.map(\.name),
          cost: "these columns are decoded with scales that were not theirs",
          remedy: "quantize again: the quantizer's order of columns is lost"))
    }
    return findings
  }
}
