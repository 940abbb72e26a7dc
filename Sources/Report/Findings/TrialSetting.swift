import GPTQ
import Sweep

/// One setting of a trial under its public name.
struct TrialSetting: Sendable {
  /// The name in sweep.yaml and in the CSVs.
  let key: String
  /// Its value in a trial, as it is typed.
  let value: @Sendable (TrialConfig) -> String
  /// Gives the setting one fixed value, so that trials that differ in nothing else become equal.
  let neutralize: @Sendable (inout TrialConfig) -> Void

  static let bits = TrialSetting(
    key: "bits", value: { String($0.quantize.bits) }, neutralize: { $0.quantize.bits = 0 })
  static let groupSize = TrialSetting(
    key: "group_size", value: { String($0.quantize.groupSize) },
    neutralize: { $0.quantize.groupSize = 0 })
  static let dampPercent = TrialSetting(
    key: "damp_percent", value: { NumberText.brief($0.quantize.dampPercent) },
    neutralize: { $0.quantize.dampPercent = 0 })
  static let descAct = TrialSetting(
    key: "desc_act", value: { String($0.quantize.descAct) },
    neutralize: { $0.quantize.descAct = false })
  static let staticGroups = TrialSetting(
    key: "static_groups", value: { String($0.quantize.staticGroups) },
    neutralize: { $0.quantize.staticGroups = false })
  static let sym = TrialSetting(
    key: "sym", value: { String($0.quantize.sym) }, neutralize: { $0.quantize.sym = true })
  static let scalesDtype = TrialSetting(
    key: "scales_dtype", value: { $0.quantize.scalesDtype.rawValue },
    neutralize: { $0.quantize.scalesDtype = .f16 })
  static let groupTiming = TrialSetting(
    key: "group_timing", value: { $0.quantize.groupTiming.rawValue },
    neutralize: { $0.quantize.groupTiming = .stale })
  static let rescue = TrialSetting(
    key: "rescue", value: { $0.quantize.rescue.rawValue },
    neutralize: { $0.quantize.rescue = .auto })
  static let propagation = TrialSetting(
    key: "propagation", value: { $0.propagation.rawValue },
    neutralize: { $0.propagation = .shared })
  static let packer = TrialSetting(
    key: "packer", value: { $0.packer.rawValue }, neutralize: { $0.packer = .exact })
  /// Whether it is only spoken of where it is not as usual.
  var isQuiet: Bool {
    [Self.algorithm, .actGroupAware, .modules, .dynamic, .head].contains { $0.key == key }
  }
  static let algorithm = TrialSetting(
    key: "algorithm", value: { $0.quantize.algorithm.rawValue },
    neutralize: { $0.quantize.algorithm = .gptq })
  static let actGroupAware = TrialSetting(
    key: "act_group_aware", value: { String($0.quantize.actGroupAware) },
    neutralize: { $0.quantize.actGroupAware = false })
  static let modules = TrialSetting(
    key: "modules_in_block_to_quantize",
    value: { $0.modules.map { $0.map(\.rawValue).joined(separator: " ") } ?? "" },
    neutralize: { $0.modules = nil })
  static let dynamic = TrialSetting(
    key: "dynamic", value: { $0.dynamic.rules.map(\.key).joined(separator: " ") },
    neutralize: { $0.dynamic = DynamicRules() })
  static let head = TrialSetting(
    key: "lm_head", value: { String($0.quantizesHead) }, neutralize: { $0.quantizesHead = false })

  /// The settings whose effect the findings judge, one at a time.
  static let judged = [
    dampPercent, descAct, actGroupAware, staticGroups, sym, scalesDtype, groupTiming, algorithm,
    propagation,
  ]
  /// The settings that a trial's name may have to tell, in the order in which it does.
  static let named = [
    algorithm, descAct, actGroupAware, dampPercent, staticGroups, sym, scalesDtype, groupTiming,
    rescue, propagation, packer,
    modules, dynamic, head,
  ]
}

/// What each trial of a study is called: bits and group, then only what tells it from the others.
public struct TrialNames: Sendable {
  private let varying: [TrialSetting]
  /// The settings that all solved trials share, as `key value`.
  public let shared: [String]

  /// Finds out which settings vary among `trials`.
  public init(_ trials: [TrialResult]) {
    let solved = trials.filter { !$0.isRTN }.map(\.config)
    var varying: [TrialSetting] = []
    var shared: [String] = []
    for setting in TrialSetting.named {
      let values = Set(solved.map(setting.value))
      if values.count > 1 { varying.append(setting) }
      if values.count == 1, let value = values.first, let config = solved.first,
        !setting.isQuiet || !Self.word(setting, config).isEmpty
      {
        shared.append("\(setting.key) \(value)")
      }
    }
    self.varying = varying
    self.shared = shared
  }

  /// `int4 g128 damp 0.01 desc_act`, `int8 g64 RTN`.
  public func name(_ trial: TrialResult) -> String {
    let name = settingsName(trial)
    return trial.draw == 0 ? name : "\(name) draw \(trial.draw)"
  }

  private func settingsName(_ trial: TrialResult) -> String {
    let config = trial.config
    let grid = "int\(config.quantize.bits) g\(config.quantize.groupSize)"
    if trial.isRTN {
      let isSymVarying = varying.contains { $0.key == TrialSetting.sym.key }
      return grid + (isSymVarying && !config.quantize.sym ? " asym" : "") + " RTN"
    }
    let details = details(trial)
    return details.isEmpty ? grid : "\(grid) \(details)"
  }

  /// What tells a solved trial from others of its grid, some settings left out.
  func details(_ trial: TrialResult, omitting omitted: [TrialSetting] = []) -> String {
    varying.filter { setting in !omitted.contains { $0.key == setting.key } }
      .map { Self.word($0, trial.config) }.filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// `#7 int4 g128`: the number that finds it in every table, and the name.
  public func label(_ trial: TrialResult) -> String {
    "#\(trial.number) \(name(trial))"
  }

  private static func word(_ setting: TrialSetting, _ config: TrialConfig) -> String {
    let value = setting.value(config)
    switch setting.key {
    case TrialSetting.dampPercent.key: return "damp \(value)"
    case TrialSetting.algorithm.key: return config.quantize.algorithm == .gptq ? "" : value
    case TrialSetting.modules.key: return config.modules.map { "\($0.count) linears a layer" } ?? ""
    case TrialSetting.dynamic.key: return value.isEmpty ? "" : "dynamic \(value)"
    case TrialSetting.sym.key: return value == "true" ? "" : "asym"
    case TrialSetting.rescue.key: return value == "off" ? "no rescue" : ""
    case TrialSetting.propagation.key: return config.propagation == .shared ? "" : value
    case TrialSetting.packer.key: return config.packer == .exact ? "" : value
    case TrialSetting.scalesDtype.key: return "scales \(value)"
    case TrialSetting.groupTiming.key: return "\(value) groups"
    default: return value == "true" ? setting.key : ""
    }
  }
}
