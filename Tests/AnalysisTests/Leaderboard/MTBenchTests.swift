import Analysis
import Basics
import Foundation
import TestSupport
import Testing

@Suite("Judgments of MT-Bench")
struct MTBenchTests {
  private func export(_ judgments: String, questions: String? = nil) throws -> LeaderboardExport {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("gpt-4_single.jsonl")
      try judgments.write(to: url, atomically: true, encoding: .utf8)
      try questions?.write(
        to: folder.appendingPathComponent("question.jsonl"), atomically: true, encoding: .utf8)
      return try LeaderboardExport(url)
    }
  }

  private static let judgments = """
    {"question_id": 1, "model": "a", "judge": ["gpt-4o", "single-v1"], "score": 8, "turn": 1}
    {"question_id": 1, "model": "a", "score": 5, "turn": 2}
    {"question_id": 2, "model": "a", "score": -1, "turn": 1}
    {"question_id": 2, "model": "a", "score": 6.5, "turn": 2}
    {"question_id": 3, "model": "a", "score": 10, "turn": 1}
    {"question_id": 1, "model": "b", "score": 9, "turn": 1}
    {"question_id": 3, "model": "b", "score": -1, "turn": 1}
    """

  private static let questions = """
    {"question_id": 1, "category": "writing", "turns": ["x", "y"]}
    {"question_id": 2, "category": "writing", "turns": ["x", "y"]}
    {"question_id": 3, "category": "math", "turns": ["x", "y"]}
    """

  @Test("means over questions and turns; what has no rating is left out")
  func means() throws {
    let scores = try export(Self.judgments, questions: Self.questions).scores
    #expect(scores.map { "\($0.model) \($0.category)" } == ["a writing", "a math", "b writing"])
    #expect(scores[0].value == 0.65 && scores[0].items == 2 && scores[0].group == "MT-Bench")
    #expect(abs((scores[0].step ?? 0) - 1.0 / 30) < 1e-15)
    #expect(scores[1].value == 1 && scores[2].value == 0.9 && scores[2].items == 1)
    let comparison = try #require(ScoreTable(scores: scores).comparisons().first)
    #expect(
      comparison.first.category == "writing" && abs(abs(comparison.difference) - 0.25) < 1e-12)
    let named = try export(#"{"question_id": "x", "model": "a", "category": "stem", "score": 7}"#)
    #expect(named.scores.map(\.value) == [0.7])
  }

  @Test("what is missing or of another type, word for word")
  func refused() throws {
    let hint = "give FastChat's judgments: JSON lines with question_id, model, turn and score"
    let place = "of gpt-4_single.jsonl line 1"
    let cases = [
      (
        #"{"model": "a"}"#, "question_id \(place) is missing, where a number or a text is needed",
        hint
      ),
      (#"{"question_id": 1}"#, "model \(place) is missing, where a text is needed", hint),
      (
        #"{"question_id": 1, "model": "a", "score": "8"}"#,
        #"score \#(place) is "8", a string, where a number from 0 to 10, or -1 is needed"#, hint
      ),
      (
        #"{"question_id": 1, "model": "a", "score": 11}"#,
        "score \(place) is 11, a number, where a number from 0 to 10, or -1 is needed", hint
      ),
      (
        #"{"question_id": 1, "model": "a", "score": 8}"#,
        "no category of question 1, gpt-4_single.jsonl line 1",
        "put MT-Bench's question.jsonl beside it, or a category into each row"
      ),
      (
        #"{"question_id": 1, "model": "a", "category": "math", "score": -1}"#,
        "no judgment with a rating", hint
      ),
    ]
    for (text, found, hint) in cases {
      let error = #expect(throws: InputError.self) { try export(text) }
      #expect(error?.found == found && error?.hint == hint && error?.kind == .badData)
      #expect(error?.asked.hasPrefix("import the leaderboard scores of /") == true)
    }
  }
}
