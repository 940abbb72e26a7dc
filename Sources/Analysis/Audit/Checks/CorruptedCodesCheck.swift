import GPTQ

/// Codes that are nowhere near the base's weights, one by one, among others that are: flipped bits,
/// overwritten words.
struct CorruptedCodesCheck: AuditCheck {
  private var evidence = ModuleEvidence()
  private var found: [String: Int] = [:]
  private var codes = 0

  mutating func examine(_ module: AuditModule) {
    guard let base = module.base else { return }
    let (logBayesFactor, count) = base.corruptionEvidence
    codes += module.codes.count
    found[module.name] = count
    evidence.append(module.name, logBayesFactor)
  }

  func findings() -> [AuditFinding] {
    guard let level = evidence.level else { return [] }
    let affected = evidence.affected
    let count = affected.reduce(0) { $0 + (found[$1] ?? 0) }
    return [
      AuditFinding(
        .corruptedCodes, level,
        evidence: .codes(
          .corrupted, count, percent(Double(count), of: Double(codes)), affected.count,
          evidence.modules.count),
        log10BayesFactor: evidence.log10BayesFactor, modules: affected,
        cost: .codes(.corruptedCost),
        remedy: .codes(.corruptedRemedy))
    ]
  }
}
