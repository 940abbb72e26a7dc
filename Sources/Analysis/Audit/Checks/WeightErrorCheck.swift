import GPTQ

/// Modules that are farther from the base than rounding to nearest would leave them.
struct WeightErrorCheck: AuditCheck {
  private var suspects: [(name: String, ratio: Double)] = []
  private var defects: [(name: String, ratio: Double)] = []
  private var modules = 0

  mutating func examine(_ module: AuditModule) {
    guard let base = module.comparison else { return }
    modules += 1
    guard base.isRelated else { return }
    let ratio = base.soundWeightError / max(base.rtnWeightError, 1e-12)
    guard ratio > GPTQSolver.explosionFactor else { return }
    if let output = base.outputError, let nearest = base.rtnOutputError {
      // Compensation may move weights far; their outputs must be the better for it.
      if output > nearest { defects.append((module.name, ratio)) }
    } else {
      suspects.append((module.name, ratio))
    }
  }

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    if !defects.isEmpty {
      findings.append(
        finding(
          .defective, defects, .base(.alsoInOutputs),
          .base(.worseThanRounding)))
    }
    if !suspects.isEmpty {
      findings.append(
        finding(
          .suspect, suspects, .base(.outputsNotMeasured),
          .base(.farFromBaseCost)))
    }
    return findings
  }

  private func finding(
    _ level: AuditLevel, _ list: [(name: String, ratio: Double)], _ outputs: AuditSentence,
    _ cost: AuditSentence
  ) -> AuditFinding {
    let sorted = list.sorted { $0.ratio > $1.ratio }
    let worst = sorted.first.map { ($0.ratio * 10).rounded() / 10 } ?? 0
    return AuditFinding(
      .weightError, level,
      evidence:
        .base(.farFromBase, list.count, modules, worst, outputs), modules: sorted.map(\.name),
      cost: cost,
      remedy: level == .suspect
        ? .base(.measureOutputs)
        : .base(.moreDampOrText))
  }
}
