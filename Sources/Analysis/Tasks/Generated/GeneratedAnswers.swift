import Model

/// What a model has written to a task's questions, and what it is worth.
public struct GeneratedAnswers: Sendable, Equatable {
  /// The name of the task.
  public let task: String
  /// The texts as they were written, special tokens left out.
  public let texts: [String]
  /// The texts in tokens, and why they end.
  public let continuations: [Continuation]
  /// The answers in them, in the form in which they are scored.
  public let answers: [String]
  /// The right ones, likewise.
  public let golds: [String]
  /// The metrics and the scores by each, in the order of the file.
  public let scores: [(metric: TaskMetric, score: TaskScore)]
  /// The share of answers in the form of the data set; nil where every text has it.
  public let formatRate: TaskScore?

  /// The answers to `questions` that stand in `texts`.
  package init(_ questions: OpenQuestions, texts: [String], continuations: [Continuation]) {
    let task = questions.task
    self.task = task.name
    self.texts = texts
    self.continuations = continuations
    let answers = texts.map { questions.convention.answer($0, dataset: task.dataset) }
    let golds = task.samples.map { questions.convention.gold($0.output) }
    self.answers = answers
    self.golds = golds
    scores = questions.metrics.map { ($0, $0.score(answers, golds: golds)) }
    formatRate = AnswerFormat(dataset: task.dataset)?.rate(answers)
  }

  /// The score of each answer by the first metric that has one of each; nil where the file has none such.
  public var itemScores: [Double]? {
    guard let metric = scores.map(\.metric).first(where: \.isPerItem) else { return nil }
    return zip(answers, golds).compactMap { metric.score($0, gold: $1) }
  }

  /// These answers beside the base's to the same questions, by `metric`; nil of no questions.
  public func comparison(with base: GeneratedAnswers, by metric: TaskMetric) -> TaskComparison? {
    TaskComparison(answers, base: base.answers, golds: golds, metric: metric, task: task)
  }

  /// What became of each answer beside the base's, by `itemScores`: nil where both are the same text.
  public func flips(from base: GeneratedAnswers) -> [AnswerFlip?] {
    let (own, others) = (itemScores, base.itemScores)
    return answers.indices.map { item in
      guard !PythonText.equal(answers[item], base.answers[item]) else { return nil }
      guard let own, let others else { return .different }
      return AnswerFlip(from: others[item], to: own[item])
    }
  }

  /// Whether both are the same answers; scores follow from them.
  public static func == (one: GeneratedAnswers, other: GeneratedAnswers) -> Bool {
    one.task == other.task && one.continuations == other.continuations && one.texts == other.texts
      && one.golds == other.golds
  }
}

/// What became of an answer that is not the base's.
public enum AnswerFlip: String, Sendable {
  /// The base's scores 1, this one less.
  case rightToWrong = "right_to_wrong"
  /// This one scores 1, the base's less.
  case wrongToRight = "wrong_to_right"
  /// Both score less than 1, this one more than the base's.
  case better
  /// Both score less than 1, this one less than the base's.
  case worse
  /// Both score the same, or nothing scores a single answer.
  case different

  /// The change of a score.
  init(from base: Double, to own: Double) {
    self =
      if base == own { .different } else if base == 1 { .rightToWrong } else if own == 1 {
        .wrongToRight
      } else if own > base { .better } else { .worse }
  }
}
