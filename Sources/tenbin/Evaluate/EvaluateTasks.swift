import Analysis
import ArgumentParser
import Basics
import Compute
import Foundation
import Model
import Report
import Tokenizers

extension EvaluateCommand {
  struct Tasks: ParsableCommand {
    /// What of the answers is printed.
    enum Show: String, ExpressibleByArgument, CaseIterable {
      case summary, items
    }

    static let configuration = CommandConfiguration(
      abstract:
        "Multiple choice by log-likelihood, alone or beside the base, question by question.",
      discussion: """
        A task is a JSON file of llm-jp-eval whose outputs are labels, or JGLUE's JCommonsenseQA or JNLI
        as JSON lines. The prompt is llm-jp-eval's; the likeliest answer counts. With --base both models
        answer, and the flips are tested (McNemar) and bootstrapped.

        Examples:
          tenbin evaluate tasks MODEL_DIR --data jcommonsenseqa.jsonl jnli.jsonl
          tenbin evaluate tasks INT4_DIR --base BASE_DIR --data jnli.json --shots 2
          tenbin evaluate tasks INT4_DIR --base BASE_DIR --data jnli.json --show items
        """)

    @Argument(
      help: "The model's folder or its name on the Hub; a GPTQ checkpoint, too.",
      completion: .directory)
    var model: String
    @Option(help: "The model it was made from, to compare with.", completion: .directory)
    var base: String?
    @Option(parsing: .upToNextOption, help: "Task files: .json of llm-jp-eval, .jsonl of JGLUE.")
    var data: [String]
    @Option(help: "Solved examples before each question, the first of the file.")
    var shots = 0
    @Option(help: "Ask no more than this many questions of each file.")
    var maxSamples: Int?
    @Option(help: "summary, or items: a row a question.")
    var show = Show.summary
    @OptionGroup var compute: ComputeOptions
    @Option(help: "table, json, csv or markdown.")
    var format = OutputFormat.table

    func validate() throws {
      if let maxSamples, maxSamples < 1 {
        throw ValidationError("--max-samples \(maxSamples): allowed is 1 or more")
      }
    }

    func run() throws {
      let engine = try compute.engine()
      let directory = try HubCache().model(model)
      let config = try ModelConfig(directory: directory)
      let tokenizer = try Tokenizer(directory: directory)
      let questions = try data.map { path in
        try ChoiceQuestions(
          EvaluationTask(contentsOf: URL(fileURLWithPath: path)), shots: shots, limit: maxSamples,
          tokenizer: tokenizer)
      }
      let domains = questions.map(\.domain)
      for domain in domains {
        let longest = domain.windows.map(\.count).max() ?? 0
        if let note = config.positionNote(longest, of: "prompts of \(domain.name)") {
          Terminal.say("note: \(note)")
        }
        try tokenizer.check(domain.windows, of: domain.name, fit: config)
      }
      let answers = try self.answers(directory, questions, engine)
      let bases = try base.map { try self.answers(HubCache().model($0), questions, engine) }
      let results = questions.indices.map { index in
        TaskAnswers(
          questions: questions[index], model: answers[index], base: bases.map { $0[index] })
      }
      let table =
        switch show {
        case .summary: Table(tasks: results)
        case .items: Table(items: results)
        }
      try Terminal.print(table, as: format)
    }

    private func answers(
      _ directory: URL, _ questions: [ChoiceQuestions], _ engine: any Engine
    ) throws -> [ChoiceAnswers] {
      let decoder = try Decoder.open(directory, engine: engine, warn: Terminal.warn)
      let scores = try showingProgress {
        try Scoring(decoder).score(questions.map(\.domain), progress: $0)
      }
      return zip(questions, scores).map { $0.answers($1) }
    }
  }
}

/// The answers to one task.
private struct TaskAnswers {
  let questions: ChoiceQuestions
  let model: ChoiceAnswers
  let base: ChoiceAnswers?

  var comparison: ChoiceComparison? {
    base.flatMap { ChoiceComparison(model, base: $0, task: questions.task.name) }
  }
}

extension Table {
  /// A row a task.
  fileprivate init(tasks: [TaskAnswers]) {
    var names = [
      "task", "items", "choices", "shots", "accuracy", "accuracy_normalized", "gold_nll",
    ]
    let isPaired = tasks.contains { $0.base != nil }
    if isPaired {
      names += [
        "base_accuracy", "accuracy_delta", "accuracy_delta_low", "accuracy_delta_high",
        "right_to_wrong", "wrong_to_right", "mcnemar_p", "gold_nll_delta", "verdict",
      ]
    }
    self.init(
      columns: names.map { .init($0) },
      rows: tasks.map { task -> [Cell] in
        let answers = task.model
        let own: [Cell] = [
          .text(task.questions.task.name), .integer(answers.gold.count),
          .integer(answers.choices.count), .integer(task.questions.shots),
          .share(answers.right), .share(answers.normalizedRight), .mean(answers.goldNLL),
        ]
        guard let base = task.base, let comparison = task.comparison else { return own }
        let paired = comparison.paired
        return own + [
          .share(base.right), .estimate(paired.difference, stderr: paired.stderr),
          .number(paired.interval.lowerBound), .number(paired.interval.upperBound),
          .integer(comparison.count(.rightToWrong)), .integer(comparison.count(.wrongToRight)),
          .number(paired.signTestP),
          .estimate(comparison.goldNLL.mean, stderr: comparison.goldNLL.stderr),
          .text(comparison.verdict.rawValue),
        ]
      })
  }

  /// A row a question.
  fileprivate init(items: [TaskAnswers]) {
    self.init(
      columns: [
        "task", "item", "gold", "answer", "gold_nll", "base_answer", "base_gold_nll", "flip",
        "input",
      ].map { .init($0) },
      rows: items.flatMap { task -> [[Cell]] in
        let flips = task.comparison?.flips
        return task.questions.task.samples.indices.map { item -> [Cell] in
          let answers = task.model
          return [
            .text(task.questions.task.name), .integer(item),
            .text(answers.choices[answers.gold[item]]),
            .text(answers.choices[answers.picks[item]]), .number(answers.goldNLL[item]),
            task.base.map { .text($0.choices[$0.picks[item]]) } ?? .missing,
            task.base.map { .number($0.goldNLL[item]) } ?? .missing,
            flips?[item].map { .text($0.rawValue) } ?? .missing,
            .text(task.questions.task.samples[item].input),
          ]
        }
      })
  }
}

extension Table.Cell {
  /// The share of right answers.
  fileprivate static func share(_ right: [Double]) -> Table.Cell {
    let share = ChoiceAnswers.share(right)
    return .estimate(share.value, stderr: share.stderr)
  }

  /// The mean of one value a question.
  fileprivate static func mean(_ values: [Double]) -> Table.Cell {
    let mean = ChoiceAnswers.mean(values)
    return .estimate(mean.mean, stderr: mean.stderr)
  }
}
