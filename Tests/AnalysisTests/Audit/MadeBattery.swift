import Foundation
import GPTQ
import Tensor

/// One quantized model, from which several checkpoints are made. Everything follows from the number.
struct MadeBattery: Sendable, CustomStringConvertible {
  /// How the codes are found.
  enum Solver: String, CaseIterable, Sendable {
    case gptq, rtn
    /// GPTQ on 256 tokens.
    case narrow
    /// GPTQ in GPTQModel's act_group_aware order.
    case groupAware
  }

  let number: Int
  let variant: MadeModel.Variant
  let solver: Solver
  let config: QuantizeConfig
  /// The type in which a packer like AutoGPTQ's derives codes again; nil packs them as they are.
  let packing: FloatFormat?

  init(_ number: Int) {
    var random = SplitMix(UInt64(number) &* 104_729 &+ 5)
    self.number = number
    var config = QuantizeConfig()
    config.bits = random.pick([2, 3, 4, 4, 8, 8])
    config.groupSize = random.pick([32, 64, 128, -1])
    config.sym = random.pick([true, true, false])
    config.descAct = random.pick([true, true, false])
    config.staticGroups = random.pick([false, false, true])
    config.scalesDtype = random.pick([.f16, .bf16, .f16, .f32])
    config.dampPercent = random.pick([0.01, 0.1, 0.005, 0.05])
    var solver = random.pick([Solver.gptq, .gptq, .rtn, .narrow, .groupAware])
    var variant = random.pick(MadeModel.Variant.allCases)
    if number % 3 == 2 {
      // Loops whose codes AutoGPTQ's packers derive again run with float32 scales.
      (config.bits, config.scalesDtype) = (8, .f32)
      let isF16 = number % 6 == 5
      if isF16 { variant = random.pick([.tiny, .tiny, .patchy]) }
      if !isF16, variant == .tiny { variant = .plain }
      packing = isF16 ? .f16 : .bf16
    } else {
      packing = nil
    }
    if solver == .groupAware {
      (config.descAct, config.staticGroups) = (false, false)
      if config.groupSize == -1 { solver = .gptq }
      config.actGroupAware = config.groupSize != -1
    }
    if solver == .rtn { config.algorithm = .rtn }
    self.config = config
    self.solver = solver
    self.variant = variant
  }

  var description: String {
    "battery \(number) \(variant) \(solver) \(config.bits) bits g\(config.groupSize)"
      + " \(config.scalesDtype)\(packing.map { " packed in \($0)" } ?? "")"
      + " \(config.sym ? "sym" : "asym")\(config.descAct ? " desc_act" : "")"
      + "\(config.staticGroups ? " static" : "") damp \(config.dampPercent)"
  }

  func solve(_ model: MadeModel) throws -> [String: QuantizedLinear] {
    switch solver {
    case .gptq, .rtn, .groupAware: try model.solve(config)
    case .narrow: try model.solve(config, narrow: true)
    }
  }

  /// A healthy checkpoint and what damage makes of it.
  func cases(_ damaged: Int) -> [MadeCase] {
    let kinds: [MadeCase.Kind]
    if let packing {
      kinds = [packing == .f16 ? .overflowF16 : .overflowBF16]
    } else {
      var possible: [MadeCase.Kind] = [
        .zeroShifted, .groupsPermuted, .scalesCorrupted, .scalesShuffled, .scalesCorrupted,
        .scalesRescaled, .zeroShifted, .scalesBroken, .wrongDescAct, .truncated,
      ]
      // Appended, so that batteries made before this kind was thought of keep most of theirs.
      possible += [.codesReplaced, .codesReplaced]
      if config.groupSize == -1 {
        possible.removeAll {
          [.groupsPermuted, .scalesShuffled, .wrongDescAct].contains($0)
        }
      }
      if solver == .rtn || !config.descAct || config.staticGroups {
        possible.removeAll { $0 == .wrongDescAct }
      }
      kinds = possible
    }
    let seed = UInt64(number * 100)
    return [MadeCase(seed: seed, kind: .healthy, self)]
      + (0..<damaged).map { place in
        MadeCase(
          seed: seed + UInt64(place + 1), kind: kinds[(place + number * 3) % kinds.count], self)
      }
  }
}
