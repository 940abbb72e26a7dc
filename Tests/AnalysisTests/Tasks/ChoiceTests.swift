import Analysis
import Basics
import Compute
import Foundation
import Model
import TestSupport
import Testing
import Tokenizers

@Suite("Multiple choice by log-likelihood")
struct ChoiceTests {
  /// What `make_tasks.py` writes.
  private struct Golden: Decodable {
    var choices: [String]
    var log_likelihoods: [String: [[Double]]]
  }

  private static func fixtures() throws -> URL {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
  }

  @Test("log-likelihoods of transformers behind llm-jp-eval's prompts", arguments: [0, 2])
  func golden(shots: Int) throws {
    let fixtures = try Self.fixtures()
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: fixtures.appendingPathComponent("tasks.json")))
    let expected = try #require(golden.log_likelihoods["\(shots)"])
    let questions = try ChoiceQuestions(
      EvaluationTask(contentsOf: fixtures.appendingPathComponent("tasks/colours.json")),
      shots: shots, tokenizer: Tokenizer(directory: Repository.demoModel))
    #expect(questions.choices == golden.choices)
    let decoder = try Decoder.open(Repository.demoModel, engine: CPUEngine()) { _ in }
    let answers = try questions.answers(Scoring(decoder).score([questions.domain])[0])
    for (row, other) in zip(answers.logLikelihoods, expected) {
      // Float32 sums in another order.
      #expect(zip(row, other).allSatisfy { abs($0 - $1) < 1e-3 }, "\(row) \(other)")
    }
    #expect(answers.gold.map { answers.choices[$0] } == ["青", "赤", "黄色", "緑"])
    let limited = try ChoiceQuestions(
      questions.task, shots: 0, limit: 2, tokenizer: Tokenizer(directory: Repository.demoModel))
    #expect(limited.task.samples.count == 2 && limited.choices == golden.choices)
  }

  @Test("picks, by bytes too; the right answer's share; ties go to the first")
  func answers() {
    let answers = ChoiceAnswers(
      choices: ["a", "bbb"], gold: [0, 1, 1], logLikelihoods: [[-1, -2], [-1, -2], [-3, -3]])
    #expect(answers.picks == [0, 0, 0])
    #expect(answers.normalizedPicks == [1, 1, 1])
    #expect(answers.right == [1, 0, 0] && answers.normalizedRight == [0, 1, 1])
    let expected = [log(1 + exp(-1.0)), 1 + log(1 + exp(-1.0)), log(2)]
    #expect(zip(answers.goldNLL, expected).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test("flips: seven of seven against the model are worse, three of five are chance")
  func comparison() throws {
    func answers(_ picks: [Int]) -> ChoiceAnswers {
      ChoiceAnswers(
        choices: ["0", "1", "2"], gold: picks.map { _ in 0 },
        logLikelihoods: picks.map { pick in (0..<3).map { $0 == pick ? 0 : -5 } })
    }
    let right = [Int](repeating: 0, count: 13)
    let base = answers(right + [0, 0, 0, 0, 0, 0, 0])
    let worse = try #require(
      ChoiceComparison(answers(right + [1, 1, 1, 1, 2, 2, 2]), base: base, task: "t"))
    #expect(worse.count(.rightToWrong) == 7 && worse.count(.wrongToRight) == 0)
    // Exact: 2 / 2⁷.
    #expect(abs(worse.paired.signTestP - 0.015625) < 1e-12)
    #expect(worse.verdict == .worse && worse.goldNLL.mean > 0)
    let mixed = try #require(
      ChoiceComparison(
        answers(right + [1, 1, 1, 0, 0, 2, 0]), base: answers(right + [0, 0, 0, 1, 2, 1, 0]),
        task: "t"))
    #expect(mixed.count(.rightToWrong) == 3 && mixed.count(.wrongToRight) == 2)
    #expect(mixed.count(.wrongToWrong) == 1 && mixed.flips[19] == nil)
    #expect(mixed.verdict == .same && mixed.verdict.rawValue == "cannot be told apart")
    let itself = try #require(ChoiceComparison(base, base: base, task: "t"))
    #expect(itself.verdict == .same && itself.paired.difference == 0)
    // None of 20 differ: with 5 % chance so, where 0.139 do.
    let unseen = 1 - pow(0.05, 1.0 / 20)
    #expect(abs(itself.paired.interval.upperBound - unseen) < 1e-12)
    #expect(itself.paired.interval.lowerBound == -itself.paired.interval.upperBound)
    #expect(itself.paired.stderr > 0)
    let all = try #require(
      ChoiceComparison(answers([Int](repeating: 1, count: 20)), base: base, task: "t"))
    #expect(all.paired.difference == -1 && all.paired.interval.lowerBound == -1)
    #expect(abs(all.paired.interval.upperBound + 1 - unseen) < 1e-12 && all.verdict == .worse)
  }

  @Test("a share of all or of none has an error: Wilson's")
  func share() {
    let mixed = ChoiceAnswers.share([1, 0, 0, 1, 1])
    #expect(mixed.value == 0.6 && abs(mixed.stderr - 0.06.squareRoot()) < 1e-12)
    for value in [0.0, 1] {
      // Ten alike: 0.2775 is Wilson's 95 % interval.
      let share = ChoiceAnswers.share([Double](repeating: value, count: 10))
      #expect(share.value == value && abs(share.stderr * 2 * 1.96 - 0.2775) < 1e-3)
    }
    #expect(ChoiceAnswers.share([]).stderr.isNaN)
  }
}

@Suite("Task files")
struct TaskFileTests {
  private func file(_ text: String, _ name: String, _ folder: URL) throws -> URL {
    let url = folder.appendingPathComponent(name)
    try text.write(to: url, atomically: true, encoding: .utf8)
    return url
  }

  /// The beginning of a task's file.
  private static let head = #"{"instruction": "x", "output_length": 1, "metrics": ["exact_match"]"#

  @Test("what is missing is named, word for word")
  func missing() throws {
    try withTemporaryDirectory { folder in
      let hint =
        "give a JSON file of llm-jp-eval with instruction, output_length, metrics, few_shots and"
        + " samples, or a file of JGLUE"
      let cases = [
        (#"{"instruction": "x"}"#, "no output_length in an object with instruction"),
        (#"{"few_shots": []}"#, "no instruction in an object with few_shots"),
        (#"{"instruction": 3, "output_length": 1}"#, "instruction is 3, a number"),
        (
          #"{"instruction": "x", "output_length": 0}"#,
          "output_length is 0, a number, where a whole number from 1 is needed"
        ),
        (
          #"{"instruction": "x", "output_length": "25"}"#,
          #"output_length is "25", a string, where a whole number from 1 is needed"#
        ),
        (
          #"{"instruction": "x", "output_length": 1}"#,
          "no metrics in an object with instruction, output_length"
        ),
        (#"{"instruction": "x", "output_length": 1, "metrics": []}"#, "metrics is an empty list"),
        (
          #"{"instruction": "x", "output_length": 1, "metrics": "char_f1"}"#,
          #"metrics is "char_f1", a string"#
        ),
        (
          #"{"instruction": "x", "output_length": 1, "metrics": ["char_f1", 3]}"#,
          "metrics[1] is 3, a number"
        ),
        (
          Self.head + "}",
          "no few_shots in an object with instruction, output_length, metrics"
        ),
        (
          Self.head + #", "few_shots": [], "samples": [{"input": "a"}]}"#,
          "output of samples[0] is missing, where a text is needed"
        ),
        (
          Self.head + #", "few_shots": [], "samples": [{"input": "a", "output": 1}]}"#,
          "output of samples[0] is 1, a number, where a text is needed"
        ),
        (Self.head + #", "few_shots": [], "samples": []}"#, "no samples"),
        (Self.head + #", "few_shots": {}}"#, "few_shots is an empty object"),
      ]
      for (text, found) in cases {
        let url = try file(text, "task.json", folder)
        let error = #expect(throws: InputError.self) { try EvaluationTask(contentsOf: url) }
        #expect(
          error
            == InputError(.badData, asked: "read the task \(url.path)", found: found, hint: hint))
      }
    }
  }

  @Test("answers that are no choice, and more examples than there are")
  func refused() throws {
    let tokenizer = try Tokenizer(directory: Repository.demoModel)
    let task = EvaluationTask(
      name: "open", instruction: "x", outputLength: 3, metrics: ["char_f1"], fewShots: [],
      samples: (0..<30).map { .init(input: "a", output: "\($0)") })
    let open = #expect(throws: InputError.self) {
      try ChoiceQuestions(task, shots: 0, tokenizer: tokenizer)
    }
    #expect(
      open
        == InputError(
          .badData, asked: "choose among the answers of open",
          found: "30 different outputs in 30 samples, where 2 to 26 are a choice",
          hint: "give a task whose outputs are labels, such as jcommonsenseqa or jnli, or have its"
            + " answers written: tenbin evaluate tasks --answers generated"))
    let shots = #expect(throws: InputError.self) {
      try ChoiceQuestions(task, shots: 2, tokenizer: tokenizer)
    }
    #expect(
      shots
        == InputError(
          .usage, asked: "2 examples before each question of open", found: "a file with 0",
          hint: "give --shots 0 to 0, or a file with more few_shots"))
  }
}
