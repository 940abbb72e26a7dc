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
      """
      correct checkpoint_format (gptq stores zero - 1, gptq_v2 the zero itself), or write \
      qzeros again
      """
    let cost: AuditSentence =
      "every weight is moved by one step: ruin at 4 bits and below, slight at 8"
    if !wrong.isEmpty {
      findings.append(
        AuditFinding(
          .zeroPoint, .defective,
          evidence:
            """
            all zero points are the middle code \(signed(Int(offset))) in \(wrong.count) of \
            \(modules) modules, where sym means the middle code
            """, modules: wrong, cost: cost,
          remedy: remedy))
    }
    if !mixed.isEmpty {
      findings.append(
        AuditFinding(
          .zeroPoint, .defective,
          evidence:
            """
            zero points other than the middle code in \(mixed.count) of \(modules) modules, \
            though sym is true
            """, modules: mixed,
          cost: "kernels for symmetric grids (Marlin) ignore qzeros and read other weights",
          remedy: "set sym to false if the grids are asymmetric, or download qzeros again"))
    }
    if !biased.isEmpty, wrong.isEmpty {
      let worst = biased.map(\.bias).max { abs($0) < abs($1) } ?? 0
      findings.append(
        AuditFinding(
          .zeroPoint, .defective,
          evidence:
            """
            codes are off their targets by \((worst * 100).rounded() / 100) steps on average \
            in \(biased.count) of \(modules) modules
            """, modules: biased.map(\.name), cost: cost,
          remedy: remedy))
    }
    if let level = partly.level, biased.isEmpty {
      let count = partly.affected.reduce(0) { $0 + (shiftedGroups[$1] ?? 0) }
      findings.append(
        AuditFinding(
          .zeroPoint, level,
          evidence: """
            \(count) groups are off their targets by about a step, in \(partly.affected.count) \
            of \(modules) modules
            """,
          log10BayesFactor: partly.log10BayesFactor, modules: partly.affected, cost: cost,
          remedy: remedy))
    }
    if !vanishing.isEmpty {
      let count = vanishing.reduce(0) { $0 + $1.count }
      findings.append(
        AuditFinding(
          .zeroPoint, .suspect,
          evidence:
            """
            \(count) of \(groups) zero points are 0, which checkpoint_format gptq stores as \
            -1, in \(vanishing.count) of \(modules) modules
            """,
          modules: vanishing.sorted { $0.count > $1.count }.map(\.name),
          cost:
            """
            loaders that add 1 to whole words (GPTQModel's conversion to v2) carry into the \
            next zero point, and packers that cast before masking have ruined it already
            """,
          remedy: "write checkpoint_format gptq_v2 for asymmetric grids"))
    }
    for direction in [-1, 1] where !usesBase {
      guard let evidence = shifts[direction], let level = evidence.level else { continue }
      findings.append(
        AuditFinding(
          .zeroPoint, level,
          evidence: """
            weights lean to one side by \(signed(direction)) step in \(evidence.affected.count) \
            of \(modules) modules
            """,
          log10BayesFactor: evidence.log10BayesFactor, modules: evidence.affected, cost: cost,
          remedy: remedy))
    }
    return findings
  }

  private func signed(_ value: Int) -> String { value < 0 ? "- \(-value)" : "+ \(value)" }
}
