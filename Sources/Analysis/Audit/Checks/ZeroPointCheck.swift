import Foundation
import GPTQ

/// Zero points that are not where the codes were counted from: v1 and v2 mixed up, or a packer that
/// took one off once too often.
struct ZeroPointCheck: AuditCheck {
  private var wrong: [String] = []
  private var mixed: [String] = []
  private var biased: [(name: String, bias: Double)] = []
  private var shifts: [Int: ModuleEvidence] = [-1: .init(), 1: .init()]
  private var offset: Int32 = 0
  private var modules = 0
  private var bits = 0
  private var usesBase = false
  private var partly = ModuleEvidence()
  private var shiftedGroups: [String: Int] = [:]
  private var groups = 0
  private var vanishing: [(name: String, count: Int)] = []

  /// How far the mean weight of healthy modules is from 0, in standard deviations of the weights.
  static let meanShift = 0.03

  mutating func examine(_ module: AuditModule) {
    modules += 1
    bits = module.linear.bits
    if let base = module.base {
      usesBase = true
      if abs(base.bias) > 0.5 {
        biased.append((module.name, base.bias))
      } else if !module.linear.sym, bits <= 4 {
        // At 8 bits drift and rounded scales move whole groups by as much.
        let shifted = base.shiftedGroupEvidence
        partly.append(module.name, shifted.logBayesFactor)
        shiftedGroups[module.name] = shifted.groups
      }
    }
    groups += module.linear.grids.zeros.elements.count
    guard module.linear.sym else {
      if module.settings.format == .v1 {
        let count = module.linear.grids.zeros.elements.count { $0 == 0 }
        if count > 0 { vanishing.append((module.name, count)) }
      }
      appendShift(module)
      return
    }
    let middle = Int32(1) << Int32(bits - 1)
    guard let first = module.linear.grids.zeros.elements.first(where: { $0 != middle }) else {
      return
    }
    if module.linear.grids.zeros.elements.allSatisfy({ $0 == first }) {
      wrong.append(module.name)
      offset = first - middle
    } else {
      mixed.append(module.name)
    }
  }

  /// Codes less zeros are weights in steps, whose mean is near 0: N(0, τ²) in health, N(±1, τ²) with
  /// a zero that is one off; τ² = σ²(`meanShift`² + 1/n).
  private mutating func appendShift(_ module: AuditModule) {
    let sigma = max(module.codes.deviation, 0.3)
    let tau =
      sigma
      * (Self.meanShift * Self.meanShift + 1 / Double(max(module.codes.count, 1)))
      .squareRoot()
    for direction in [-1, 1] {
      let ratio =
        logNormal(module.codes.mean, mean: Double(direction), deviation: tau)
        - logNormal(module.codes.mean, mean: 0, deviation: tau)
      shifts[direction]?.append(module.name, ratio)
    }
  }

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    let remedy: AuditSentence =
      .zeros(.offMiddleRemedy)
    let cost: AuditSentence =
      .zeros(.offMiddleCost)
    if !wrong.isEmpty {
      findings.append(
        AuditFinding(
          .zeroPoint, .defective,
          evidence:
            .zeros(.offMiddle, signed(Int(offset)), wrong.count, modules), modules: wrong,
          cost: cost,
          remedy: remedy))
    }
    if !mixed.isEmpty {
      findings.append(
        AuditFinding(
          .zeroPoint, .defective,
          evidence:
            .zeros(.notMiddle, mixed.count, modules), modules: mixed,
          cost: .zeros(.notMiddleCost),
          remedy: .zeros(.notMiddleRemedy)))
    }
    if !biased.isEmpty, wrong.isEmpty {
      let worst = biased.map(\.bias).max { abs($0) < abs($1) } ?? 0
      findings.append(
        AuditFinding(
          .zeroPoint, .defective,
          evidence:
            .zeros(.offTargets, (worst * 100).rounded() / 100, biased.count, modules),
          modules: biased.map(\.name), cost: cost,
          remedy: remedy))
    }
    if let level = partly.level, biased.isEmpty {
      let count = partly.affected.reduce(0) { $0 + (shiftedGroups[$1] ?? 0) }
      findings.append(
        AuditFinding(
          .zeroPoint, level,
          evidence: .zeros(.groupsOffTargets, count, partly.affected.count, modules),
          log10BayesFactor: partly.log10BayesFactor, modules: partly.affected, cost: cost,
          remedy: remedy))
    }
    if !vanishing.isEmpty {
      let count = vanishing.reduce(0) { $0 + $1.count }
      findings.append(
        AuditFinding(
          .zeroPoint, .suspect,
          evidence:
            .zeros(.storedBelowZero, count, groups, vanishing.count, modules),
          modules: vanishing.sorted { $0.count > $1.count }.map(\.name),
          cost:
            .zeros(.storedBelowZeroCost),
          remedy: .zeros(.storedBelowZeroRemedy)))
    }
    for direction in [-1, 1] where !usesBase {
      guard let evidence = shifts[direction], let level = evidence.level else { continue }
      findings.append(
        AuditFinding(
          .zeroPoint, level,
          evidence: .zeros(.leaning, signed(direction), evidence.affected.count, modules),
          log10BayesFactor: evidence.log10BayesFactor, modules: evidence.affected, cost: cost,
          remedy: remedy))
    }
    return findings
  }

  private func signed(_ value: Int) -> String { value < 0 ? "- \(-value)" : "+ \(value)" }
}
