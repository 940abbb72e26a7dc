import Analysis
import Basics
import Codecs
import Foundation
import Testing

/// What `make_task_metrics.py` writes.
private struct MetricGolden {
  let file: JSONValue

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/task-metrics.json", withExtension: "gz"))
    let stream = try CompressedStream.open(
      FileByteStream(url, name: url.path), name: url.path)
    file = try JSONValue(parsing: stream.all(of: url.path))
  }

  func list(_ key: String) throws -> [JSONValue] { try #require(file[key]?.array) }
}

@Suite("Metrics of tasks")
struct TaskMetricTests {
  @Test("char F1 is fuzzywuzzy's token_sort_ratio, on 2,400 pairs")
  func charF1() throws {
    let pairs = try MetricGolden().list("ratios")
    #expect(pairs.count == 2400)
    var differing: [String] = []
    for pair in pairs {
      let row = try #require(pair.array)
      let (answer, gold) = (try #require(row[0].string), try #require(row[1].string))
      let score = TaskMetric.charF1.score(answer, gold: gold)
      if score != (row[2].number ?? -1) / 100 {
        differing.append(
          "\(answer.debugDescription) \(gold.debugDescription) \(score ?? -1) \(row[2])")
      }
    }
    #expect(differing == [])
  }

  @Test("figures are what Python's float reads")
  func figures() throws {
    for pair in try MetricGolden().list("figures") {
      let row = try #require(pair.array)
      let text = try #require(row[0].string)
      let isNumber = AnswerFormat.number.matches(text)
      #expect(isNumber == !row[1].isNull, "\(text.debugDescription) \(row[1])")
      guard let value = row[1].string else { continue }
      let same = TaskMetric.exactMatchFigure.score(text, gold: value)
      // nan equals nothing, itself neither.
      #expect(same == (value == "nan" ? 0 : 1), "\(text.debugDescription) \(value)")
      #expect(TaskMetric.exactMatchFigure.score(text, gold: "8.25") == 0)
    }
    #expect(TaskMetric.exactMatchFigure.score("1,000", gold: "1000") == 0)
    #expect(TaskMetric.exactMatchFigure.score("three", gold: "three") == 0)
  }

  @Test("exact match knows scalars, not what they look like")
  func exactMatch() {
    #expect(TaskMetric.exactMatch.score("が", gold: "が") == 1)
    #expect(TaskMetric.exactMatch.score("か\u{3099}", gold: "が") == 0)
    #expect(TaskMetric.exactMatch.score("A ", gold: "A") == 0)
  }

  @Test("set F1: answers' lines once each, right ones as often as they stand there")
  func setF1() {
    func score(_ answer: String, _ gold: String) -> Double {
      TaskMetric.setF1.score(answer, gold: gold) ?? .nan
    }
    #expect(score("a\nb", "b\n a ") == 1)
    #expect(score("a\na\nb", "a\nb") == 1)
    // One hit of one line, of three: 2 · 1 · ⅓ / (1 + ⅓).
    #expect(abs(score("a", "a\na\nb") - 0.5) < 1e-15)
    #expect(score("c", "a\nb") == 0 && score("", "a") == 0 && score("", "") == 1)
    #expect(abs(score("a\nc\nd", "a\nb") - 0.4) < 1e-15)
    // Spaces are no lines: wiki_ner's answers on one line must be the same text.
    #expect(score("東京（地名） 田中（人名）", "田中（人名） 東京（地名）") == 0)
  }

  @Test("correlations are scipy's; of what is constant there is none")
  func correlations() throws {
    for entry in try MetricGolden().list("correlations") {
      let x = try #require(entry["x"]?.array).compactMap(\.number)
      let y = try #require(entry["y"]?.array).compactMap(\.number)
      for metric in [TaskMetric.pearson, .spearman] {
        // Answers below 0 can only be those without a number.
        let answers = x.map { "類似度は\($0)です" }
        let score = metric.score(answers, golds: y.map { "\($0)" })
        let expected = entry[metric.rawValue]?.number
        #expect(score.items == x.count)
        if let expected {
          #expect(abs(score.value - expected) < 1e-12, "\(metric) \(x) \(y)")
          #expect(x.count < 3 || score.stderr >= 0)
        } else {
          #expect(score.value.isNaN && score.stderr.isNaN)
        }
      }
    }
    // No number is −2, which is not what no answer was.
    let score = TaskMetric.pearson.score(["わからない", "1", "1.2.3"], golds: ["-2", "1", "-2"])
    #expect(score.value == 1)
    #expect(TaskMetric.pearson.score(["1", "2"], golds: ["1", "近い"]).value.isNaN)
    #expect(TaskMetric.spearman.score(["1"], golds: ["1"]).value.isNaN)
    #expect(TaskMetric.pearson.score("1", gold: "1") == nil)
  }

  @Test("a correlation's error is what other items would have given")
  func correlationError() {
    // 200 pairs of r = 0.6: (1 − r²)/√(n − 1) is 0.045.
    var random = SplitMix64(seed: 7)
    func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + random.uniform() } }
    let pairs = (0..<200).map { _ -> (Double, Double) in
      let shared = normal()
      return (10 + shared, 10 + 0.6 * shared + 0.8 * normal())
    }
    let score = TaskMetric.pearson.score(
      pairs.map { "\($0.0)" }, golds: pairs.map { "\($0.1)" })
    #expect(abs(score.value - 0.6) < 0.15)
    let theory = (1 - score.value * score.value) / 199.0.squareRoot()
    #expect(abs(score.stderr / theory - 1) < 0.2, "\(score.stderr) \(theory)")
  }

  @Test("means have an error, those of answers all alike Wilson's")
  func means() {
    let score = TaskMetric.exactMatch.score(["a", "b", "c", "d"], golds: ["a", "b", "x", "x"])
    #expect(score.value == 0.5 && score.items == 4)
    #expect(abs(score.stderr - (1.0 / 12).squareRoot()) < 1e-12)
    let all = TaskMetric.exactMatch.score(["a", "b"], golds: ["a", "b"])
    #expect(all.value == 1 && all.stderr > 0)
    #expect(TaskMetric.charF1.score([], golds: []).value.isNaN)
  }

  @Test("names are llm-jp-eval's; others are answered with the list")
  func names() throws {
    #expect(try TaskMetric(named: "char_f1", ofTask: "jsquad") == .charF1)
    #expect(try TaskMetric(named: "exact_match_figure", ofTask: "mawps") == .exactMatchFigure)
    let error = #expect(throws: InputError.self) {
      try TaskMetric(named: "comet_wmt22", ofTask: "alt-e-to-j")
    }
    #expect(
      error
        == InputError(
          .badData, asked: "score the task alt-e-to-j by comet_wmt22",
          found: "a metric that is not computed here; those that are: exact_match,"
            + " exact_match_figure, char_f1, set_f1, pearson, spearman",
          hint:
            "give one of these as metrics of the file; scores by other models (COMET, BERTScore,"
            + " judges) are imported, not computed"))
  }

  @Test("a base's answers beside a model's: right and wrong, shares, correlations")
  func comparison() throws {
    let golds = (0..<40).map { "\($0 % 5)" }
    let worse = golds.enumerated().map { $0 < 10 ? "x" : $1 }
    let right = try #require(
      TaskComparison(worse, base: golds, golds: golds, metric: .exactMatch, task: "t"))
    #expect(right.difference == -0.25 && right.worse == 10 && right.better == 0)
    #expect(right.verdict == .worse && abs((right.signTestP ?? 1) - 2.0 / 1024) < 1e-12)
    let itself = try #require(
      TaskComparison(golds, base: golds, golds: golds, metric: .charF1, task: "t"))
    #expect(itself.difference == 0 && itself.verdict == .same)
    let similar = try #require(
      TaskComparison(worse, base: golds, golds: golds, metric: .pearson, task: "t"))
    #expect(similar.difference < -0.1 && similar.better == nil && similar.verdict == .worse)
    #expect(try #require(similar.interval).upperBound < 0)
    let none = try #require(
      TaskComparison(
        golds.map { _ in "3" }, base: golds, golds: golds, metric: .pearson, task: "t"))
    #expect(none.difference.isNaN && none.interval == nil && none.verdict == .same)
    #expect(TaskComparison([], base: [], golds: [], metric: .charF1, task: "t") == nil)
  }
}

@Suite("Answers as they are compared")
struct AnswerTests {
  @Test("texts are stripped and put in lower and upper case as Python does")
  func python() throws {
    let entries = try MetricGolden().list("words")
    #expect(entries.count > 200)
    for entry in entries {
      let text = try #require(entry["text"]?.string)
      let forms: [(String, AnswerConvention, dataset: String)] = [
        ("strip", .llmJpEval, "jnli"), ("lower", .nejumi, "jnli"), ("upper", .nejumi, "jmmlu_law"),
      ]
      for (key, convention, dataset) in forms {
        let answer = convention.answer(text, dataset: dataset)
        let expected = try #require(entry[key]?.string)
        #expect(
          answer.utf8.elementsEqual(expected.utf8),
          "\(key) \(text.debugDescription) \(answer.debugDescription)")
      }
    }
  }

  @Test("llm-jp-eval 1.3: up to an empty line, stripped, NFKC")
  func llmJpEval() {
    func answer(_ text: String) -> String {
      AnswerConvention.llmJpEval.answer(text, dataset: "jnli")
    }
    #expect(answer(" ｅｎｔａｉｌｍｅｎｔ　\n\n### 入力:") == "entailment")
    #expect(answer("\n\nneutral") == "")
    #expect(answer("a\nb\n \nc") == "a\nb\n \nc")
    // Not lower case, and quotation marks stay.
    #expect(answer("'Neutral'") == "'Neutral'")
    #expect(Array(AnswerConvention.llmJpEval.gold("ｶﾞ１").unicodeScalars) == ["ガ", "1"])
  }

  @Test("Nejumi: by data set, quotation marks off")
  func nejumi() {
    func answer(_ text: String, _ dataset: String) -> String {
      AnswerConvention.nejumi.answer(text, dataset: dataset)
    }
    #expect(answer("\n\n Neutral\n\nなぜなら", "jnli") == "neutral")
    #expect(answer("'\"2\"'", "jcommonsenseqa") == "2")
    #expect(answer("回答: Tokyo", "jsquad") == "tokyo")
    // Taken out before NFKC: the full-width colon stays.
    #expect(answer("回答：Ａ", "jsquad") == "回答:a")
    #expect(answer("答え:b", "jmmlu_anatomy") == "B")
    #expect(answer("ANSWER: c", "mmlu_en_anatomy") == "C")
    #expect(answer("回答:東京", "aio") == "回答:東京")
    #expect(answer("\n\n東京", "aio") == "" && answer("\n\n東京", "wiki_reading") == "東京")
  }

  @Test("the form of answers by data set: table of what has it and what has not")
  func formats() throws {
    let table: [(String, has: [String], hasNot: [String])] = [
      ("mawps", ["3", " 3.5 ", "1_000", "nan"], ["", "三", "3個"]),
      ("mgsm", ["-1"], ["1,000"]),
      ("jblimp", ["a", "b"], ["A", "c", "a "]),
      ("jcommonsenseqa", ["0", "4"], ["5", "", "0.", "00"]),
      ("kuci", ["3"], ["4"]),
      ("jcola-in-domain", ["0", "1"], ["2"]),
      ("jcola-out-of-domain", ["0", "1"], ["2"]),
      ("commonsensemoralja", ["0", "1"], ["2"]),
      ("janli", ["entailment", "non-entailment"], ["neutral"]),
      ("jnli", ["entailment", "contradiction", "neutral"], ["Neutral", "non-entailment"]),
      ("jsick", ["neutral"], ["yes"]),
      ("jamp", ["neutral"], ["yes"]),
      ("jsem", ["yes", "no", "unknown", "undef"], ["neutral"]),
      ("jmmlu_anatomy", ["A", "D"], ["E", "a", "AB"]),
      ("mmlu_en_anatomy", ["A", "D"], ["E"]),
      ("wiki_ner", ["東京（地名） 田中（人名）", ""], ["東京(地名)", "（地名）", "東京（地名）田中"]),
      ("wiki_dependency", ["私は -> 行く\n家に->行く"], ["", "->行く", "私は->", "私は-> 行く\n"]),
      ("chabsa", ["売上 positive", "売上\tnegative。\n利益　neutral"], ["売上positive", " positive", ""]),
    ]
    for (dataset, has, hasNot) in table {
      let format = try #require(AnswerFormat(dataset: dataset))
      for answer in has { #expect(format.matches(answer), "\(dataset) \(answer)") }
      for answer in hasNot { #expect(!format.matches(answer), "\(dataset) \(answer)") }
    }
    for dataset in ["aio", "jsquad", "jemhopqa", "niilc", "wiki_pas", "alt-e-to-j", "jsts"] {
      #expect(AnswerFormat(dataset: dataset) == nil)
    }
    let rate = try #require(AnswerFormat(dataset: "jnli")).rate(["neutral", "はい", "neutral", "?"])
    #expect(rate.value == 0.5 && rate.items == 4 && rate.stderr > 0)
  }
}
