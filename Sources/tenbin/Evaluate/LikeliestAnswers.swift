import Analysis
import Report

/// The likeliest answers to one task.
struct LikeliestAnswers {
  let questions: ChoiceQuestions
  let model: ChoiceAnswers
  let base: ChoiceAnswers?

  var comparison: ChoiceComparison? {
    base.flatMap { ChoiceComparison(model, base: $0, task: questions.task.name) }
  }
}

extension Table {
  /// A row a task.
  init(likeliest tasks: [LikeliestAnswers]) {
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
  init(likeliestItems items: [LikeliestAnswers]) {
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
