import Analysis
import Foundation
import GPTQ
import Tensor

/// One made checkpoint: what it was made from, and what was done to it. Everything follows from the
/// seed.
struct MadeCase: Sendable, CustomStringConvertible {
  /// What was done.
  enum Kind: String, CaseIterable, Sendable {
    case healthy
    case overflowBF16 = "overflow, bfloat16"
    case overflowF16 = "overflow, subnormal float16"
    case zeroShifted = "zero points off by one"
    case groupsPermuted = "g_idx permuted"
    case scalesCorrupted = "scales times or over a factor"
    case scalesShuffled = "scales of other rows"
    case scalesRescaled = "all scales times 1.3"
    case scalesBroken = "scales NaN, 0 or negative"
    case wrongDescAct = "desc_act false beside a permuted g_idx"
    case truncated = "truncated shard"

    /// What an audit should call it.
    var defects: Set<AuditDefect> {
      switch self {
      case .healthy: []
      case .overflowBF16, .overflowF16: [.packingOverflow]
      case .zeroShifted: [.zeroPoint]
      case .groupsPermuted: [.groupIndex, .scaleMismatch]
      case .scalesCorrupted, .scalesShuffled, .scalesRescaled: [.scaleMismatch]
      case .scalesBroken: [.scaleValue]
      case .wrongDescAct: [.groupIndex]
      case .truncated: [.damagedFile]
      }
    }
  }

  let seed: UInt64
  let kind: Kind
  let variant: MadeModel.Variant
  let config: QuantizeConfig
  /// Modules that are damaged, of seven.
  let modules: Int
  /// The share of what could be damaged; its meaning depends on the kind.
  let severity: Double
  /// By what scales are off, or zero points.
  let factor: Float

  /// Draws a case.
  init(seed: UInt64, kind: Kind) {
    var random = SplitMix(seed &* 7919 &+ 17)
    func pick<T>(_ values: [T]) -> T { values[Int(random.next() % UInt64(values.count))] }
    self.seed = seed
    self.kind = kind
    var config = QuantizeConfig()
    config.bits = pick([3, 4, 8, 8])
    config.groupSize = pick([32, 64, 128, -1])
    config.sym = pick([true, true, false])
    config.descAct = pick([true, true, false])
    config.staticGroups = pick([false, false, true])
    config.scalesDtype = pick([.f16, .bf16, .f16, .f32])
    config.dampPercent = pick([0.01, 0.1, 0.005])
    var variant = pick(MadeModel.Variant.allCases)
    switch kind {
    case .overflowBF16:
      (config.bits, config.scalesDtype) = (8, .f32)
      if variant == .tiny { variant = .plain }
    case .overflowF16:
      (config.bits, config.scalesDtype, variant) = (8, .f32, .tiny)
    case .groupsPermuted, .scalesShuffled:
      if config.groupSize == -1 { config.groupSize = 64 }
    case .wrongDescAct:
      (config.descAct, config.staticGroups) = (true, false)
      if config.groupSize == -1 { config.groupSize = 64 }
    default: break
    }
    self.config = config
    self.variant = variant
    modules = pick([7, 7, 3, 1])
    severity = pick([1, 0.5, 0.25, 0.1, 0.02])
    factor = kind == .zeroShifted ? pick([1, -1]) : pick([4, 16, 256])
  }

  var description: String {
    "seed \(seed) \(kind.rawValue): \(variant) \(config.bits) bits g\(config.groupSize)"
      + " \(config.scalesDtype) \(config.sym ? "sym" : "asym")"
      + "\(config.descAct ? " desc_act" : "")\(config.staticGroups ? " static" : "")"
      + ", \(modules) modules, severity \(severity), factor \(factor)"
  }

  /// Whether the case is at or above the smallest severity that docs/audit.md promises to find.
  func isStated(withBase: Bool, damaged: Int) -> Bool {
    switch kind {
    case .healthy: false
    case .overflowBF16, .overflowF16:
      withBase ? damaged >= 5 : damaged >= 200 && severity >= 0.5
    case .zeroShifted: withBase || config.sym || config.bits < 8
    case .groupsPermuted: withBase || !config.descAct || severity == 1
    case .scalesCorrupted: withBase || (factor >= 16 && damaged >= 100)
    case .scalesShuffled: withBase || (modules >= 3 && config.bits >= 4)
    case .scalesRescaled: withBase && config.bits >= 4
    case .scalesBroken, .wrongDescAct, .truncated: true
    }
  }

  /// The checkpoint, and how many codes, columns or scales are wrong in it.
  func make(_ model: MadeModel, _ solved: [String: QuantizedLinear]) -> (MadeCheckpoint, Int) {
    var random = SplitMix(seed)
    var checkpoint = MadeCheckpoint(solved, config)
    var damaged = 0
    for name in checkpoint.names.shuffled(using: &random).prefix(modules) {
      guard let linear = solved[name] else { continue }
      switch kind {
      case .healthy, .overflowBF16, .overflowF16: break
      case .zeroShifted:
        checkpoint.zeroShift[name] = Int32(factor)
        damaged += 1
      case .groupsPermuted:
        let columns = max(2, Int(Double(linear.groupIndex.count) * severity))
        checkpoint.linears[name] = Damage.permute(linear, columns: columns, random: &random)
        damaged += columns
      case .scalesCorrupted:
        let count = max(1, Int(Double(linear.grids.scales.elements.count) * severity / 5))
        checkpoint.linears[name] = Damage.corrupt(
          linear, count: count, factor: factor, random: &random)
        damaged += count
      case .scalesShuffled:
        checkpoint.linears[name] = Damage.shuffleRows(linear, random: &random)
        damaged += linear.grids.scales.elements.count
      case .scalesRescaled:
        var rescaled = linear
        rescaled.grids.scales = linear.grids.scales.map { linear.scalesDtype.round($0 * 1.3) }
        checkpoint.linears[name] = rescaled
        damaged += linear.grids.scales.elements.count
      case .scalesBroken:
        checkpoint.linears[name]?.grids.scales.elements[0] = [.nan, 0, -1][Int(seed % 3)]
        damaged += 1
      case .wrongDescAct: checkpoint.descAct = false
      case .truncated: checkpoint.truncation = 1 + Int(random.next() % 100_000)
      }
    }
    if kind == .overflowBF16 || kind == .overflowF16 {
      let format = kind == .overflowF16 ? FloatFormat.f16 : .bf16
      let affected = Set(checkpoint.names.shuffled(using: &random).prefix(modules))
      for name in checkpoint.names {
        guard let linear = solved[name] else { continue }
        let (packed, wrapped) = Damage.pack(
          linear, in: format, severity: affected.contains(name) ? severity : 0, random: &random)
        checkpoint.linears[name] = packed
        damaged += wrapped
      }
    }
    return (checkpoint, damaged)
  }
}
