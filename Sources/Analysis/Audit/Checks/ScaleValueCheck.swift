import Foundation
import GPTQ
import Tensor

/// Scales that no grid can have, signs that their codes contradict, and scales that their type holds
/// too coarsely.
///
/// A negative scale is none of these by itself: auto-round's symmetric grids have them in every other
/// group, and their codes are counted against them.
struct ScaleValueCheck: AuditCheck {
  private var broken: [(name: String, count: Int)] = []
  private var turned: [(name: String, count: Int)] = []
  private var usesBase = false
  private var mirrored: [(name: String, count: Int)] = []
  private var negative: [(name: String, count: Int)] = []
  private var unsigned: [(name: String, count: Int)] = []
  private var vanished: [(name: String, count: Int)] = []
  private var subnormal: [(name: String, count: Int)] = []
  private var groups = 0
  private var bfloat16 = 0
  private var bits = 0
  private var modules = 0

  mutating func examine(_ module: AuditModule) {
    modules += 1
    bits = module.linear.bits
    let scales = module.linear.grids.scales.elements
    groups += scales.count
    if module.linear.scalesDtype == .bf16 { bfloat16 += 1 }
    let bad = scales.count { !$0.isFinite }
    if bad > 0 { broken.append((module.name, bad)) }
    examineSigns(module)
    var zeros = 0
    for place in scales.indices where scales[place] == 0 && module.codes.spread[place] > 0 {
      zeros += 1
    }
    if zeros > 0 { vanished.append((module.name, zeros)) }
    let least = module.linear.scalesDtype.leastNormal
    let coarse = scales.count { $0 != 0 && abs($0) < least }
    if coarse > 0 { subnormal.append((module.name, coarse)) }
  }

  private mutating func examineSigns(_ module: AuditModule) {
    if let base = module.base {
      usesBase = true
      if base.turnedGroups > 0 { turned.append((module.name, base.turnedGroups)) }
      let below = module.linear.grids.scales.elements.count { $0 < 0 }
      if below > base.unconfirmedSigns, !module.isFullRange {
        mirrored.append((module.name, below - base.unconfirmedSigns))
      }
      let open = base.unconfirmedSigns - base.turnedGroups
      if open > 0, !module.isFullRange { negative.append((module.name, open)) }
      return
    }
    let below = module.linear.grids.scales.elements.count { $0 < 0 }
    if below > 0, !module.isFullRange { negative.append((module.name, below)) }
    guard below == 0, module.linear.sym, bits >= 4 else { return }
    let (up, down) = module.codes.fartherEnds(zeros: module.linear.grids.zeros, of: module.maxCode)
    if down >= Self.enoughEnds, up * 100 <= down { unsigned.append((module.name, down)) }
  }

  /// Groups that must all end at the bottom before that speaks for lost signs: a sound grid does so
  /// with a probability of 2⁻⁶⁴.
  private static let enoughEnds = 64

  private func signFindings() -> [AuditFinding] {
    let again: AuditSentence = .shared(.downloadOrQuantizeAgain)
    var findings: [AuditFinding] = []
    if !turned.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: .scales(.wrongSign, total(turned), turned.count, modules),
          modules: names(turned), cost: .scales(.wrongSignCost), remedy: again))
    }
    if !negative.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .suspect,
          evidence: .scales(.negative, total(negative), negative.count, modules),
          modules: names(negative),
          cost: .scales(.negativeCost),
          remedy: usesBase ? again : .scales(.negativeRemedy, again)))
    }
    if !mirrored.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .note,
          evidence: .scales(.mirrored, total(mirrored), mirrored.count, modules),
          modules: names(mirrored), cost: .shared(.noCost), remedy: .shared(.nothingToDo)))
    }
    if !unsigned.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: .scales(.unsigned, total(unsigned), unsigned.count, modules),
          log10BayesFactor: Double(total(unsigned)) * log10(2), modules: names(unsigned),
          cost: .scales(.unsignedCost), remedy: again))
    }
    return findings
  }

  func findings() -> [AuditFinding] {
    var findings = signFindings()
    if !broken.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: .scales(.notFinite, total(broken), broken.count, modules),
          modules: names(broken),
          cost: .shared(.spreadsNaN),
          remedy: .shared(.downloadOrQuantizeAgain)))
    }
    if !vanished.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: .scales(.vanished, total(vanished), vanished.count, modules),
          modules: names(vanished),
          cost: .scales(.vanishedCost),
          remedy: .scales(.vanishedRemedy)))
    }
    if !subnormal.isEmpty {
      findings.append(
        AuditFinding(
          .scalePrecision, .note,
          evidence: .scales(.subnormal, total(subnormal), groups, subnormal.count, modules),
          modules: names(subnormal),
          cost: .scales(.subnormalCost),
          remedy: .scales(.subnormalRemedy)))
    }
    if bfloat16 > 0, bits == 8 {
      findings.append(
        AuditFinding(
          .scalePrecision, .note,
          evidence: .scales(.bfloat16, bfloat16, modules),
          cost:
            .scales(.bfloat16Cost),
          remedy: .scales(.bfloat16Remedy)))
    }
    return findings
  }

  private func total(_ list: [(name: String, count: Int)]) -> Int {
    list.reduce(0) { $0 + $1.count }
  }

  private func names(_ list: [(name: String, count: Int)]) -> [String] {
    list.sorted { $0.count > $1.count }.map(\.name)
  }
}
