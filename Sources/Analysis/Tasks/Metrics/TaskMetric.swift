import Basics
import Foundation

/// A metric of llm-jp-eval that needs no other model, under its name in a task file.
public enum TaskMetric: String, Sendable, CaseIterable {
  /// 1 where the texts are the same, scalar by scalar.
  case exactMatch = "exact_match"
  /// 1 where both are numbers, as Python's `float` reads them, and equal.
  case exactMatchFigure = "exact_match_figure"
  /// fuzzywuzzy's `token_sort_ratio` over 100.
  case charF1 = "char_f1"
  /// F1 of the lines of the answer, each counted once, and those of the right one.
  case setF1 = "set_f1"
  /// Pearson's correlation of the numbers in the answers with the right ones.
  case pearson
  /// Spearman's rank correlation of the same.
  case spearman

  /// The metric that a file of the task `task` calls `name`.
  ///
  /// - Throws: an error that lists the names, where it is none of them.
  public init(named name: String, ofTask task: String) throws(InputError) {
    guard let metric = Self(rawValue: name) else {
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw InputError(
        .badData, asked: "score the task \(task) by \(name)",
        found: "a metric that is not computed here; those that are: \(known)",
        hint: "give one of these as metrics of the file; scores by other models (COMET, BERTScore,"
          + " judges) are imported, not computed")
    }
    self = metric
  }

  /// Whether each answer has a score of its own, whose mean is the task's; else the task has one of all
  /// answers together.
  public var isPerItem: Bool {
    switch self {
    case .exactMatch, .exactMatchFigure, .charF1, .setF1: true
    case .pearson, .spearman: false
    }
  }

  /// The score of one answer, 0 to 1; nil where the metric has none of one.
  ///
  /// - Parameters:
  ///   - answer: the answer, in the form that `AnswerConvention` gives it.
  ///   - gold: the right one, in its form.
  public func score(_ answer: String, gold: String) -> Double? {
    switch self {
    case .exactMatch: PythonText.equal(answer, gold) ? 1 : 0
    case .exactMatchFigure: Self.sameFigure(answer, gold) ? 1 : 0
    case .charF1: Double(CharF1.ratio(answer, gold)) / 100
    case .setF1: Self.linesF1(answer, gold)
    case .pearson, .spearman: nil
    }
  }

  /// The score of all answers with its standard error: of a mean that over the items (of answers all
  /// alike, Wilson's), of a correlation that of 2,000 draws of the items with replacement.
  ///
  /// - Returns: NaN of a correlation where the right answers are not all numbers, or where one list is
  ///   constant: there is none then, and llm-jp-eval's 0 would be a false one.
  public func score(_ answers: [String], golds: [String]) -> TaskScore {
    if isPerItem {
      let scores = zip(answers, golds).compactMap { score($0, gold: $1) }
      let share = ChoiceAnswers.share(scores)
      return TaskScore(
        value: scores.isEmpty ? .nan : share.value, stderr: share.stderr, items: scores.count)
    }
    let (x, y) = (answers.map(Self.number), golds.map { PythonText.float($0) ?? .nan })
    let value = correlation(x, y)
    return TaskScore(value: value, stderr: bootstrap(x, y), items: min(x.count, y.count))
  }

  /// This correlation of two lists.
  func correlation(_ x: [Double], _ y: [Double]) -> Double {
    self == .spearman ? Correlation.spearman(x, y) : Correlation.pearson(x, y)
  }

  /// The standard deviation of the correlation over draws of the items; NaN where the items have none.
  private func bootstrap(_ x: [Double], _ y: [Double]) -> Double {
    guard correlation(x, y).isFinite else { return .nan }
    var random = SplitMix64(seed: 0)
    let draws = (0..<PairedComparison.draws).map { _ in
      let places = x.indices.map { _ in Int(random.next() % UInt64(x.count)) }
      return correlation(places.map { x[$0] }, places.map { y[$0] })
    }
    // A draw of one item alone has no correlation.
    return Scatter.deviation(draws.filter(\.isFinite))
  }

  /// The number in an answer, as llm-jp-eval finds it: what is left without all but ASCII digits and
  /// points, −2 where that is no number.
  static func number(_ answer: String) -> Double {
    let kept = answer.unicodeScalars.filter { ("0"..."9").contains($0) || $0 == "." }
    return PythonText.float(String(kept)) ?? -2
  }

  private static func sameFigure(_ answer: String, _ gold: String) -> Bool {
    guard let answer = PythonText.float(answer), let gold = PythonText.float(gold) else {
      return false
    }
    return answer == gold
  }

  /// P = h/|answer's lines|, R = h/|gold's lines|, 2PR/(P + R), of the h different lines of the answer
  /// that the right one has. Lines of the right answer that stand there twice count twice.
  private static func linesF1(_ answer: String, _ gold: String) -> Double {
    func lines(_ text: String) -> [[UInt8]] {
      PythonText.lines(text).map { Array(PythonText.strip($0).utf8) }
    }
    let (found, right) = (Set(lines(answer)), lines(gold))
    let hits = Double(found.intersection(right).count)
    let (precision, recall) = (hits / Double(found.count), hits / Double(right.count))
    return hits == 0 ? 0 : 2 * (precision * recall) / (precision + recall)
  }
}

/// A task's score by one metric.
public struct TaskScore: Sendable, Equatable {
  /// The score; NaN where there is none.
  public let value: Double
  /// Its standard error over the items; NaN where it cannot be estimated.
  public let stderr: Double
  /// Answers that it was taken over.
  public let items: Int
}
