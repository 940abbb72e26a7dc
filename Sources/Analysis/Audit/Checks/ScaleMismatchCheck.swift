import Foundation
import GPTQ

/// Scales that do not belong to their codes: permuted, corrupted, or gathered by a wrong g_idx.
struct ScaleMismatchCheck: AuditCheck {
  private var coupling = ModuleEvidence()
  private var strays = ModuleEvidence()
  private var strayGroups: [String: Int] = [:]
  private var rescaled: [(name: String, factor: Double)] = []
  private var weakest = -1.0
  private var modules = 0

  /// log₂ of the factors beyond which a group's typical weight is far from its row's and column's.
  static let strayFactors = [1.5, 3]

  /// Correlations of stored and best-fitting scales that no healthy module is below.
  static let weakestAgreement = 0.4

  mutating func examine(_ module: AuditModule) {
    modules += 1
    let found = module.coupling
    if let base = module.base, base.scalesCompared > 16 {
      coupling.append(
        module.name,
        uncorrelatedEvidence(
          base.scaleAgreement, freedom: base.scalesCompared, weakest: Self.weakestAgreement))
      weakest = max(weakest, found.correlation)
    } else if found.freedom > 16 {
      coupling.append(module.name, found.logBayesFactor)
      weakest = max(weakest, found.correlation)
    }
    var evidence = 0.0
    for factor in Self.strayFactors where found.deviation > 0 {
      let far = found.weights.count { abs($0) > factor }
      let chance =
        Double(found.weights.count) * scaleTail(factor / max(found.deviation, 1e-3))
      let own = rareEventEvidence(count: far, expected: chance) - log(3)
      if own > evidence { (evidence, strayGroups[module.name]) = (own, far) }
    }
    if let base = module.base {
      if base.strayEvidence > evidence {
        (evidence, strayGroups[module.name]) = (base.strayEvidence, base.strayScales)
      }
      // GPTQ's drift is noise in the codes, which makes the fitting scale smaller.
      let tolerance = 0.1 + 1.5 * base.rtnWeightError * base.rtnWeightError
      if abs(base.scaleBias) > tolerance { rescaled.append((module.name, exp(-base.scaleBias))) }
    }
    strays.append(module.name, evidence)
  }

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    let cost = "the groups' weights come out too large or too small"
    let remedy = "download the checkpoint again, or quantize again"
    if let level = coupling.level {
      findings.append(
        AuditFinding(
          .scaleMismatch, level,
          evidence: "in \(coupling.affected.count) of \(coupling.modules.count) modules scales know"
            + " nothing of their codes (correlation up to \((weakest * 100).rounded() / 100), where"
            + " a large scale goes with codes near the zero point)",
          log10BayesFactor: coupling.log10BayesFactor, modules: coupling.affected, cost: cost,
          remedy: "scales or g_idx are not those of the quantizer: \(remedy)"))
    }
    if let level = strays.level {
      let groups = strays.affected.reduce(0) { $0 + (strayGroups[$1] ?? 0) }
      findings.append(
        AuditFinding(
          .scaleMismatch, level,
          evidence: "\(groups) groups whose scale does not fit their weights, in"
            + " \(strays.affected.count) of \(modules) modules",
          log10BayesFactor: strays.log10BayesFactor, modules: strays.affected, cost: cost,
          remedy: remedy))
    }
    if !rescaled.isEmpty {
      let worst = rescaled.max { abs(log($0.factor)) < abs(log($1.factor)) }?.factor ?? 1
      findings.append(
        AuditFinding(
          .scaleMismatch, .defective,
          evidence:
            "all scales are off by a common factor, up to \((worst * 100).rounded() / 100), in"
            + " \(rescaled.count) of \(modules) modules", modules: rescaled.map(\.name), cost: cost,
          remedy: remedy))
    }
    return findings
  }
}
