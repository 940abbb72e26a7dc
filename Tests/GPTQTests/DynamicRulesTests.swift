import Basics
import Codecs
import Foundation
import GPTQ
import Testing

@Suite("dynamic: settings of single modules")
struct DynamicRulesTests {
  static func rules(_ json: String) throws -> DynamicRules {
    try DynamicRules(JSONValue(parsing: Array(json.utf8)), strict: true)
  }

  /// What `re.match` of Python says of the same pattern and name.
  @Test(arguments: [
    (#".*\.down_proj"#, "model.layers.3.mlp.down_proj", true),
    (#"down_proj"#, "model.layers.3.mlp.down_proj", false),
    (#"model\.layers\.1"#, "model.layers.12.mlp.up_proj", true),
    (#"model\.layers\.1\."#, "model.layers.12.mlp.up_proj", false),
    (#".*\.(1[0-9]|2[0-3])\..*(gate|up).*"#, "model.layers.19.mlp.gate_proj", true),
    (#".*\.(1[0-9]|2[0-3])\..*(gate|up).*"#, "model.layers.9.mlp.gate_proj", false),
    (#"^(?!.*layers\.0\.).*q_proj$"#, "model.layers.0.self_attn.q_proj", false),
    (#"^(?!.*layers\.0\.).*q_proj$"#, "model.layers.1.self_attn.q_proj", true),
    (#"model\.layers\.\d{2}\."#, "model.layers.7.mlp.up_proj", false),
    (#"(?:a|ab)(?:c|bcd)(?:d*)$"#, "abcd", true),
    (#"[^.]+\.[a-z]+?\.\d+\b"#, "model.layers.1.x", true),
    (#"lm_head"#, "lm_head", true), (#""#, "anything", true), (#"a{,2}b"#, "aab", true),
    (#"a{2,}b"#, "ab", false), (#"x{1"#, "x{1", true),
  ])
  func matchesLikePython(pattern: String, name: String, expected: Bool) throws {
    let rules = try DynamicRules([.init(key: "-:" + pattern)])
    #expect((rules.config(for: name, from: QuantizeConfig()) == nil) == expected)
  }

  @Test("the first rule that matches decides")
  func order() throws {
    let rules = try Self.rules(
      #"{"+:.*v_proj": {"bits": 8, "group_size": 32, "desc_act": true}, "-:.*layers\\.0\\..*": {},"#
        + #" ".*down_proj": {"damp_percent": 0.1, "sym": false}}"#)
    let config = QuantizeConfig()
    let first = rules.config(for: "model.layers.0.self_attn.v_proj", from: config)
    #expect(first?.bits == 8)
    #expect(first?.groupSize == 32)
    #expect(first?.descAct == true)
    #expect(first?.dampPercent == config.dampPercent)
    #expect(rules.config(for: "model.layers.0.mlp.down_proj", from: config) == nil)
    #expect(rules.config(for: "model.layers.1.mlp.down_proj", from: config)?.sym == false)
    #expect(rules.config(for: "model.layers.1.mlp.up_proj", from: config) == config)
    let stored = rules.storageOnly.config(for: "model.layers.1.mlp.down_proj", from: config)
    #expect(stored?.dampPercent == config.dampPercent)
    #expect(stored?.sym == false)
    let copy = try JSONDecoder().decode(DynamicRules.self, from: JSONEncoder().encode(rules))
    #expect(copy == rules)
  }

  @Test(arguments: [
    #"{"(": {}}"#, #"{"a**": {}}"#, #"{"[a": {}}"#, #"{"(?<=a)b": {}}"#, #"{"\\1": {}}"#, #"[]"#,
    #"{".*": 8}"#, #"{".*": {"bit": 8}}"#, #"{".*": {"bits": "8"}}"#, #"{"-:.*": {"bits": 8}}"#,
    #"{"a{200}": {}}"#,
  ])
  func refuses(json: String) {
    #expect(throws: InputError.self) { try Self.rules(json) }
  }

  @Test(
    "a pattern that cannot be read says why, and where",
    arguments: [
      ("a(b", "')' should be here, at character 4"), ("a)", "an unmatched ')', at character 2"),
      ("a**", "a repetition of a repetition, at character 3"),
      ("*a", "a repetition of nothing, at character 1"),
      ("[a", "the pattern ends too early, at character 3"),
      ("a{101}", "a repetition of more than 100 times, at character 7"),
      (#"a\1"#, "a back reference, at character 3"),
      (#"\p{L}"#, #"the escape \p, at character 2"#),
      ("(?<=a)b", "a group of a kind that is not supported, at character 4"),
      (String(repeating: "a", count: 1025), "more than 1,024 characters"),
      ("((a{100}){100}){100}", "a pattern of more than 4000 steps, at character 1"),
    ])
  func unreadable(pattern: String, found: String) {
    let error = #expect(throws: InputError.self) { try DynamicRules([.init(key: pattern)]) }
    #expect(
      error
        == InputError(
          .usage, asked: "match modules with the pattern \(pattern)", found: found,
          hint: "write a regular expression over names such as model.layers.0.mlp.down_proj"))
  }

  @Test("what a rule makes impossible is refused before anything is computed")
  func validation() throws {
    let rules = try Self.rules(#"{".*": {"act_group_aware": true}}"#)
    try rules.validate(with: QuantizeConfig())
    #expect(throws: InputError.self) {
      try rules.validate(with: .with { $0.descAct = true })
    }
    #expect(throws: InputError.self) {
      try Self.rules(#"{".*": {"bits": 9}}"#).validate(with: QuantizeConfig())
    }
  }

  @Test("a hostile pattern takes no exponential time")
  func bounded() throws {
    let rules = try DynamicRules([.init(key: "-:(((a|aa)+)+)+(((a*)*)*)*!")])
    let name = String(repeating: "a", count: 512)
    let began = ContinuousClock.now
    #expect(rules.config(for: name, from: QuantizeConfig()) != nil)
    #expect(ContinuousClock.now - began < .seconds(20))
  }
}
