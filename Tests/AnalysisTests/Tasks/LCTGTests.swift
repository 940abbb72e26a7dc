import Analysis
import Basics
import Foundation
import TestSupport
import Testing

@Suite("LCTG-Bench's scores by rule")
struct LCTGTests {
  @Test("lengths count scalars, words are found scalar by scalar, no bare text is no success")
  func conditions() {
    func holds(_ condition: LCTGScores.Condition, _ bare: String) -> Bool {
      condition.holds(bare, bare: bare)
    }
    // A family of three is five scalars, and one character of Swift.
    #expect(holds(.length(5...5), "👨‍👩‍👧") && holds(.length(2...2), "か\u{3099}"))
    #expect(holds(.length(3...4), "三文字") && !holds(.length(4...9), "三文字"))
    #expect(holds(.contains("がく"), "学習は、がく") && !holds(.contains("が"), "か\u{3099}"))
    #expect(holds(.contains("A"), "ＡA") && !holds(.contains("A"), "Ａ"))
    #expect(holds(.lacks("禁止"), "止禁") && !holds(.lacks("禁止"), "それは禁止です"))
    for condition in [LCTGScores.Condition.bare, .length(0...99), .contains("E"), .lacks("x")] {
      #expect(!condition.holds("Invalid Error", bare: "Invalid Error"))
    }
  }

  @Test("form: the same ten characters at both ends, blanks aside; of ten or fewer the whole")
  func form() {
    let text = "これは要約の本文であり、十文字より長いものです。"
    #expect(LCTGScores.Condition.bare.holds("\n " + text + "　", bare: text))
    #expect(!LCTGScores.Condition.bare.holds("以下に要約します。\n" + text, bare: text))
    #expect(!LCTGScores.Condition.bare.holds(text + "\n以上です。", bare: text))
    // Only the ends are looked at.
    #expect(LCTGScores.Condition.bare.holds("これは要約の本文であ…省略…十文字より長いものです。", bare: text))
    #expect(LCTGScores.Condition.bare.holds("短 い文", bare: "短い文"))
    #expect(!LCTGScores.Condition.bare.holds("短い文です", bare: "短い文"))
  }

  /// Two prompts and their outputs: our own, in LCTG-Bench's members.
  private static let prompts = """
    {"prompt_id": 7, "base_text": "x", "char_count_answer": [2, 4], "keyword_answer": "雨", "prohibited_word_answer": "雪"}
    {"prompt_id": 8, "base_text": "y", "char_count_answer": [1, 2], "keyword_answer": "風", "prohibited_word_answer": "雲"}
    {"prompt_id": 9, "base_text": "z", "char_count_answer": [1, 2], "keyword_answer": "山", "prohibited_word_answer": "川"}
    """

  private func scores(_ outputs: String, prompts: String? = prompts) throws -> LCTGScores {
    try withTemporaryDirectory { folder in
      let file = folder.appendingPathComponent("weather.jsonl")
      try outputs.write(to: file, atomically: true, encoding: .utf8)
      let other = try prompts.map { text in
        let url = folder.appendingPathComponent("prompts.jsonl")
        try text.write(to: url, atomically: true, encoding: .utf8)
        return url
      }
      return try LCTGScores(contentsOf: file, prompts: other)
    }
  }

  @Test("four aspects, one output a prompt")
  func four() throws {
    let scores = try scores(
      """
      {"prompt_id": 7, "format_result": "雨です", "format_result_wo_hf": "雨です", "char_count_result": "はい。雨です", "char_count_result_wo_hf": "雨です", "keyword_result": "雪", "keyword_result_wo_hf": "雪", "prohibited_word_result": "雨", "prohibited_word_result_wo_hf": "雨"}
      {"prompt_id": 8, "format_result": "では。風", "format_result_wo_hf": "風", "char_count_result": "風です", "char_count_result_wo_hf": "風です", "keyword_result": "風", "keyword_result_wo_hf": "風", "prohibited_word_result": "風", "prohibited_word_result_wo_hf": "風"}
      """)
    #expect(scores.name == "weather" && scores.prompts == 2 && scores.unanswered == 1)
    #expect(scores.rows.map(\.aspect) == [.format, .charCount, .keyword, .prohibitedWord])
    #expect(scores.rows.map(\.score.value) == [0.5, 0.5, 0.5, 1])
    #expect(scores.rows.allSatisfy { $0.isBare && $0.iterations == 1 && $0.score.items == 2 })
    #expect(scores.mean == 0.625)
  }

  @Test("several outputs a prompt are averaged; without bare texts there is no form")
  func iterations() throws {
    let scores = try scores(
      """
      {"prompt_id": "a", "char_count_answer": [1, 2], "format_result": ["x", "y"], "char_count_result": ["あ", "ああ"]}
      {"prompt_id": "b", "char_count_answer": [1, 2], "format_result": ["x", "y"], "char_count_result": ["あああ", "あ"]}
      """, prompts: nil)
    #expect(scores.rows.map(\.aspect) == [.charCount] && scores.mean == nil)
    let row = scores.rows[0]
    #expect(row.score.value == 0.75 && row.iterations == 2 && !row.isBare && row.score.items == 2)
    // Over the prompts, not the outputs: ½ and 1.
    #expect(abs(row.score.stderr - 0.25) < 1e-12)
  }

  @Test("what is missing or of another type, word for word")
  func refused() throws {
    let hint =
      "rows of outputs and of prompts are joined by prompt_id; docs/metrics.md says what they hold"
    let cases: [(String, prompts: String, found: String)] = [
      (#"{"id": 7}"#, Self.prompts, "no prompt_id in line 1, an object with id"),
      (#"{"prompt_id": null}"#, Self.prompts, "prompt_id of line 1 is null"),
      (
        #"{"prompt_id": 7}"# + "\n" + #"{"prompt_id": 7}"#, Self.prompts,
        "prompt_id 7 of line 2 for the second time"
      ),
      (
        #"{"prompt_id": 7, "keyword_result": "a"}"# + "\n" + #"{"prompt_id": 8}"#, Self.prompts,
        "no keyword_result in line 2, an object with prompt_id"
      ),
      (
        #"{"prompt_id": 7, "keyword_result": 3}"#, Self.prompts,
        "keyword_result of line 1 is 3, a number, where a text or a list of texts is needed"
      ),
      (
        #"{"prompt_id": 7, "keyword_result": ["a", "b"], "keyword_result_wo_hf": "a"}"#,
        Self.prompts, "2 of keyword_result and 1 of keyword_result_wo_hf in line 1"
      ),
      (
        #"{"prompt_id": 7, "keyword_result": "a"}"# + "\n"
          + #"{"prompt_id": 8, "keyword_result": ["a", "b"]}"#, Self.prompts,
        "keyword: 2 outputs without _wo_hf of line 2, 1 output without _wo_hf before"
      ),
      (
        #"{"prompt_id": 7, "keyword_result": "a"}"#, #"{"prompt_id": 7}"#,
        "no keyword_answer in line 1, an object with prompt_id"
      ),
      (
        #"{"prompt_id": 7, "keyword_result": "a"}"#, #"{"prompt_id": 7, "keyword_answer": ""}"#,
        #"keyword_answer of line 1 is "", a string, where a word is needed"#
      ),
      (
        #"{"prompt_id": 7, "char_count_result": "a"}"#,
        #"{"prompt_id": 7, "char_count_answer": [9, 3]}"#,
        "char_count_answer of line 1 is a list of 2, where [least, most] is needed"
      ),
    ]
    for (outputs, prompts, found) in cases {
      let error = #expect(throws: InputError.self) { try scores(outputs, prompts: prompts) }
      #expect(error?.found == found && error?.hint == hint && error?.kind == .badData)
      #expect(error?.asked.hasPrefix("score the outputs /") == true)
    }
    let stranger = #expect(throws: InputError.self) {
      try scores(#"{"prompt_id": 70, "keyword_result": "a"}"#)
    }
    #expect(stranger?.found.hasPrefix("prompt_id 70 of line 1, which /") == true)
    #expect(stranger?.found.hasSuffix("prompts.jsonl does not have") == true)
    let none = #expect(throws: InputError.self) { try scores(#"{"prompt_id": 7}"#) }
    #expect(
      none?.hint
        == "a row has prompt_id and, of one aspect or more, format_result, char_count_result,"
        + " keyword_result, prohibited_word_result")
    #expect(none?.found == "rows without outputs that can be scored")
  }
}
