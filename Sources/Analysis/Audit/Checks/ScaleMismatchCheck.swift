import Foundation
import GPTQ
import Tensor

/// Scales that do not belong to their codes: permuted, corrupted, or gathered by a wrong g_idx.
struct ScaleMismatchCheck: AuditCheck {
  private var coupling = ModuleEvidence()
  private var strays = ModuleEvidence()
  /// Of modules that are looked at without the base.
  private var correlations: [(name: String, value: Double, freedom: Int)] = []
  private var strayGroups: [String: Int] = [:]
  private var rescaled: [(name: String, factor: Double)] = []
  private var weakest = -1.0
  private var misread: [String] = []
  private var modules = 0

  /// The weakest coupling that a healthy module is granted: half of what all but a tenth of the
  /// checkpoint's own modules have, and no less than no healthy module is below.
  private var weakestCoupling: Double {
    let floor = -ScaleCoupling.weakest
    guard correlations.count >= 8 else { return floor }
    return max(floor, 0.5 * quantile(0.1, of: correlations.map { -$0.value }.sorted()))
  }

  /// Correlations of stored and best-fitting scales that no healthy module is below.
  static let weakestAgreement = 0.4

  mutating func examine(_ module: AuditModule) {
    modules += 1
    if let base = module.base {
      if base.fitsOtherType, abs(base.scaleBias) > 0.3 { misread.append(module.name) }
    } else if isMisread(module) {
      misread.append(module.name)
    }
    let found = module.coupling
    if let base = module.base, base.scalesCompared > 16 {
      coupling.append(
        module.name,
        uncorrelatedEvidence(
          base.scaleAgreement, freedom: base.scalesCompared, weakest: Self.weakestAgreement))
      weakest = max(weakest, found.correlation)
    } else if found.freedom > 16 {
      correlations.append((module.name, found.correlation, found.freedom))
      weakest = max(weakest, found.correlation)
    }
    if let base = module.base {
      strayGroups[module.name] = base.strayScales
      strays.append(module.name, base.strayEvidence)
      // GPTQ's drift is noise in the codes, which makes the fitting scale smaller.
      let tolerance = 0.1 + 1.5 * base.rtnWeightError * base.rtnWeightError
      if abs(base.scaleBias) > tolerance { rescaled.append((module.name, exp(-base.scaleBias))) }
      return
    }
    let (evidence, groups) = found.strayEvidence
    strayGroups[module.name] = groups
    strays.append(module.name, evidence)
  }

  /// Whether the weights are absurdly large as the scales stand, and ordinary once their bits are read
  /// as the other type of 16 bits: a unit of input should neither vanish nor explode.
  private func isMisread(_ module: AuditModule) -> Bool {
    let type = module.linear.scalesDtype
    let scales = module.linear.grids.scales.elements
    guard type != .f32, scales.count >= 64 else { return false }
    let width = Double(max(module.linear.groupIndex.count, 1)).squareRoot()
    func size(_ read: (Float) -> Double) -> Double {
      median(scales.indices.map { read(scales[$0]) * Double(module.codes.spread[$0]) }) * width
    }
    let (stored, other) = (size { Double(abs($0)) }, size { type.readAsOther(abs($0)) })
    return (stored > 15 || stored < 1e-4) && other > 0.05 && other < 10
  }

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    if !misread.isEmpty {
      return [
        AuditFinding(
          .scaleMismatch, .defective,
          evidence: .scales(.misread, misread.count, modules), modules: misread,
          cost: .scales(.misreadCost),
          remedy: .scales(.misreadRemedy))
      ]
    }
    let cost: AuditSentence = .scales(.mismatchCost)
    var coupling = coupling
    for one in correlations {
      coupling.append(
        one.name,
        uncorrelatedEvidence(-one.value, freedom: one.freedom, weakest: weakestCoupling))
    }
    let remedy: AuditSentence = .shared(.downloadOrQuantizeAgain)
    if let level = coupling.level {
      findings.append(
        AuditFinding(
          .scaleMismatch, level,
          evidence: .scales(
            .uncoupled, coupling.affected.count, coupling.modules.count,
            (weakest * 100).rounded() / 100),
          log10BayesFactor: coupling.log10BayesFactor, modules: coupling.affected, cost: cost,
          remedy: .scales(.uncoupledRemedy, remedy)))
    }
    if let level = strays.level {
      let groups = strays.affected.reduce(0) { $0 + (strayGroups[$1] ?? 0) }
      findings.append(
        AuditFinding(
          .scaleMismatch, level,
          evidence: .scales(.strayGroups, groups, strays.affected.count, modules),
          log10BayesFactor: strays.log10BayesFactor, modules: strays.affected, cost: cost,
          remedy: remedy))
    }
    if !rescaled.isEmpty {
      let worst = rescaled.max { abs(log($0.factor)) < abs(log($1.factor)) }?.factor ?? 1
      findings.append(
        AuditFinding(
          .scaleMismatch, .defective,
          evidence:
            .scales(.rescaled, (worst * 100).rounded() / 100, rescaled.count, modules),
          modules: rescaled.map(\.name), cost: cost,
          remedy: remedy))
    }
    return findings
  }
}

extension FloatFormat {
  /// A positive `value` of this type with its bits read as the other type of 16 bits.
  func readAsOther(_ value: Float) -> Double {
    switch self {
    case .f16: Double(Float(bfloat16Bits: Float16(value).bitPattern))
    case .bf16: Double(Float16(bitPattern: value.bfloat16Bits))
    case .f32: Double(value)
    }
  }
}
