import Basics
import Codecs
import Foundation
import GPTQ
import Results
import Sweep
import TestSupport
import Testing

/// Every declared setting is looked for on every surface that is made of the declarations.
@Suite("The table of settings")
struct SettingTableTests {
  /// A value that is not the usual one, and a trial that has it.
  struct Sample {
    var value: JSONValue
    var config: TrialConfig
  }

  static func sample(of setting: TrialSetting) throws -> Sample {
    let words: [JSONValue] =
      if case .choice(let words) = setting.kind { words.map { .string($0) } } else { [] }
    let values: [JSONValue] =
      words + [
        .bool(true), .bool(false), .integer(8), .integer(64), .number(0.5), .number(1.5),
        .array([.string("self_attn.q_proj")]), ["+:.*down_proj": ["bits": .integer(8)]],
      ]
    for value in values {
      var config = TrialConfig()
      let needs = ["algorithm", "error_propagation", "propagation"]
      config.propagation = needs.contains(setting.key) ? .quantized : .shared
      let before = config
      let place = SettingPlace(setting.key, in: "a test")
      guard (try? setting.set(value, in: &config, at: place)) != nil, config != before,
        (try? config.validate()) != nil
      else { continue }
      return Sample(value: value, config: config)
    }
    throw InputError(.failed, asked: setting.key, found: "no other value", hint: "add one here")
  }

  @Test("every stored property of a trial is declared, once")
  func complete() {
    let ofLinear = Mirror(reflecting: QuantizeConfig()).children.count
    let ofTrial = Mirror(reflecting: TrialConfig()).children.count - 1
    let declared = TrialConfig.settings.filter { $0.column != nil }
    #expect(QuantizeConfig.settings.count == ofLinear)
    #expect(declared.count == ofLinear + ofTrial, "all but the preset have a column")
    #expect(Set(TrialConfig.settings.map(\.key)).count == TrialConfig.settings.count)
    #expect(Set(declared.map(\.column)).count == declared.count)
    for setting in TrialConfig.settings {
      #expect(!setting.help.isEmpty && !setting.help.hasSuffix("."))
      for other in setting.excludes {
        #expect(TrialConfig.setting(other)?.excludes.contains(setting.key) == true)
      }
    }
  }

  @Test("read, written, taken back, taken over", arguments: TrialConfig.settings)
  func values(_ setting: TrialSetting) throws {
    let sample = try Self.sample(of: setting)
    let data = try JSONEncoder().encode(sample.config)
    #expect(try JSONDecoder().decode(TrialConfig.self, from: data) == sample.config)
    guard setting.column != nil else { return }
    #expect(!setting.isUsual(sample.config) && setting.isUsual(TrialConfig()))
    var copied = TrialConfig()
    setting.copy(sample.config, &copied)
    #expect(setting.value(copied) == setting.value(sample.config))
    var again = TrialConfig()
    try setting.set(
      setting.value(sample.config), in: &again, at: SettingPlace(setting.key, in: "a test"))
    #expect(setting.value(again) == setting.value(sample.config), "what is exported can be read")
    setting.reset(&copied)
    #expect(copied == TrialConfig())
    #expect(setting.label(sample.config) != setting.label(TrialConfig()))
  }

  @Test("tenbin.json keeps it", arguments: TrialConfig.columns)
  func recorded(_ setting: TrialSetting) throws {
    var config = try Self.sample(of: setting).config
    let record = CheckpointRecord(
      tenbinVersion: "1", quantize: config.stored.quantize, making: .init(config))
    let read = try JSONDecoder().decode(
      CheckpointRecord.self, from: JSONEncoder().encode(record))
    #expect(TrialConfig(read) == config)
    // Scales that are stored otherwise than they were solved with.
    config.packer = .autogptqBF16
    let packed = CheckpointRecord(
      tenbinVersion: "1", quantize: config.stored.quantize, making: .init(config))
    #expect(TrialConfig(packed) == config)
  }

  @Test("a settings file and a sweep.yaml know it", arguments: TrialConfig.settings)
  func files(_ setting: TrialSetting) throws {
    let sample = try Self.sample(of: setting)
    let value = JSONText.line(sample.value)
    let propagation =
      setting.key == "propagation" ? "" : "\npropagation: \(sample.config.propagation.rawValue)"
    let file = try TrialConfigFile(text: "\(setting.key): \(value)\(propagation)", name: "file")
    #expect(file.config == sample.config)
    let usual = setting.column == nil ? "null" : JSONText.line(setting.value(TrialConfig()))
    guard setting.column != nil else { return }
    let more =
      setting.key == "propagation"
      ? "" : "\n  propagation: {value: \(sample.config.propagation.rawValue)}"
    let sweep = try SweepFile(
      text: """
        method: grid
        parameters:
          \(setting.key): {values: [\(usual), \(value)]}\(more)
          model: {value: m}
          calibration: {value: c.sqlite}
          heldout: {value: h.jsonl}
        """, name: "sweep.yaml")
    #expect(sweep.trials.count == 2)
    #expect(sweep.search.space.searched == [setting])
    #expect(sweep.trials.last == sample.config)
  }

  @Test("a trial's name tells it, exports have it", arguments: TrialConfig.columns)
  func shown(_ setting: TrialSetting) throws {
    let sample = try Self.sample(of: setting)
    var usual = sample.config
    setting.reset(&usual)
    let trials = [usual, sample.config].enumerated().map { number, config in
      TrialResult(number: number, config: config, companion: nil)
    }
    let names = TrialNames(trials)
    #expect(names.name(trials[0]) != names.name(trials[1]))
    #expect(trials[0].label != trials[1].label)
    let results = StudyResults(
      environment: StudyTests.environment(), base: [], trials: trials.map(StudyTests.finished))
    #expect(WandbExport.text(results).contains("\"\(setting.key)\": "))
    #expect(SearchedStudy(results).settings == [setting])
  }

  @Test("dynamic changes it for single modules", arguments: QuantizeOverrides.allowed)
  func dynamic(_ setting: Setting<QuantizeConfig>) throws {
    let lifted = try #require(TrialConfig.setting(setting.key))
    let sample = try Self.sample(of: lifted)
    let rules = try DynamicRules(["+:.*q_proj": [setting.key: sample.value]], strict: true)
    let changed = rules.config(for: "model.layers.0.self_attn.q_proj", from: QuantizeConfig())
    #expect(changed == sample.config.quantize)
    let copy = try JSONDecoder().decode(DynamicRules.self, from: JSONEncoder().encode(rules))
    #expect(copy == rules)
    let value = setting.value(sample.config.quantize)
    #expect(rules.json == ["+:.*q_proj": [setting.key: value]])
    let stored = rules.storageOnly.config(
      for: "model.layers.0.self_attn.q_proj", from: QuantizeConfig())
    #expect((stored == QuantizeConfig()) == (setting.scope != .storage))
  }

  @Test("errors say what was asked, what was found with its type, and what is allowed")
  func errors() {
    func error(_ text: String) -> InputError? {
      do {
        _ = try TrialConfigFile(text: text, name: "f.yaml")
        return nil
      } catch { return error }
    }
    #expect(
      error("bits: \"8\"")
        == InputError(
          .usage, asked: "bits in f.yaml", found: "\"8\", a string",
          hint: "bits is a whole number"))
    #expect(
      error("desc_act: 1")
        == InputError(
          .usage, asked: "desc_act in f.yaml", found: "1, a number",
          hint: "desc_act is true or false"))
    #expect(
      error("damp_percent: [0.1]")
        == InputError(
          .usage, asked: "damp_percent in f.yaml", found: "a list of 1",
          hint: "damp_percent is a number"))
    #expect(
      error("rescue: never")
        == InputError(
          .usage, asked: "rescue in f.yaml", found: "never", hint: "rescue is auto, off"))
    #expect(
      error("group_size: 100")
        == InputError(
          .usage, asked: "group_size 100",
          found: "allowed are positive multiples of 8, and -1 for one group a row",
          hint: "128 is the usual one; 32 and 64 are finer, and larger in the file"))
    #expect(
      error("dynamic: {'.*': {sym: 1}}")
        == InputError(
          .usage, asked: "read dynamic .*", found: "sym 1, a number",
          hint: "sym is true or false"))
  }

  @Test("docs/sweeps.md lists every setting as it is declared")
  func docs() throws {
    let url = Repository.root.appendingPathComponent("docs/sweeps.md")
    let text = try String(contentsOf: url, encoding: .utf8)
    let rows = TrialConfig.settings.map { setting in
      let usual =
        switch setting.kind {
        case .choice where setting.column != nil: "`\(setting.label(TrialConfig()))`"
        default: setting.label(TrialConfig())
        }
      return "| `\(setting.key)` | \(setting.help) | \(setting.column == nil ? "none" : usual) |"
    }
    let table = (["| searched | values | default |", "|---|---|---|"] + rows)
      .joined(separator: "\n")
    #expect(text.contains(table), "write this table:\n\(table)")
  }
}
