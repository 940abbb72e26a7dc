import GPTQ
import Tensor

/// Scales that no grid can have, and scales that their type holds too coarsely.
struct ScaleValueCheck: AuditCheck {
  private var broken: [(name: String, count: Int)] = []
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
    let bad = scales.count { !$0.isFinite || $0 < 0 }
    if bad > 0 { broken.append((module.name, bad)) }
    var zeros = 0
    for place in scales.indices where scales[place] == 0 && module.codes.spread[place] > 0 {
      zeros += 1
    }
    if zeros > 0 { vanished.append((module.name, zeros)) }
    let least = module.linear.scalesDtype.leastNormal
    let coarse = scales.count { $0 > 0 && $0 < least }
    if coarse > 0 { subnormal.append((module.name, coarse)) }
  }

  func findings() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    if !broken.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: "\(total(broken)) scales are negative, NaN or infinite in \(broken.count) of"
            + " \(modules) modules", modules: names(broken),
          cost: "NaN spreads to every token; a negative scale turns its group round",
          remedy: "download the checkpoint again, or quantize again"))
    }
    if !vanished.isEmpty {
      findings.append(
        AuditFinding(
          .scaleValue, .defective,
          evidence: "\(total(vanished)) scales are 0 though their codes differ, in"
            + " \(vanished.count) of \(modules) modules", modules: names(vanished),
          cost: "all weights of these groups are 0",
          remedy: "quantize again with scales in a type that can hold them (bf16 or f32)"))
    }
    if !subnormal.isEmpty {
      findings.append(
        AuditFinding(
          .scalePrecision, .note,
          evidence: "\(total(subnormal)) of \(groups) scales are subnormal, with less than full"
            + " precision, in \(subnormal.count) of \(modules) modules", modules: names(subnormal),
          cost: "their weights are off by up to half a unit of 6e-8 a step",
          remedy: "nothing if the codes were counted with the rounded scales"))
    }
    if bfloat16 > 0, bits == 8 {
      findings.append(
        AuditFinding(
          .scalePrecision, .note,
          evidence: "scales are bfloat16 in \(bfloat16) of \(modules) modules of 8 bits: eight bits"
            + " of precision for 256 steps",
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
