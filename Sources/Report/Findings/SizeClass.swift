import Analysis
import Sweep

/// The trials that take about the same room, and the best of them.
public struct SizeClass: Sendable, Equatable {
  /// The bits a weight of the smallest and of the largest trial.
  public let bitsPerWeight: ClosedRange<Double>
  /// The numbers of its trials, best perplexity first.
  public let trials: [Int]
  /// The trial of the lowest perplexity on the main domain.
  public let best: Int
  /// The others that cannot be told from the best.
  public let ties: [Int]

  /// The middle of the class, bits a weight.
  public var middle: Double { (bitsPerWeight.lowerBound + bitsPerWeight.upperBound) / 2 }

  /// The complete trials of `results` in classes, smallest first. A class starts at the smallest
  /// trial left over and takes in all that lie within ±3 % of its middle.
  public static func classes(of results: StudyResults) -> [SizeClass] {
    let ranked = results.ranked
    return SizeGrouping.sizes(of: ranked.map(\.bitsPerWeight)).compactMap { size in
      SizeClass(size.map { ranked[$0] }, in: results)
    }
  }

  /// The best trials of growing size, each better beyond noise than every smaller one: what a
  /// bigger file buys.
  public static func front(of classes: [SizeClass], in results: StudyResults) -> [Int] {
    var front: [TrialResult] = []
    for size in classes {
      guard let candidate = results.trial(size.best) else { continue }
      if let last = front.last, results.compare(candidate, last)?.verdict != .better { continue }
      front.append(candidate)
    }
    return front.map(\.number)
  }

  private init?(_ bySize: [TrialResult], in results: StudyResults) {
    let byQuality = bySize.sorted { first, second in
      let left = results.mainEvaluation(first)?.perplexity ?? .infinity
      let right = results.mainEvaluation(second)?.perplexity ?? .infinity
      return (left, first.bitsPerWeight, first.number)
        < (right, second.bitsPerWeight, second.number)
    }
    guard let smallest = bySize.first, let largest = bySize.last, let winner = byQuality.first
    else { return nil }
    bitsPerWeight = smallest.bitsPerWeight...largest.bitsPerWeight
    trials = byQuality.map(\.number)
    best = winner.number
    ties = byQuality.dropFirst()
      .filter { results.compare(winner, $0)?.verdict == .tie }.map(\.number)
  }
}
