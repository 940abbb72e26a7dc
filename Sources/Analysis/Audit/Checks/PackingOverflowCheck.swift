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
    let modules: AuditSentence = "\(affected.count) of \(evidence.modules.count) modules"
    let share = percent(wraps, of: Double(codes))
    let seen: AuditSentence =
      usesBase
      ? """
      \(Int(wraps)) codes (\(share)) are at the bottom of their grid where the base's weight \
      is at the top, in \(modules); \(carries) of them have set the lowest bit of the next \
      code
      """
      : """
      \(counts.top) groups reach farther up and \(counts.bottom) farther down, where as many \
      are expected; \(percent(Double(counts.odd), of: Double(counts.followed))) of the codes \
      after a 0 are odd; the stored scales put \(atRisk) groups at risk; in \(modules)
      """
    return [
      AuditFinding(
        .packingOverflow, level, evidence: seen, log10BayesFactor: evidence.log10BayesFactor,
        modules: affected,
        cost: """
          the largest weight of a group changes its sign; at 8 bits that is the noise of about \
          3-bit rounding, so that Int8 can be worse than Int4
          """,
        remedy: usesBase
          ? "repair the codes with --repair OUT, or pack again with a packer that clamps"
          : "give --base to count the codes and --repair OUT to repair them, or quantize again")
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
