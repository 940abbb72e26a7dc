import Foundation

/// What a model makes of questions with a closed set of answers.
public struct ChoiceAnswers: Sendable, Equatable {
  /// The answers to choose from.
  public let choices: [String]
  /// The right one of each question, by its place among the choices.
  public let gold: [Int]
  /// log p(choice | prompt) of each question and choice, nats, summed over the choice's tokens.
  public let logLikelihoods: [[Double]]
  /// The likeliest choice of each question, the first of equals.
  public let picks: [Int]
  /// The choice of most log p a byte of its text, the first of equals.
  public let normalizedPicks: [Int]

  /// Answers with these likelihoods.
  public init(choices: [String], gold: [Int], logLikelihoods: [[Double]]) {
    self.choices = choices
    self.gold = gold
    self.logLikelihoods = logLikelihoods
    let bytes = choices.map { Double(max(1, $0.utf8.count)) }
    func largest(_ values: [Double]) -> Int {
      values.indices.dropFirst().reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    }
    picks = logLikelihoods.map(largest)
    normalizedPicks = logLikelihoods.map { row in largest(zip(row, bytes).map { $0 / $1 }) }
  }

  /// 1 where the likeliest choice is right, else 0.
  public var right: [Double] { zip(picks, gold).map { $0 == $1 ? 1 : 0 } }
  /// The same of the choice that is likeliest a byte.
  public var normalizedRight: [Double] { zip(normalizedPicks, gold).map { $0 == $1 ? 1 : 0 } }

  /// −log of the right choice's share of the choices' probabilities, nats: what moves before a pick
  /// does.
  public var goldNLL: [Double] {
    zip(logLikelihoods, gold).map { row, gold in
      let top = row.max() ?? 0
      return top + log(row.reduce(0) { $0 + exp($1 - top) }) - row[gold]
    }
  }

  /// The share of questions that are `right`, 1 or 0 each, and its standard error: where all are alike
  /// that of Wilson's 95 % interval, which is not 0.
  public static func share(_ right: [Double]) -> (value: Double, stderr: Double) {
    let mean = mean(right)
    guard mean.stderr == 0 || mean.stderr.isNaN, !right.isEmpty else {
      return (mean.mean, mean.stderr)
    }
    let wilson = WilsonInterval(mean.mean, items: Double(right.count))
    return (mean.mean, (wilson.high - wilson.low) / (2 * 1.96))
  }

  /// The mean of one value a question, questions being independent.
  public static func mean(_ values: [Double]) -> WindowedMean {
    WindowedMean(sums: values, tokens: values.map { _ in 1 })
  }
}

/// A model's answers beside those of its base to the same questions.
public struct ChoiceComparison: Sendable {
  /// What became of an answer.
  public enum Flip: String, Sendable {
    /// The base was right.
    case rightToWrong = "right_to_wrong"
    /// The base was wrong.
    case wrongToRight = "wrong_to_right"
    /// Both wrong, with different picks.
    case wrongToWrong = "wrong_to_wrong"
  }

  /// What the difference in accuracy comes to.
  public enum Verdict: String, Sendable {
    case better, worse
    /// The interval holds 0, or the flips are as uneven by chance in more than 5 of 100.
    case same = "cannot be told apart"
  }

  /// Accuracy, paired: the model first, its base second.
  public let paired: PairedComparison
  /// The difference in `goldNLL`, the model's less the base's, question by question.
  public let goldNLL: WindowedMean
  /// The flip of each question; nil where both pick the same.
  public let flips: [Flip?]

  /// Compares the answers to the same questions of the task `name`; nil of none.
  public init?(_ model: ChoiceAnswers, base: ChoiceAnswers, task name: String) {
    guard
      let paired = PairedComparison(
        "model", "base", category: name, tasks: [(name, model.right, base.right)])
    else { return nil }
    self.paired = paired
    goldNLL = ChoiceAnswers.mean(zip(model.goldNLL, base.goldNLL).map { $0 - $1 })
    flips = model.gold.indices.map { item in
      let (mine, theirs) = (model.picks[item], base.picks[item])
      guard mine != theirs else { return nil }
      if theirs == model.gold[item] { return .rightToWrong }
      return mine == model.gold[item] ? .wrongToRight : .wrongToWrong
    }
  }

  /// How many questions flipped so.
  public func count(_ flip: Flip) -> Int { flips.count { $0 == flip } }

  /// Whether the accuracies differ beyond chance: by the exact McNemar test of the flips (p < 0.05) and
  /// the 95 % interval of the paired bootstrap, both.
  public var verdict: Verdict {
    guard paired.signTestP < 0.05, !paired.interval.contains(0) else { return .same }
    return paired.difference > 0 ? .better : .worse
  }
}
