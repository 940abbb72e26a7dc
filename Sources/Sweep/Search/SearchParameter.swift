import Basics
import GPTQ
import Model

/// A setting of a trial that a sweep can vary; the raw value is its key in sweep.yaml. The last case
/// varies fastest in a grid.
public enum SearchParameter: String, Sendable, CaseIterable {
  /// Sets several settings at once; those below change them again.
  case preset
  case algorithm
  case propagation
  case bits
  case groupSize = "group_size"
  case sym
  case descAct = "desc_act"
  case actGroupAware = "act_group_aware"
  case staticGroups = "static_groups"
  case groupTiming = "group_timing"
  case scalesDtype = "scales_dtype"
  case dampPercent = "damp_percent"
  case rescue
  case packer
  case modules = "modules_in_block_to_quantize"
  case dynamic
  case head = "lm_head"

  /// Whether one value is a mapping or a list: a list under `value` is one value, not several.
  var isStructured: Bool { self == .modules || self == .dynamic }

  /// Sets this parameter of `config` to a value of the YAML.
  func set(
    _ value: SettingValue, in config: inout TrialConfig, _ reader: SweepReader
  ) throws(InputError) {
    switch self {
    case .preset:
      let preset: QuantizationPreset = try reader.choice(value, rawValue)
      config.quantize = preset.config
    case .algorithm: config.quantize.algorithm = try reader.choice(value, rawValue)
    case .propagation: config.propagation = try reader.choice(value, rawValue)
    case .bits: config.quantize.bits = try reader.count(value, rawValue, 1...64)
    case .groupSize:
      config.quantize.groupSize = try reader.count(value, rawValue, -1...0x7FFF_FFFF)
    case .sym: config.quantize.sym = try reader.flag(value, rawValue)
    case .descAct: config.quantize.descAct = try reader.flag(value, rawValue)
    case .actGroupAware: config.quantize.actGroupAware = try reader.flag(value, rawValue)
    case .staticGroups: config.quantize.staticGroups = try reader.flag(value, rawValue)
    case .groupTiming: config.quantize.groupTiming = try reader.choice(value, rawValue)
    case .scalesDtype: config.quantize.scalesDtype = try reader.choice(value, rawValue)
    case .dampPercent: config.quantize.dampPercent = try reader.number(value, rawValue)
    case .rescue: config.quantize.rescue = try reader.choice(value, rawValue)
    case .packer: config.packer = try reader.choice(value, rawValue)
    case .modules: config.modules = try reader.modules(value, rawValue)
    case .dynamic: config.dynamic = try reader.dynamic(value, rawValue)
    case .head: config.quantizesHead = try reader.flag(value, rawValue)
    }
  }

  /// The value that `config` has for this parameter, as sweep.yaml would write it. A preset leaves no
  /// trace of its name: null.
  public func value(in config: TrialConfig) -> SettingValue {
    switch self {
    case .preset: .null
    case .algorithm: .text(config.quantize.algorithm.rawValue)
    case .propagation: .text(config.propagation.rawValue)
    case .bits: .integer(config.quantize.bits)
    case .groupSize: .integer(config.quantize.groupSize)
    case .sym: .flag(config.quantize.sym)
    case .descAct: .flag(config.quantize.descAct)
    case .actGroupAware: .flag(config.quantize.actGroupAware)
    case .staticGroups: .flag(config.quantize.staticGroups)
    case .groupTiming: .text(config.quantize.groupTiming.rawValue)
    case .scalesDtype: .text(config.quantize.scalesDtype.rawValue)
    case .dampPercent: .number(config.quantize.dampPercent)
    case .rescue: .text(config.quantize.rescue.rawValue)
    case .packer: .text(config.packer.rawValue)
    case .modules: config.modules.map { .list($0.map { .text($0.rawValue) }) } ?? .null
    case .dynamic:
      config.dynamic.isEmpty
        ? .null : .text((try? TolerantJSON.text(config.dynamic)) ?? "\(config.dynamic)")
    case .head: .flag(config.quantizesHead)
    }
  }
}
