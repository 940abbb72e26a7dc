import ArgumentParser
import Basics
import Codecs
import GPTQ
import Results
import Sweep

/// A flag for each setting of a trial, made of the declarations (`TrialConfig.settings`). What is not
/// given is as the trial or the preset has it, or as usual.
///
/// ArgumentParser finds the flags of a type by its mirror and decodes them under their labels:
/// `customMirror` shows one for each setting, and `init(from:)` keeps what was typed.
struct QuantizeOptions: ParsableArguments {
  /// The values that were given, as they were typed.
  private let given: [String: Given]

  /// What was typed for one setting.
  private enum Given {
    case flag(Bool)
    case texts([String])
  }

  init() {
    given = [:]
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: SettingKey.self)
    var given: [String: Given] = [:]
    for setting in TrialConfig.settings {
      let key = SettingKey(setting.key)
      switch setting.kind {
      case .flag:
        let flag = try container.decode(Flag<Bool?>.self, forKey: key).wrappedValue
        given[setting.key] = flag.map { .flag($0) }
      case .rules:
        let texts = try container.decode(Option<[String]>.self, forKey: key).wrappedValue
        given[setting.key] = texts.isEmpty ? nil : .texts(texts)
      default:
        let text = try container.decode(Option<String?>.self, forKey: key).wrappedValue
        given[setting.key] = text.map { .texts([$0]) }
      }
    }
    self.given = given
  }

  /// The recipe that was asked for.
  func preset() throws(InputError) -> QuantizationPreset? {
    guard let setting = TrialConfig.setting("preset"), let value = try value(of: setting) else {
      return nil
    }
    return try QuantizationPreset(setting: value, at: setting.place(value))
  }

  /// The settings of the flags that were given; the others are those of `trial`, of the preset, or
  /// the usual ones.
  func config(changing trial: TrialConfig? = nil) throws(InputError) -> TrialConfig {
    var config = trial ?? TrialConfig()
    let asked = TrialConfig.settings.filter { given[$0.key] != nil }
    for setting in asked {
      guard let value = try value(of: setting) else { continue }
      try setting.set(value, in: &config, at: setting.place(value))
      guard value == .bool(true) else { continue }
      // Asking for one answer takes back the others, unless they were asked for, too.
      for other in TrialConfig.settings where setting.excludes.contains(other.key) {
        if given[other.key] == nil { other.reset(&config) }
      }
    }
    try config.validate()
    return config
  }

  /// What was given for `setting`, by its kind; text of another kind stays text.
  private func value(of setting: TrialSetting) throws(InputError) -> JSONValue? {
    switch given[setting.key] {
    case nil: return nil
    case .flag(let value): return .bool(value)
    case .texts(let texts):
      let text = texts.first ?? ""
      switch setting.kind {
      case .integer: return Int(text).map { .integer($0) } ?? .string(text)
      case .number: return Double(text).map { .number($0) } ?? .string(text)
      case .list: return .array(text.split(separator: ",").map { .string(String($0)) })
      case .rules: return try Self.rules(texts)
      case .flag, .choice: return .string(text)
      }
    }
  }

  /// `--dynamic KEY={json}`: the key ends at the last `=` before a `{`, since patterns may hold both.
  private static func rules(_ texts: [String]) throws(InputError) -> JSONValue {
    var members: [JSONMember] = []
    for text in texts {
      func wrong(_ found: String) -> InputError {
        InputError(
          .usage, asked: "--dynamic \(text)", found: found,
          hint: #"write --dynamic '+:.*\.down_proj={"bits":8}'"#)
      }
      guard let split = text.range(of: "={", options: .backwards) else {
        throw wrong("no = and JSON object behind the pattern")
      }
      let object = Array(text[split.lowerBound...].dropFirst().utf8)
      guard let value = try? JSONValue(parsing: object) else {
        throw wrong("text behind = that is no JSON object")
      }
      members.append(JSONMember(key: String(text[..<split.lowerBound]), value: value))
    }
    return .object(members)
  }

  /// What of the recipe the calibration set does not keep.
  func warnings(for inputs: SweepInputs) -> [String] {
    guard let preset = try? preset() else { return [] }
    let longest = inputs.calibration.windows.map(\.count).max() ?? 0
    guard longest > preset.sequenceLength else { return [] }
    return [
      "the calibration set has samples of \(longest) tokens, the recipe \(preset.rawValue)"
        + " \(preset.sequenceLength) at most"
    ]
  }
}

extension QuantizeOptions: CustomReflectable {
  /// One flag for each setting, under its name.
  var customMirror: Mirror {
    Mirror(
      self, children: TrialConfig.settings.map { (label: $0.key, value: $0.flag) },
      displayStyle: .struct)
  }
}

extension TrialSetting {
  /// `--group-size 100`: what an error of a flag asks about.
  fileprivate func place(_ value: JSONValue) -> SettingPlace {
    SettingPlace(asked: "--\(flagName) \(value)", key: flagName)
  }

  /// Its flag: a property wrapper of ArgumentParser, not yet filled.
  fileprivate var flag: Any {
    let name = NameSpecification.customLong(flagName)
    switch kind {
    case .flag:
      return Flag<Bool?>(name: name, inversion: .prefixedNo, help: argumentHelp(flagName))
    case .rules:
      return Option<[String]>(
        wrappedValue: [], name: name, parsing: .unconditionalSingleValue,
        help: argumentHelp("PATTERN={json}", ". May be repeated; the first match decides"))
    case .choice(let words):
      return Option<String?>(
        name: name, help: argumentHelp(flagName), completion: .list(words))
    case .integer, .number, .list:
      // A value may begin with a dash: -1.
      return Option<String?>(name: name, parsing: .unconditional, help: argumentHelp(flagName))
    }
  }

  /// The declaration's sentence with its usual value.
  private func argumentHelp(_ valueName: String, _ more: String = "") -> ArgumentHelp {
    let sentence = help.prefix(1).uppercased() + help.dropFirst()
    let usual = usualText.isEmpty ? "" : " (default: \(usualText))"
    return ArgumentHelp(
      "\(sentence.replacing("`", with: ""))\(more).\(usual)", valueName: valueName)
  }

  private var usualText: String {
    switch value(TrialConfig()) {
    case .bool(let value): value ? "yes" : "no"
    default: label(TrialConfig())
    }
  }
}

extension CheckpointFormat: ExpressibleByArgument {}
