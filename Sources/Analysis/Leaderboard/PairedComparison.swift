import Basics
import Foundation

/// Two models' answers to the same items of one category.
public struct PairedComparison: Sendable, Equatable {
  /// The first model.
  public let first: String
  /// The second model.
  public let second: String
  /// The category.
  public let category: String
  /// The tasks of it whose answers are there.
  public let tasks: [String]
  /// Items that both models answered; 0-shot and 2-shot answers to one item are one.
  public let items: Int
  /// The first model's mean over tasks of means over items.
  public let firstScore: Double
  /// The second model's.
  public let secondScore: Double
  /// Standard error of the difference, from the differences item by item; where these are all alike,
  /// that of `interval`.
  public let stderr: Double
  /// 2.5 and 97.5 percentiles of the difference over 2,000 draws of the items, task by task. Items that
  /// are all alike leave out what 5 of 100 such samples would not show: others as rare as 1 − 0.05^(1/n).
  public let interval: ClosedRange<Double>
  /// Items on which the first model does better.
  public let better: Int
  /// Items on which it does worse.
  public let worse: Int
  /// The two-sided sign test of the two; for right and wrong answers McNemar's exact test.
  public let signTestP: Double

  /// The first score less the second.
  public var difference: Double { firstScore - secondScore }

  /// `exceeds` beyond two standard errors and where the interval excludes 0.
  public var verdict: ScoreComparison.Verdict {
    guard items > 1 else { return .unknown }
    let isBeyond = abs(difference) >= 2 * stderr && !interval.contains(0)
    return isBeyond && stderr > 0 ? .exceeds : .withinError
  }

  /// Draws of the bootstrap.
  static let draws = 2000

  /// Compares the differences `tasks`, item by item, of each task; nil where there is none.
  init?(
    _ first: String, _ second: String, category: String,
    tasks: [(name: String, first: [Double], second: [Double])]
  ) {
    let tasks = tasks.filter { !$0.first.isEmpty }
    guard !tasks.isEmpty else { return nil }
    self.first = first
    self.second = second
    self.category = category
    self.tasks = tasks.map(\.name)
    let count = Double(tasks.count)
    firstScore = tasks.reduce(0) { $0 + mean($1.first) } / count
    secondScore = tasks.reduce(0) { $0 + mean($1.second) } / count
    let differences = tasks.map { zip($0.first, $0.second).map { $0 - $1 } }
    items = differences.reduce(0) { $0 + $1.count }
    better = differences.reduce(0) { $0 + $1.count { $0 > 0 } }
    worse = differences.reduce(0) { $0 + $1.count { $0 < 0 } }
    signTestP = signTest(better, worse)
    let variance = differences.reduce(0.0) { sum, some in
      let center = mean(some)
      let squares = some.reduce(0) { $0 + ($1 - center) * ($1 - center) }
      return sum + (some.count > 1 ? squares / Double((some.count - 1) * some.count) : 0)
    }
    if variance > 0 {
      stderr = variance.squareRoot() / count
      interval = Self.bootstrap(differences)
    } else {
      let fewest = differences.map(\.count).min() ?? 1
      let unseen = 1 - pow(0.05, 1 / (Double(fewest) * count))
      let difference = firstScore - secondScore
      stderr = unseen / 1.96
      interval = max(-1, difference - unseen)...max(-1, min(1, difference + unseen))
    }
  }

  private static func bootstrap(_ tasks: [[Double]]) -> ClosedRange<Double> {
    var random = SplitMix64(seed: 0)
    let means = (0..<draws).map { _ in
      tasks.reduce(0.0) { sum, some in
        var total = 0.0
        for _ in some { total += some[Int(random.uniform() * Double(some.count))] }
        return sum + total / Double(some.count)
      } / Double(tasks.count)
    }.sorted()
    return quantile(0.025, of: means)...quantile(0.975, of: means)
  }
}

private func mean(_ values: [Double]) -> Double {
  values.reduce(0, +) / Double(max(values.count, 1))
}

/// P of a split at least as uneven as `a` to `b` of a fair coin, both sides.
func signTest(_ a: Int, _ b: Int) -> Double {
  let n = a + b
  guard n > 0 else { return 1 }
  var sum = 0.0
  for k in 0...min(a, b) {
    sum += exp(
      lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1))
        - Double(n) * log(2.0))
  }
  return min(1, 2 * sum)
}

extension LeaderboardExport {
  /// Every pair of models, category by category, over the answers that both gave.
  public func pairedComparisons() -> [PairedComparison] {
    let edition =
      LeaderboardEdition(categories: scores.map(\.category))
      ?? (answers.contains { $0.task.hasPrefix("mmlu_prox_ja") } ? .four : .three)
    var models: [String] = []
    var items: [String: [String: [Item: [Double]]]] = [:]
    for answer in answers {
      if items[answer.model] == nil { models.append(answer.model) }
      let task = NejumiItems.column(of: answer.task)
      // The commonsense morality score counts two shots alone.
      guard task != "commonsensemoralja" || answer.shots == 2 else { continue }
      items[answer.model, default: [:]][task, default: [:]][
        Item(task: answer.task, index: answer.index), default: []
      ].append(answer.score)
    }
    var result: [PairedComparison] = []
    for (place, first) in models.enumerated() {
      for second in models[(place + 1)...] {
        for (category, tasks) in NejumiItems.tasks(edition) {
          let pairs = tasks.compactMap { task in
            Self.pair(items[first]?[task], items[second]?[task]).map { (task, $0.0, $0.1) }
          }
          let comparison = PairedComparison(first, second, category: category, tasks: pairs)
          if let comparison { result.append(comparison) }
        }
      }
    }
    return result
  }

  private struct Item: Hashable, Comparable {
    var task: String
    var index: String

    static func < (left: Item, right: Item) -> Bool {
      (left.task, left.index) < (right.task, right.index)
    }
  }

  /// The scores of the items that both have, each the mean over shots.
  private static func pair(
    _ first: [Item: [Double]]?, _ second: [Item: [Double]]?
  ) -> ([Double], [Double])? {
    guard let first, let second else { return nil }
    let shared = first.keys.filter { second[$0] != nil }.sorted()
    guard !shared.isEmpty else { return nil }
    return (shared.map { mean(first[$0] ?? []) }, shared.map { mean(second[$0] ?? []) })
  }
}
