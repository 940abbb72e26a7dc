import Basics
import Codecs
import GPTQ
import Model

/// A setting of a trial: of the quantization, or of how the sweep runs it.
public typealias TrialSetting = Setting<TrialConfig>

extension TrialConfig: SettingOwner {
  /// Every setting of a trial, in the order in which a grid varies them: the last fastest. To add
  /// one: see CONTRIBUTING.
  public static let settings: [TrialSetting] = {
    let ofLinears = QuantizeConfig.settings.map { $0.lifted(to: \TrialConfig.quantize) }
    // What costs a pass of its own varies slowest: the algorithm, then the propagation.
    return [preset] + ofLinears.prefix(1) + [propagation] + ofLinears.dropFirst()
      + [propagationSkip, packer] + ofModules + ofExperts
  }()

  /// The settings that have a column in trials.csv and a word in a trial's name, in that order.
  public static let columns: [TrialSetting] = settings.filter { $0.column != nil }
    .sorted { ($0.column ?? 0) < ($1.column ?? 0) }

  /// The setting of that name.
  public static func setting(_ key: String) -> TrialSetting? {
    settings.first { $0.key == key }
  }

  private static let preset = TrialSetting(
    recipe: "preset", kind: QuantizationPreset.settingKind,
    help: "a published recipe, which other settings change: `nejumi-int4` or `nejumi-int8`"
  ) { value, place, config throws(InputError) in
    config.quantize = try QuantizationPreset(setting: value, at: place).config
  }

  private static let propagation = TrialSetting(
    "propagation", \.propagation, column: 120, cause: .propagation, scope: .run, isJudged: true,
    isAlwaysNamed: true,
    help: """
      `quantized`: each layer sees the quantized ones before it, as in every other tool; `shared`: \
      the base's, so that all trials of a sweep share one calibration pass
      """,
    word: { $0 == .quantized ? "" : "shared" })

  private static let propagationSkip = TrialSetting(
    "error_propagation_skip", \.propagationSkip, kind: .list, column: 124, cause: .propagation,
    scope: .run, emptyWord: "none",
    help: """
      the linears of a layer that `error_propagation` leaves out, such as `down_proj`: it has the \
      noisiest inputs
      """,
    read: { value, place throws(InputError) in
      value.array?.isEmpty == true ? nil : try [LinearName].read(value, at: place)
    },
    json: { $0.map { .array($0.map { .string($0.rawValue) }) } ?? .null },
    text: { $0?.map(\.rawValue).joined(separator: " ") ?? "" },
    word: { $0.map { "but \($0.map(\.rawValue).joined(separator: " "))" } ?? "" })

  private static let packer = TrialSetting(
    "packer", \.packer, column: 130, cause: .packing, scope: .run, isAlwaysNamed: true,
    help: "`exact`, or `autogptq-bf16`: AutoGPTQ 0.7's defect, for study",
    word: { $0 == .exact ? "" : $0.rawValue })

  private static let ofModules: [TrialSetting] = [
    TrialSetting(
      "modules_in_block_to_quantize", \.modules, kind: .list, column: 140, cause: .modules,
      scope: .storage, stored: .top, emptyWord: "all",
      help: "the linears of a layer to quantize, such as `self_attn.q_proj`: the others stay",
      read: [LinearName].read,
      json: { $0.map { .array($0.map { .string($0.rawValue) }) } ?? .null },
      text: { $0?.map(\.rawValue).joined(separator: " ") ?? "" },
      word: { $0.map { "\($0.count) linears a layer" } ?? "" }),
    TrialSetting(
      "dynamic", \.dynamic, kind: .rules, column: 150, cause: .modules, scope: .run,
      stored: .top, emptyWord: "none",
      help: "settings of single modules by patterns over their names, as in quantize_config.json",
      read: DynamicRules.read,
      json: { $0.isEmpty ? .null : $0.json },
      text: { $0.rules.map(\.key).joined(separator: " ") },
      word: { $0.word }),
    TrialSetting(
      "lm_head", \.quantizesHead, column: 160, cause: .modules, scope: .storage, stored: .top,
      help: "whether lm_head is quantized, too; refused where it is the embedding table"),
  ]

  private static let ofExperts: [TrialSetting] = [
    TrialSetting(
      "expert_calibration", \.expertCalibration, column: 170, cause: .calibrationData,
      isJudged: true,
      help: """
        what Hessians of experts are measured on: `routed`, the tokens sent to them; `all` tokens; \
        `fallback`, all where fewer than `expert_min_tokens` were sent
        """,
      word: { $0 == .routed ? "" : "experts \($0.rawValue)" }),
    TrialSetting(
      "expert_min_tokens", \.expertMinTokens, column: 180, cause: .calibrationData,
      range: SettingRange(found: "no number of tokens above 0", hint: "give 1 or more") { $0 > 0 },
      help: "calibration tokens below which `expert_calibration: fallback` takes all tokens",
      word: { $0 == TrialConfig().expertMinTokens ? "" : "min tokens \($0)" }),
  ]
}

extension TrialConfig: Codable {
  private enum Keys: String, CodingKey { case quantize }

  /// The settings that are not of `quantize`.
  private static let own = [propagation, propagationSkip, packer] + ofModules + ofExperts

  /// Decodes what is there; what an older version did not know has its usual value.
  public init(from decoder: any Swift.Decoder) throws {
    self.init(
      quantize: try decoder.container(keyedBy: Keys.self).decode(
        QuantizeConfig.self, forKey: .quantize))
    try decodeSettings(Self.own, from: decoder)
  }

  /// Encodes the settings under their names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(quantize, forKey: .quantize)
    try encodeSettings(Self.own, to: encoder)
  }
}

extension TrialConfig.Propagation: SettingType {}

extension [LinearName] {
  /// Names of linears, or lists of them.
  fileprivate static func read(
    _ value: JSONValue, at place: SettingPlace
  ) throws(InputError) -> [LinearName]? {
    if value.isNull { return nil }
    let names = (value.array ?? [value]).flatMap { $0.array ?? [$0] }.map(\.string)
    guard !names.isEmpty else {
      throw place.wrong("an empty list: nothing is quantized", SettingKind.list.allowed)
    }
    guard !names.isEmpty, !names.contains(nil) else {
      throw place.wrong("\(value)", SettingKind.list.allowed)
    }
    return names.compactMap { $0 }.map(LinearName.init(rawValue:))
  }
}

extension DynamicRules {
  /// `dynamic`: patterns over module names and the settings they change.
  fileprivate static func read(
    _ value: JSONValue, at place: SettingPlace
  ) throws(InputError) -> DynamicRules {
    switch value {
    case .null: return DynamicRules()
    case .object: return try DynamicRules(value, strict: true)
    default: throw place.wrong("\(value)", SettingKind.rules.allowed)
    }
  }
}

extension DynamicRules {
  /// In a name, which is read in a table's cell and beside a bar: the patterns, or how many there are.
  fileprivate var word: String {
    let patterns = rules.map(\.key).joined(separator: " ")
    return isEmpty ? "" : "dynamic " + (patterns.count <= 60 ? patterns : "\(rules.count) rules")
  }
}
