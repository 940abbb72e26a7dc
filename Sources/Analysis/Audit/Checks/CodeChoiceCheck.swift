import GPTQ

/// How codes were chosen, as the base's weights tell: whether part of them was set to zero, and whether
/// they are what rounding to the nearest gives.
struct CodeChoiceCheck: AuditCheck {
  private var emptied: [(name: String, share: Double)] = []
  private var nearest: [String] = []
  private var modules = 0
  private var least = 1.0

  mutating func examine(_ module: AuditModule) {
    guard let base = module.base else { return }
    modules += 1
    if base.emptiedShare > Self.manyZeros { emptied.append((module.name, base.emptiedShare)) }
    if base.nearestShare >= Self.allNearest {
      nearest.append(module.name)
      least = min(least, base.nearestShare)
    }
  }

  /// The share of codes at the zero point beyond what rounding puts there, above which weights were
  /// set to zero: what a column loop moves weights by takes as many away from 0 as towards it.
  private static let manyZeros = 0.15
  /// The share of codes equal to round-to-nearest's that a column loop does not leave.
  private static let allNearest = 0.999

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    if let worst = emptied.max(by: { $0.share < $1.share }) {
      findings.append(
        AuditFinding(
          .prunedWeights, .defective,
          evidence: .codes(.emptiedBesideBase, percent(worst.share, of: 1), emptied.count, modules),
          modules: emptied.map(\.name),
          cost: .codes(.emptiedBesideBaseCost),
          remedy: .codes(.emptiedBesideBaseRemedy)))
    }
    if nearest.count * 2 > modules {
      findings.append(
        AuditFinding(
          .roundedToNearest, .note,
          evidence: .codes(.roundedToNearest, percent(least, of: 1), nearest.count, modules),
          modules: nearest,
          cost:
            .codes(.roundedToNearestCost),
          remedy: .codes(.roundedToNearestRemedy)))
    }
    return findings
  }
}
