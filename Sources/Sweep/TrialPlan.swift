import GPTQ

extension TrialConfig {
  /// The round-to-nearest trial on this one's grid, in original column order.
  public var companion: TrialConfig {
    var grid = QuantizeConfig()
    grid.algorithm = .rtn
    grid.bits = quantize.bits
    grid.groupSize = quantize.groupSize
    grid.sym = quantize.sym
    grid.scalesDtype = quantize.scalesDtype
    grid.dampPercent = 0
    var companion = TrialConfig(quantize: grid)
    companion.dynamic = dynamic.storageOnly
    companion.modules = modules
    companion.quantizesHead = quantizesHead
    return companion
  }

  /// A short name of what differs between trials, for progress lines and plots.
  public var label: String {
    let group = quantize.groupSize == -1 ? "row" : "g\(quantize.groupSize)"
    var parts = ["int\(quantize.bits)", group]
    if quantize.algorithm == .rtn {
      parts.append("rtn")
    } else {
      if quantize.algorithm == .gptaq { parts.append("gptaq") }
      parts.append("damp \(quantize.dampPercent)")
      if quantize.descAct { parts.append("act") }
      if quantize.actGroupAware { parts.append("gar") }
      if quantize.staticGroups { parts.append("static") }
      if propagation == .quantized { parts.append("propagated") }
    }
    if !quantize.sym { parts.append("asym") }
    if let modules { parts.append("\(modules.count) linears a layer") }
    if quantizesHead { parts.append("lm_head") }
    if !dynamic.isEmpty { parts.append("dynamic") }
    if packer != .exact { parts.append(packer.rawValue) }
    return parts.joined(separator: " ")
  }
}

/// The trials of a study: those asked for, and after them the round-to-nearest companion of each
/// grid, which is counted like any other.
public struct TrialPlan: Sendable {
  /// The trials, by number.
  public private(set) var trials: [TrialResult]

  /// Numbers `configs` from 0 and appends the companions that are not among them.
  public init(_ configs: [TrialConfig]) {
    var all = configs
    var numbers: [TrialConfig: Int] = [:]
    for (number, config) in all.enumerated() { numbers[config] = number }
    for config in configs where config.quantize.algorithm != .rtn {
      if numbers[config.companion] == nil {
        numbers[config.companion] = all.count
        all.append(config.companion)
      }
    }
    trials = all.enumerated().map { number, config in
      TrialResult(
        number: number, config: config,
        companion: config.quantize.algorithm == .rtn ? nil : numbers[config.companion])
    }
  }
}
