import Basics
import Foundation
import GPTQ
import Yams

/// A sweep.yaml in the schema of W&B sweeps: a method, a metric, and parameters that hold either one
/// `value` or the `values` to try. tenbin's own settings are parameters too.
public struct SweepFile: Sendable {
  /// The file's text, as it was read.
  public let text: String
  /// The model's folder.
  public var model: String
  /// A calibration set (.sqlite), or a .jsonl to build one from with the defaults.
  public var calibration: String
  /// Held-out text, one domain a file.
  public var heldout: [String]
  /// Evaluation tokens per domain.
  public var heldoutTokens = 8192
  /// The window of the `blocks` convention.
  public var context = 512
  /// The seed of whatever is drawn.
  public var seed = 0
  /// The trials, in grid order.
  public private(set) var trials: [TrialConfig] = []

  /// Reads and checks a sweep file.
  public init(contentsOf url: URL) throws(InputError) {
    guard let data = try? Data(contentsOf: url) else {
      throw InputError(
        .missing, asked: "read the sweep file \(url.path)", found: "no such file",
        hint: "give the path of a sweep.yaml; docs/sweeps.md shows one")
    }
    try self.init(text: String(decoding: data, as: UTF8.self), name: url.lastPathComponent)
  }

  /// Parses and checks the text of a sweep file; `name` is what errors call it.
  public init(text: String, name: String) throws(InputError) {
    self.text = text
    let reader = SweepReader(name: name)
    let top = try reader.topLevel(text)
    try reader.check(
      Array(top.keys), among: SweepReader.topLevelKeys, place: "the top level of \(name)")
    let method = try reader.string(top["method"] ?? "grid", "method")
    guard method == "grid" else {
      throw InputError(
        .usage, asked: "method: \(method) in \(name)", found: "this version runs method: grid",
        hint: "write method: grid")
    }
    var parameters = try reader.parameters(top["parameters"])
    try reader.check(
      Array(parameters.keys),
      among: SweepReader.settingKeys + SearchParameter.allCases.map(\.rawValue),
      place: "the parameters of \(name)")

    for parameter in SearchParameter.allCases
    where parameter.isStructured && parameters[parameter.rawValue] != nil {
      parameters[parameter.rawValue] = try reader.structuredValues(parameter.rawValue, in: text)
    }

    model = try reader.string(reader.required(parameters, "model"), "model")
    calibration = try reader.string(reader.required(parameters, "calibration"), "calibration")
    guard let files = parameters["heldout"] else { throw reader.missing("heldout") }
    heldout = []
    for file in files { heldout.append(try reader.string(file, "heldout")) }
    if let value = try reader.single(parameters, "heldout_tokens") {
      heldoutTokens = try reader.count(value, "heldout_tokens", 2...1_000_000_000)
    }
    if let value = try reader.single(parameters, "context") {
      context = try reader.count(value, "context", 2...1_048_576)
    }
    if let value = try reader.single(parameters, "seed") {
      seed = try reader.count(value, "seed", 0...Int.max)
    }
    guard heldoutTokens >= context else {
      throw reader.wrong(
        "heldout_tokens", "\(heldoutTokens)", "at least one window of context: \(context)")
    }

    var configs = [TrialConfig(quantize: QuantizeConfig())]
    for parameter in SearchParameter.allCases {
      guard let values = parameters[parameter.rawValue] else { continue }
      var expanded: [TrialConfig] = []
      for config in configs {
        for value in values {
          var config = config
          try parameter.set(value, in: &config, reader)
          expanded.append(config)
        }
      }
      configs = expanded
    }
    var seen = Set<TrialConfig>()
    trials = configs.filter { seen.insert($0).inserted }
    for trial in trials { try trial.validate() }
  }
}

/// A setting of a trial that a sweep can vary; the raw value is its key in sweep.yaml. The last case
/// varies fastest in a grid.
enum SearchParameter: String, CaseIterable {
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

  /// Whether its value is a mapping or a list, whose order counts: a `JSONValue`.
  var isStructured: Bool { self == .modules || self == .dynamic }

  /// Sets this parameter of `config` to a value of the YAML.
  func set(
    _ value: Any, in config: inout TrialConfig, _ reader: SweepReader
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
    case .head: config.quantizesHead = try reader.flag(value, rawValue)
    case .dynamic: config.dynamic = try reader.dynamic(value, rawValue)
    }
  }
}
