import Basics

/// A model's score of a task beside that of its base, from the answers of both to the same questions.
public struct TaskComparison: Sendable {
  /// The model's score less the base's; NaN where one of them is.
  public let difference: Double
  /// Its standard error, from the differences item by item; of a correlation over draws of the items.
  public let stderr: Double
  /// 2.5 and 97.5 percentiles of the difference over 2,000 draws of the items; nil where there is none.
  public let interval: ClosedRange<Double>?
  /// Items on which the model scores higher; nil of a metric that scores no single answer.
  public let better: Int?
  /// Items on which the model scores lower; nil likewise.
  public let worse: Int?
  /// The two-sided sign test of the two, McNemar's exact test of right and wrong answers; nil likewise.
  public let signTestP: Double?
  /// Whether the difference is more than chance: the interval leaves 0 out, 0 is at least two standard
  /// errors away, and of right and wrong answers `signTestP` < 0.05.
  public let verdict: ChoiceComparison.Verdict

  /// Compares `answers` with the base's by `metric`; nil of no items.
  public init?(
    _ answers: [String], base: [String], golds: [String], metric: TaskMetric, task: String
  ) {
    guard !golds.isEmpty, answers.count == golds.count, base.count == golds.count else {
      return nil
    }
    let isRight: Bool
    if metric.isPerItem {
      let own = zip(answers, golds).compactMap { metric.score($0, gold: $1) }
      let others = zip(base, golds).compactMap { metric.score($0, gold: $1) }
      guard
        let paired = PairedComparison(
          "model", "base", category: task, tasks: [(task, own, others)])
      else { return nil }
      (difference, stderr, interval) = (paired.difference, paired.stderr, paired.interval)
      (better, worse, signTestP) = (paired.better, paired.worse, paired.signTestP)
      isRight = (own + others).allSatisfy { $0 == 0 || $0 == 1 }
    } else {
      (better, worse, signTestP, isRight) = (nil, nil, nil, false)
      (difference, stderr, interval) = metric.correlationDifference(answers, base, golds)
    }
    let isBeyond =
      interval.map { !$0.contains(0) } == true && abs(difference) >= 2 * stderr
      && (!isRight || (signTestP ?? 1) < 0.05)
    verdict = isBeyond ? (difference > 0 ? .better : .worse) : .same
  }
}

extension TaskMetric {
  /// The difference of two correlations with the same numbers, its standard error and the percentiles of
  /// draws of the items.
  fileprivate func correlationDifference(
    _ answers: [String], _ base: [String], _ golds: [String]
  ) -> (Double, Double, ClosedRange<Double>?) {
    let (x, y) = (answers.map(Self.number), base.map(Self.number))
    let gold = golds.map { PythonText.float($0) ?? .nan }
    let difference = correlation(x, gold) - correlation(y, gold)
    guard difference.isFinite else { return (.nan, .nan, nil) }
    var random = SplitMix64(seed: 0)
    let draws = (0..<PairedComparison.draws).map { _ in
      let places = gold.indices.map { _ in Int(random.next() % UInt64(gold.count)) }
      let drawn = places.map { gold[$0] }
      return correlation(places.map { x[$0] }, drawn) - correlation(places.map { y[$0] }, drawn)
    }.filter(\.isFinite).sorted()
    guard draws.count > 1 else { return (difference, .nan, nil) }
    return (
      difference, Scatter.deviation(draws), quantile(0.025, of: draws)...quantile(0.975, of: draws)
    )
  }
}
