import Analysis
import Basics
import Compute
import Foundation
import Model
import TestSupport
import Testing
import Tokenizers

@Suite("Questions whose answers a model writes")
struct OpenQuestionsTests {
  private let tokenizer: Tokenizer

  init() throws { tokenizer = try Tokenizer(directory: Repository.demoModel) }

  private func task(
    _ name: String = "jnli", metrics: [String] = ["exact_match"], outputs: [String] = ["x", "y"]
  ) -> EvaluationTask {
    EvaluationTask(
      name: name, instruction: "指示文", outputLength: 7, metrics: metrics,
      fewShots: [.init(input: "例一", output: "甲"), .init(input: "例二", output: "乙")],
      samples: outputs.enumerated().map { .init(input: "問\($0)", output: $1) })
  }

  @Test("llm-jp-eval's prompts without and with examples, to the letter")
  func prompts() throws {
    let head = "以下は、タスクを説明する指示と、文脈のある入力の組み合わせです。要求を適切に満たす応答を書きなさい。\n\n### 指示:\n指示文\n\n"
    let none = try OpenQuestions(task(), shots: 0, tokenizer: tokenizer)
    #expect(none.prompts == ["問0", "問1"].map { head + "### 入力:\n\($0)\n\n### 応答:\n" })
    #expect(none.windows[1] == tokenizer.encode(none.prompts[1]))
    #expect(none.convention == .llmJpEval && none.longest == none.windows.longest + 7)
    let two = try OpenQuestions(task(), shots: 2, limit: 1, tokenizer: tokenizer)
    #expect(
      two.prompts == [
        head + "### 入力:\n例一\n\n### 応答:\n甲\n\n### 入力:\n例二\n\n### 応答:\n乙\n\n### 入力:\n問0\n\n### 応答:\n"
      ])
    #expect(
      throws: InputError(
        .usage, asked: "3 examples before each question of jnli", found: "a file with 2",
        hint: "give --shots 0 to 2, or a file with more few_shots")
    ) { try OpenQuestions(task(), shots: 3, tokenizer: tokenizer) }
    var endless = task()
    endless.outputLength = .max
    #expect(
      throws: InputError(
        .badData, asked: "write the answers of jnli",
        found: "output_length \(Int.max), where up to 1048576 tokens are one answer",
        hint: "give the most tokens of an answer as output_length of the file")
    ) { try OpenQuestions(endless, shots: 0, tokenizer: tokenizer) }
  }

  @Test("what is to be correlated is a number", arguments: ["二", "nan", "inf", ""])
  func numbers(output: String) throws {
    #expect(
      throws: InputError(
        .badData, asked: "score the task jsts by spearman",
        found: "the output of samples[1] is \(output), which is no finite number",
        hint: "give numbers as outputs, or leave spearman out of the file's metrics")
    ) {
      try OpenQuestions(
        task("jsts", metrics: ["exact_match", "spearman"], outputs: ["1.5", output]), shots: 0,
        tokenizer: tokenizer)
    }
    let sound = try OpenQuestions(
      task("jsts", metrics: ["spearman"], outputs: ["1.5", "２"]), shots: 0, tokenizer: tokenizer)
    #expect(sound.metrics == [.spearman])
  }

  @Test("Nejumi's messages through a chat template, whose special tokens are not put there twice")
  func chat() throws {
    let template = try ChatTemplate(
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        + "{% if add_generation_prompt %}<assistant>{% endif %}")
    let start =
      "<user>以下に、あるタスクを説明する指示があり、それに付随する入力が更なる文脈を提供しています。リクエストを適切に完了するための回答を記述してください。\n指示文\n\n"
    let none = try OpenQuestions(
      task(), shots: 0, limit: 1, template: template, tokenizer: tokenizer)
    #expect(none.prompts == [start + "問0<assistant>"])
    #expect(none.windows == [tokenizer.encode(none.prompts[0], addSpecialTokens: false)])
    #expect(none.convention == .nejumi)
    let two = try OpenQuestions(
      task(), shots: 2, limit: 1, template: template, tokenizer: tokenizer)
    #expect(
      two.prompts == [start + "例一<assistant>甲<user>例二<assistant>乙<user>問0<assistant>"])
    let english = try OpenQuestions(
      task("mmlu_en_anatomy"), shots: 0, limit: 1, template: template, tokenizer: tokenizer)
    #expect(
      english.prompts == [
        "<user>The following text provides instructions for a certain task.\n指示文\n\n問0<assistant>"
      ])
    #expect(
      throws: InputError(
        .badData, asked: "ask question 0 of jnli", found: "a prompt without a token",
        hint: "check the chat template and the tokenizer of the model")
    ) {
      try OpenQuestions(
        task(), shots: 0, template: ChatTemplate("{{ '' }}"), tokenizer: tokenizer)
    }
  }

  @Test("a model without a chat template: what to leave out")
  func noTemplate() throws {
    try withTemporaryDirectory { folder in
      #expect(
        throws: InputError(
          .missing, asked: "read the chat template of \(folder.path)",
          found: "no chat_template.jinja, and no chat_template in tokenizer_config.json",
          hint: "leave --chat out for models without one")
      ) { try ChatTemplate(directory: folder, option: "--chat") }
    }
  }

  @Test("nothing after an empty line changes an answer, but where words are taken off first")
  func enough() throws {
    let plain = try OpenQuestions(task(), shots: 0, tokenizer: tokenizer)
    #expect(!plain.isEnough("甲\n乙\n") && plain.isEnough("甲\n\n") && plain.isEnough("\n\n甲"))
    let chat = try OpenQuestions(
      task(), shots: 0, template: ChatTemplate("{{ messages[0].content }}"), tokenizer: tokenizer)
    #expect(!chat.isEnough("\n\n甲\n\n"))
  }

  private func answers(_ texts: [String], _ task: EvaluationTask) throws -> GeneratedAnswers {
    GeneratedAnswers(
      try OpenQuestions(task, shots: 0, tokenizer: tokenizer), texts: texts,
      continuations: texts.map { _ in Continuation(tokens: [], end: .length) })
  }

  @Test(
    "answers are scored by the file's metrics, their form by the data set; those unknown are named")
  func scores() throws {
    let task = task(
      metrics: ["exact_match", "comet_wmt22", "char_f1"],
      outputs: ["entailment", "neutral", "contradiction"])
    let questions = try OpenQuestions(task, shots: 0, tokenizer: tokenizer)
    #expect(
      questions.metrics == [.exactMatch, .charF1] && questions.otherMetrics == ["comet_wmt22"])
    let answers = try answers(["entailment\n\nx", " ｎｅｕｔｒａｌ", "contra"], task)
    #expect(answers.answers == ["entailment", "neutral", "contra"])
    #expect(answers.scores.map(\.metric) == [.exactMatch, .charF1])
    #expect(abs(answers.scores[0].score.value - 2.0 / 3) < 1e-12)
    #expect(answers.formatRate.map { abs($0.value - 2.0 / 3) < 1e-12 } == true)
    #expect(answers.itemScores == [1, 1, 0])
    #expect(try self.answers(["a", "b", "c"], self.task("own")).formatRate == nil)
  }

  @Test("beside the base: what became of each answer")
  func flips() throws {
    let exact = task(outputs: ["a", "b", "c", "d"])
    let model = try answers(["a", "x", "x", "d"], exact)
    let base = try answers(["x", "b", "y", "d"], exact)
    #expect(model.flips(from: base) == [.wrongToRight, .rightToWrong, .different, nil])
    let graded = task(metrics: ["pearson", "char_f1"], outputs: ["1234", "1234", "1234"])
    let better = try answers(["123", "19", "1234"], graded)
    let worse = try answers(["1", "123", "12"], graded)
    #expect(better.flips(from: worse) == [.better, .worse, .wrongToRight])
    let correlated = task(metrics: ["pearson"], outputs: ["1", "2"])
    #expect(
      try answers(["1", "3"], correlated).flips(from: answers(["1", "2"], correlated)) == [
        nil, .different,
      ])
    let comparison = try #require(model.comparison(with: base, by: .exactMatch))
    #expect((comparison.better, comparison.worse) == (1, 1) && comparison.verdict == .same)
  }

  @Test("a model writes what it goes on with, up to an empty line; labels are a choice")
  func written() throws {
    let fixtures = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    let task = try EvaluationTask(
      contentsOf: fixtures.appendingPathComponent("tasks/colours.json"))
    #expect(task.isChoice && !self.task(outputs: (0..<30).map { "\($0)" }).isChoice)
    let questions = try OpenQuestions(task, shots: 2, tokenizer: tokenizer)
    let decoder = try Decoder.open(Repository.demoModel, engine: CPUEngine()) { _ in }
    let decoding = GreedyDecoding(
      try KeptModel(decoder, positions: questions.longest), endTokens: [])
    var steps: [Int] = []
    let answers = try questions.answers(decoding, tokenizer: tokenizer) { steps.append($0) }
    #expect(steps.last == 4 && steps == steps.sorted())
    for (window, continuation) in zip(questions.windows, answers.continuations) {
      var tokens = window
      for token in continuation.tokens {
        let logits = try decoder.logits([tokens])
        let row = logits.row(tokens.count - 1)
        #expect(row[row.startIndex + Int(token)] == row.max())
        tokens.append(token)
      }
      let text = tokenizer.decode(continuation.tokens)
      #expect(continuation.tokens.count == 3 || text.contains("\n\n"))
    }
    #expect(answers.texts == answers.continuations.map { tokenizer.decode($0.tokens) })
  }
}
