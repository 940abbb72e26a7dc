import GPTQ

/// Codes beyond the last one that wrapped to 0 and carried into their neighbour when they were
/// packed: the defect of packers that derive codes from rounded scales and do not clamp.
struct PackingOverflowCheck: AuditCheck {
  private var evidence = ModuleEvidence()
  private var usesBase = false
  private var codes = 0
  private var wraps = 0.0
  private var carries = 0
  private var atRisk = 0
  private var bits = 0
  private var counts: (zeros: Int, followed: Int, odd: Int, top: Int, bottom: Int) = (0, 0, 0, 0, 0)

  mutating func examine(_ module: AuditModule) {
    bits = module.linear.bits
    codes += module.codes.count
    if let base = module.base {
      usesBase = true
      wraps += Double(base.wrapped.count)
      carries += base.carries
      evidence.append(module.name, base.overflowEvidence(bits: bits))
      return
    }
    guard !module.isFullRange else {
      // Every group ends at the bottom there, and its packers clamp.
      evidence.append(module.name, 0)
      return
    }
    let found = WrapCounts(module.linear, module.codes)
    atRisk += found.groupsAtRisk
    wraps += found.expectedWraps
    counts.zeros += found.zeroCodes
    counts.followed += found.followed
    counts.odd += found.followedByOdd
    counts.top += found.bins.reduce(0) { $0 + $1.top }
    counts.bottom += found.bins.reduce(0) { $0 + $1.bottom }
    evidence.append(module.name, found.logBayesFactor)
  }

  func findings() -> [AuditFinding] {
    guard let level = evidence.level else { return [] }
    let affected = evidence.affected
    let modules: AuditSentence = .codes(.modulesOf, affected.count, evidence.modules.count)
    let share = percent(wraps, of: Double(codes))
    let seen: AuditSentence =
      usesBase
      ? .codes(.overflowBesideBase, Int(wraps), share, modules, carries)
      : .codes(
        .overflow, counts.top, counts.bottom,
        percent(Double(counts.odd), of: Double(counts.followed)), atRisk, modules)
    return [
      AuditFinding(
        .packingOverflow, level, evidence: seen, log10BayesFactor: evidence.log10BayesFactor,
        modules: affected,
        cost: .codes(.overflowCost),
        remedy: usesBase
          ? .codes(.overflowBesideBaseRemedy)
          : .codes(.overflowRemedy))
    ]
  }
}

/// `part` of `whole` as a percentage with two significant digits.
func percent(_ part: Double, of whole: Double) -> String {
  guard whole > 0 else { return "0 %" }
  let value = 100 * part / whole
  guard value > 0 else { return "0 %" }
  return value >= 10 ? "\((value * 10).rounded() / 10) %" : "\((value * 1000).rounded() / 1000) %"
}
