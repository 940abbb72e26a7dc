import Analysis
import Basics
import Foundation
import TestSupport
import Testing

@Suite("JGLUE's files as tasks")
struct JGLUETests {
  private func task(_ text: String, _ name: String) throws -> EvaluationTask {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent(name)
      try text.write(to: url, atomically: true, encoding: .utf8)
      return try EvaluationTask(contentsOf: url)
    }
  }

  private func refusal(_ text: String, _ name: String = "valid-v1.3.json") throws -> InputError {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent(name)
      try text.write(to: url, atomically: true, encoding: .utf8)
      let thrown = #expect(throws: InputError.self) { try EvaluationTask(contentsOf: url) }
      let error = try #require(thrown)
      return InputError(
        error.kind, asked: error.asked.replacingOccurrences(of: url.path, with: name),
        found: error.found.replacingOccurrences(of: url.path, with: name), hint: error.hint)
    }
  }

  private static let board =
    #"{"q_id": 1, "question": "電子回路の板は？", "choice0": "机", "choice1": "板", "choice2": "基板", "choice3": "皿", "choice4": "盆", "label": 2}"#

  // Its authors call JSON lines .json.
  @Test("JCommonsenseQA", arguments: ["jcommonsenseqa.jsonl", "valid-v1.3.json"])
  func commonsenseQA(name: String) throws {
    let task = try task(Self.board + "\n" + Self.board + "\n", name)
    #expect(task.name == String(name.dropLast(name.hasSuffix("l") ? 6 : 5)))
    #expect(task.dataset == "jcommonsenseqa" && task.fewShots.isEmpty)
    #expect(task.outputLength == 1 && task.metrics == ["exact_match"])
    #expect(
      task.samples.first == .init(input: "質問：電子回路の板は？\n選択肢：0.机,1.板,2.基板,3.皿,4.盆", output: "2"))
    #expect(task.instruction.hasPrefix("質問と回答の選択肢を入力として") && task.samples.count == 2)
  }

  @Test("JNLI and JSTS differ by their labels: a text, a number as it is written")
  func pairs() throws {
    let inference = try task(
      #"{"sentence1": "猫が眠る。", "sentence2": "動物が眠る。", "label": "entailment"}"# + "\n",
      "train-v1.1.json")
    #expect(inference.samples == [.init(input: "前提：猫が眠る。\n仮説：動物が眠る。", output: "entailment")])
    #expect(inference.dataset == "jnli" && inference.instruction.hasPrefix("前提と仮説の関係を"))
    #expect(inference.outputLength == 3 && inference.metrics == ["exact_match"])
    let similarity = try task(
      #"{"sentence_pair_id": "0", "sentence1": "猫が眠る。", "sentence2": "犬が眠る。", "label": 2.0}"# + "\n"
        + #"{"sentence1": "猫", "sentence2": "ねこ", "label": 5}"# + "\n"
        + #"{"sentence1": "猫", "sentence2": "山", "label": 0.4}"#,
      "jsts.json")
    #expect(similarity.dataset == "jsts" && similarity.metrics == ["pearson", "spearman"])
    #expect(
      similarity.samples.map(\.output) == ["2.0", "5", "0.4"] && similarity.outputLength == 3)
    #expect(similarity.samples[0].input == "文1：猫が眠る。\n文2：犬が眠る。")
    #expect(similarity.instruction.hasPrefix("日本語の文ペアの意味がどのくらい近いか"))
  }

  @Test("JSQuAD's nested file: a question a sample, the first answer is right")
  func reading() throws {
    let task = try task(
      """
      {"data": [
        {"title": "梅雨", "paragraphs": [
          {"context": "梅雨 [SEP] 梅雨は雨の多い時期。", "qas": [
            {"id": "a", "question": "雨の多い時期は？", "is_impossible": false,
             "answers": [{"text": "梅雨", "answer_start": 9}, {"text": "つゆ", "answer_start": 0}]},
            {"id": "b", "question": "何が多い？", "answers": [{"text": "雨", "answer_start": 12}]}]}]},
        {"title": "空", "paragraphs": []}
      ]}
      """, "valid-v1.3.json")
    #expect(task.dataset == "jsquad" && task.outputLength == 25 && task.metrics == ["char_f1"])
    #expect(
      task.samples == [
        .init(input: "文章：梅雨 [SEP] 梅雨は雨の多い時期。\n質問：雨の多い時期は？", output: "梅雨"),
        .init(input: "文章：梅雨 [SEP] 梅雨は雨の多い時期。\n質問：何が多い？", output: "雨"),
      ])
    #expect(task.instruction.hasPrefix("質問に対する回答を文章から一言で"))
  }

  @Test("what is missing or of another type, word for word")
  func refused() throws {
    let hint =
      "give JCommonsenseQA, JNLI, JSTS or JSQuAD as JGLUE publishes them, or a .json of llm-jp-eval"
    let lines = [
      (#"{"question": "a"}"#, "line 1 has no choice0: an object with question"),
      (
        Self.board.replacingOccurrences(of: #""label": 2"#, with: #""label": 5"#),
        "line 1 has label 5, a number, where a number from 0 to 4 is needed"
      ),
      (
        Self.board.replacingOccurrences(of: #""机""#, with: "null"),
        "line 1 has choice0 null, where a text is needed"
      ),
      (
        #"{"sentence1": "a", "sentence2": "b"}"#,
        "line 1 has no label: an object with sentence1, sentence2"
      ),
      (
        #"{"sentence1": "a", "label": 1.5}"#,
        "line 1 has no sentence2: an object with sentence1, label"
      ),
      (
        #"{"sentence1": "a", "sentence2": "b", "label": "-"}"#,
        #"line 1 has label "-", a string, where entailment, contradiction or neutral is needed"#
      ),
      (
        #"{"sentence1": "a", "sentence2": "b", "label": null}"#,
        "line 1 has label null, where a number is needed"
      ),
      (
        #"{"sentence1": "a", "sentence2": "b", "label": "neutral"}"# + "\n"
          + #"{"sentence1": "a", "sentence2": "b", "label": 1}"#,
        "line 2 is of jsts, in a file of jnli"
      ),
    ]
    for (text, found) in lines {
      #expect(
        try refusal(text)
          == InputError(.badData, asked: "read the task valid-v1.3.json", found: found, hint: hint))
    }
    let number = try refusal(#"{"sentence1": "a", "sentence2": "b", "label": NaN}"#, "jsts.jsonl")
    #expect(number.found.hasPrefix("no JSON: line 1, column 47") && number.hint == hint)
    #expect(number.asked == "read jsts.jsonl:1")
    #expect(try refusal(#"{"text": "a"}"#, "rows.jsonl").found == "line 1 is an object with text")
    #expect(try refusal("\n", "empty.jsonl").found == "no rows")
    let nested = [
      (#"{"data": []}"#, "no questions"),
      (#"{"data": {"a": 1}}"#, "data of the file is an object with a"),
      (
        #"{"data": [{"title": "x"}]}"#,
        "no paragraphs in data[0], an object with title"
      ),
      (
        #"{"data": [{"paragraphs": [{"qas": []}]}]}"#,
        "no context in data[0].paragraphs[0], an object with qas"
      ),
      (
        #"{"data": [{"paragraphs": [{"context": 1, "qas": []}]}]}"#,
        "context of data[0].paragraphs[0] is 1, a number, where a text is needed"
      ),
      (
        #"{"data": [{"paragraphs": [{"context": "c", "qas": [{"question": "q", "answers": []}]}]}]}"#,
        "answers of data[0].paragraphs[0].qas[0] is an empty list: a question without a right answer"
      ),
      (
        #"{"data": [{"paragraphs": [{"context": "c", "qas": [{"question": "q", "answers": [{}]}]}]}]}"#,
        "no text in data[0].paragraphs[0].qas[0].answers[0], an empty object"
      ),
    ]
    for (text, found) in nested {
      #expect(
        try refusal(text)
          == InputError(.badData, asked: "read the task valid-v1.3.json", found: found, hint: hint))
    }
  }
}
