import Analysis

extension LMEvalResults.Task {
  /// The scores of `answers` to a task of `all` questions, under lm-eval's names.
  init(_ answers: LikeliestAnswers, of all: Int) {
    let (model, base, comparison) = (answers.model, answers.base, answers.comparison)
    func share(
      _ metric: String, _ right: [Double], beside: LMEvalResults.Beside?
    ) -> LMEvalResults.Score {
      let share = ChoiceAnswers.share(right)
      return .init(metric: metric, value: share.value, stderr: share.stderr, base: beside)
    }
    var beside: LMEvalResults.Beside?
    if let base, let comparison {
      let share = ChoiceAnswers.share(base.right)
      beside = .init(
        value: share.value, stderr: share.stderr, difference: comparison.paired.difference,
        differenceStderr: comparison.paired.stderr, verdict: comparison.verdict)
    }
    self.init(
      name: answers.questions.task.name, shots: answers.questions.shots, items: model.gold.count,
      allItems: all,
      scores: [
        share("acc", model.right, beside: beside),
        share("acc_norm", model.normalizedRight, beside: nil),
      ])
  }

  /// The same of written answers; nil where none of the task's metrics is computed here.
  init?(_ answers: WrittenAnswers, of all: Int) {
    let (model, questions) = (answers.model, answers.questions)
    var scores = model.scores.enumerated().map { place, own -> LMEvalResults.Score in
      var score = LMEvalResults.Score(
        metric: own.metric.rawValue, filter: questions.convention.rawValue, value: own.score.value,
        stderr: own.score.stderr)
      if let base = answers.base, let comparison = model.comparison(with: base, by: own.metric) {
        let other = base.scores[place].score
        score.base = .init(
          value: other.value, stderr: other.stderr, difference: comparison.difference,
          differenceStderr: comparison.stderr, verdict: comparison.verdict)
      }
      return score
    }
    guard !scores.isEmpty else { return nil }
    if let rate = model.formatRate {
      scores.append(
        .init(
          metric: "format_rate", filter: questions.convention.rawValue, value: rate.value,
          stderr: rate.stderr))
    }
    self.init(
      name: model.task, shots: questions.shots, items: model.answers.count, allItems: all,
      scores: scores)
  }
}
