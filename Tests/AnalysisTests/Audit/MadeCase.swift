import Analysis
import Foundation
import GPTQ
import Tensor

/// What is done to one solved model, and how it is written. Everything follows from the seed.
struct MadeCase: Sendable, CustomStringConvertible {
  /// What was done.
  enum Kind: String, CaseIterable, Sendable {
    case healthy
    case overflowBF16 = "overflow, bfloat16"
    case overflowF16 = "overflow, subnormal float16"
    case codesReplaced = "codes replaced at random"
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
      case .codesReplaced: [.corruptedCodes]
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
  let battery: MadeBattery
  /// The share of modules that are damaged: one, a tenth, a third, all.
  let share: Double
  /// How much of a damaged module is: of the codes that overflow, of groups, columns or scales.
  let severity: Double
  /// By what scales are off, or zero points.
  let factor: Float
  let layout: MadeCheckpoint.Layout

  init(seed: UInt64, kind: Kind, _ battery: MadeBattery) {
    var random = SplitMix(seed &* 7919 &+ 17)
    self.seed = seed
    self.kind = kind
    self.battery = battery
    share = random.pick([1, 0.3, 0.1, 0])
    switch kind {
    case .overflowBF16, .overflowF16: severity = random.pick([1, 1, 0.5, 0.25, 0.05])
    case .codesReplaced: severity = random.pick([0.1, 0.01, 0.001, 0.0001])
    case .zeroShifted: severity = random.pick([1, 1, 0.1])
    case .groupsPermuted: severity = random.pick([1, 0.5, 0.1, 0.02])
    case .scalesCorrupted: severity = random.pick([0.1, 0.01, 0.001, 0.0001])
    default: severity = 1
    }
    factor = kind == .zeroShifted ? random.pick([1, -1]) : random.pick([2, 4, 16, 256])
    layout = random.pick(MadeCheckpoint.Layout.allCases)
  }

  var description: String {
    "seed \(seed) \(kind.rawValue): \(battery), share \(share), severity \(severity), factor"
      + " \(factor), \(layout.rawValue)"
  }

  /// The checkpoint, and how many codes, columns, scales or modules are wrong in it.
  func make(_ solved: [String: QuantizedLinear], _ model: MadeModel) -> (MadeCheckpoint, Int) {
    var random = SplitMix(seed)
    var checkpoint = MadeCheckpoint(solved, model, battery.config)
    checkpoint.layout = layout
    let count = max(1, Int((share * Double(solved.count)).rounded()))
    let affected = Set(checkpoint.names.shuffled(using: &random).prefix(count))
    var damaged = 0
    for name in checkpoint.names {
      guard let linear = solved[name] else { continue }
      if let packing = battery.packing {
        var (packed, wrapped) = Damage.pack(
          linear, in: packing, severity: isOverflow && affected.contains(name) ? severity : 0,
          random: &random)
        if wrapped == 0 {
          packed = Damage.pack(linear, in: packing, severity: 0, random: &random).linear
        }
        checkpoint.linears[name] = packed
        damaged += wrapped
      } else if affected.contains(name) {
        damaged += damage(name, linear, &checkpoint, &random)
      }
    }
    if kind == .wrongDescAct { checkpoint.descAct = false }
    if kind == .truncated { checkpoint.truncation = 1 + Int(random.next() % 100_000) }
    return (checkpoint, damaged)
  }

  private var isOverflow: Bool { kind == .overflowBF16 || kind == .overflowF16 }

  private func damage(
    _ name: String, _ linear: QuantizedLinear, _ checkpoint: inout MadeCheckpoint,
    _ random: inout SplitMix
  ) -> Int {
    let scales = linear.grids.scales.elements.count
    switch kind {
    case .healthy, .overflowBF16, .overflowF16, .wrongDescAct, .truncated: return 0
    case .codesReplaced:
      let count = max(1, Int(Double(linear.codes.elements.count) * severity))
      checkpoint.linears[name] = Damage.replace(linear, count: count, random: &random)
      return count
    case .zeroShifted:
      let every = Int(1 / severity)
      checkpoint.zeroShift[name] = (Int32(factor), every)
      return (scales + every - 1) / every
    case .groupsPermuted:
      let columns = max(2, Int(Double(linear.groupIndex.count) * severity))
      checkpoint.linears[name] = Damage.permute(linear, columns: columns, random: &random)
      return columns
    case .scalesCorrupted:
      let count = max(1, Int(Double(scales) * severity))
      checkpoint.linears[name] = Damage.corrupt(
        linear, count: count, factor: factor, random: &random)
      return count
    case .scalesShuffled:
      checkpoint.linears[name] = Damage.shuffleRows(linear, random: &random)
      return scales
    case .scalesRescaled:
      checkpoint.linears[name]?.grids.scales = linear.grids.scales.map {
        linear.scalesDtype.round($0 * 1.3)
      }
      return scales
    case .scalesBroken:
      checkpoint.linears[name]?.grids.scales.elements[0] = [.nan, 0, -1][Int(seed % 3)]
      return 1
    }
  }
}
