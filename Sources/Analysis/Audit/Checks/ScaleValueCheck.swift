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
    let again: AuditSentence = "download the checkpoint again, or quantize again"
    var findings: [AuditFinding] = []
    if !turned.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: """
            the codes of \(total(turned)) groups run against the base's weights in \
            \(turned.count) of \(modules) modules: their scales have the wrong sign
            """,
          modules: names(turned), cost: "these groups are turned round", remedy: again))
    }
    if !negative.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .suspect,
          evidence: """
            \(total(negative)) scales are negative in \(negative.count) of \(modules) modules, \
            and those of the other groups are not
            """,
          modules: names(negative),
          cost: "a group is turned round, unless its codes were counted against the sign",
          remedy: usesBase ? again : "give --base to see whether they were; \(again)"))
    }
    if !mirrored.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .note,
          evidence: """
            \(total(mirrored)) scales are negative in \(mirrored.count) of \(modules) modules, \
            and their codes are counted against the sign: the same weights
            """,
          modules: names(mirrored), cost: "none", remedy: "nothing"))
    }
    if !unsigned.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: """
            \(total(unsigned)) symmetric groups, all but a hundredth, reach farther down than \
            up in \(unsigned.count) of \(modules) modules: full-range grids whose scales lost \
            their signs
            """,
          log10BayesFactor: Double(total(unsigned)) * log10(2), modules: names(unsigned),
          cost: "every other group is turned round", remedy: again))
    }
    return findings
  }

  func findings() -> [AuditFinding] {
    var findings = signFindings()
    if !broken.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: """
            \(total(broken)) scales are NaN or infinite in \(broken.count) of \(modules) modules
            """, modules: names(broken),
          cost: "NaN spreads to every token",
          remedy: "download the checkpoint again, or quantize again"))
    }
    if !vanished.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: """
            \(total(vanished)) scales are 0 though their codes differ, in \(vanished.count) of \
            \(modules) modules
            """, modules: names(vanished),
          cost: "all weights of these groups are 0",
          remedy: "quantize again with scales in a type that can hold them (bf16 or f32)"))
    }
    if !subnormal.isEmpty {
      findings.append(
        AuditFinding(
          .scalePrecision, .note,
          evidence: """
            \(total(subnormal)) of \(groups) scales are subnormal, with less than full \
            precision, in \(subnormal.count) of \(modules) modules
            """, modules: names(subnormal),
          cost: "their weights are off by up to half a unit of 6e-8 a step",
          remedy: "nothing if the codes were counted with the rounded scales"))
    }
    if bfloat16 > 0, bits == 8 {
      findings.append(
        AuditFinding(
          .scalePrecision, .note,
          evidence: """
            scales are bfloat16 in \(bfloat16) of \(modules) modules of 8 bits: eight bits of \
            precision for 256 steps
            """,
          cost:
            "up to half a step at the ends of the grid; packers that do not clamp overflow here",
          remedy: "store scales as float16 next time"))
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
