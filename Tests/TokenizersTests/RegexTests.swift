import Foundation
import Testing
import Tokenizers

@Suite("Regular expressions")
struct RegexTests {
  /// `text` with what `pattern` matches replaced by `-`, as a tokenizer.json does it.
  private static func replaced(_ pattern: String, in text: String) throws -> String {
    let json = [
      "normalizer": ["type": "Replace", "pattern": ["Regex": pattern], "content": "-"],
      "model": [
        "type": "BPE", "merges": [], "vocab": ["a": 0, "b": 1, "c": 2, "-": 3],
      ],
    ]
    let tokenizer = try Tokenizer(json: JSONSerialization.data(withJSONObject: json))
    return tokenizer.encode(text).map { ["a", "b", "c", "-"][Int($0)] }.joined()
  }

  @Test("400 random patterns replace what Oniguruma replaces")
  func likeOniguruma() throws {
    let file = try #require(Bundle.module.url(forResource: "Fixtures/regex", withExtension: "json"))
    let golden = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
    let cases = try #require(golden?["cases"] as? [[String]])
    #expect(cases.count == 400)
    for one in cases {
      #expect(try Self.replaced(one[0], in: one[1]) == one[2], "\(one[0]) in \(one[1])")
    }
  }

  /// Each has 2^n ways through n characters, or looks ahead over them all at each.
  @Test(
    "the time is linear in the text, whatever the pattern",
    arguments: [
      ("(a|a)+c", "a"), ("(a|aa)+c", "a"), ("((a*)*)*c", "a"), ("(?:a*a*a*a*)+?c", "a"),
      ("(?:(?=a*)a)+c", "a"), ("(?>a+)c|(a+)+c", "a"), ("(?:.*?,)*c", "ab"),
      ("(a?){1,30}a{30}c", "a"),
    ])
  func linear(pattern: String, unit: String) throws {
    let text = String(repeating: unit, count: 3_000 / unit.count)
    let clock = ContinuousClock.now
    #expect(try Self.replaced(pattern, in: text) == text)
    #expect(try Self.replaced(pattern, in: text + "c").hasSuffix("-"))
    #expect(ContinuousClock.now - clock < .seconds(60))
  }

  @Test(
    "names are matched from their beginning, as by Python's re.match",
    arguments: [
      (#"(?i)MODEL\.LAYERS"#, true), (#"(?P<layers>model\.layers)\.\d+"#, true),
      (#"model\.layers\.(?!3\.)"#, false), (#"layers"#, false), (#"model(?:\.\w+){4}$"#, true),
      (#"model\.layers\.3\.mlp\.down_proj\Z"#, true), (#"[]m]odel"#, true), (#"[[m]odel"#, true),
      (#"m.*+j"#, false), (#"^m\b"#, false), (#".*\.[\D.]+$"#, true),
    ])
  func names(pattern: String, expected: Bool) throws {
    let name = "model.layers.3.mlp.down_proj"
    #expect(try NamePattern(pattern).matchesBeginning(of: name.unicodeScalars) == expected)
  }
}
