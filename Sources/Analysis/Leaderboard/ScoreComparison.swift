/// Two models' scores in one category, and whether their difference says anything.
public struct ScoreComparison: Sendable, Equatable {
  /// What can be said of the difference.
  public enum Verdict: String, Sendable, Codable, CaseIterable {
    /// Beyond the sampling error of two independent samples, and so beyond that of one, too.
    case exceeds
    /// No larger than sampling error.
    case withinError = "within_error"
    /// Less than one item, or the rounding of the page.
    case belowResolution = "below_resolution"
    /// The number of items behind it is not known.
    case unknown
  }

  /// The first model.
  public let first: ScoreTable.Score
  /// The second model.
  public let second: ScoreTable.Score
  /// Independent items behind each score.
  public let items: Double?
  /// What one item, or judge's point, changes.
  public let step: Double?
  /// The standard error of the difference: at most this, as answers to the same items go together.
  public let stderr: Double?
  /// Newcombe's 95 % interval of the difference.
  public let interval: ClosedRange<Double>?
  /// What can be said.
  public let verdict: Verdict
  /// Whether answers item by item (McNemar's test) could tell the models apart, where these scores do
  /// not: more than five items differ, the least that a sign test can find.
  public let pairingCouldDecide: Bool

  /// The first score less the second; of averages, before the page rounded them.
  public let difference: Double
  /// The difference in answers, judge's points or half-points, where `step` is known.
  public var steps: Int? { step.map { Int((difference / $0).rounded()) } }

  /// The published scores have four decimals.
  static let rounding = 0.0001

  /// Compares two scores of a category with `items` independent items each.
  public init(
    _ first: ScoreTable.Score, _ second: ScoreTable.Score, items: Double?, step: Double?
  ) {
    self.first = first
    self.second = second
    self.items = items
    self.step = step
    difference = first.value - second.value
    let resolution = max(step ?? 0, Self.rounding)
    let isBelow = abs(difference) < 0.5 * resolution
    guard let items else {
      (stderr, interval, pairingCouldDecide) = (nil, nil, false)
      verdict = isBelow ? .belowResolution : .unknown
      return
    }
    let (low, high) = WilsonInterval.difference(first.value, second.value, items: items)
    interval = low...max(low, high)
    stderr = ((variance(first.value) + variance(second.value)) / items).squareRoot()
    if isBelow {
      verdict = .belowResolution
    } else {
      let isBeyond = abs(difference) >= 2 * (stderr ?? 0) && (low > 0 || high < 0)
      verdict = isBeyond ? .exceeds : .withinError
    }
    pairingCouldDecide = verdict == .withinError && abs(difference) * items > 5
  }

  /// An average over categories, whose errors are known for some: its own is at least `stderr`.
  init(
    _ first: ScoreTable.Score, _ second: ScoreTable.Score, difference: Double, stderr: Double,
    isComplete: Bool
  ) {
    self.first = first
    self.second = second
    items = nil
    step = nil
    self.stderr = stderr
    pairingCouldDecide = false
    self.difference = difference
    let half = 2 * stderr
    interval = isComplete ? (difference - half)...(difference + half) : nil
    if abs(difference) < 0.5 * Self.rounding {
      verdict = .belowResolution
    } else if abs(difference) <= half {
      verdict = .withinError
    } else {
      verdict = isComplete ? .exceeds : .unknown
    }
  }
}

/// p(1 − p): the variance of an answer that is right or wrong, and the largest one of any score
/// between 0 and 1 with mean p.
private func variance(_ p: Double) -> Double { p * (1 - p) }

extension ScoreTable {
  /// Every pair of models of one page, category by category; averages follow their categories.
  public func comparisons() -> [ScoreComparison] {
    var result: [ScoreComparison] = []
    for source in unique(scores.map(\.source)) {
      let page = scores.filter { $0.source == source }
      let models = unique(page.map(\.model))
      for (index, model) in models.enumerated() {
        for other in models[(index + 1)...] {
          result += compare(page.filter { $0.model == model }, page.filter { $0.model == other })
        }
      }
    }
    return result
  }

  private func compare(_ mine: [Score], _ theirs: [Score]) -> [ScoreComparison] {
    var categories: [ScoreComparison] = []
    var averages: [ScoreComparison] = []
    for first in mine {
      guard
        let second = theirs.first(where: {
          $0.category == first.category && $0.group == first.group
        })
      else { continue }
      if first.group == "average" {
        averages.append(average(first, second, of: categories, mine, theirs))
      } else {
        categories.append(
          ScoreComparison(
            first, second, items: NejumiItems.effective(first.category) ?? first.items,
            step: first.step))
      }
    }
    return categories + averages
  }

  /// The mean of the categories of its group, or of both groups' means.
  private func average(
    _ first: Score, _ second: Score, of categories: [ScoreComparison], _ mine: [Score],
    _ theirs: [Score]
  ) -> ScoreComparison {
    let groups = unique(categories.map(\.first.group))
    let named = groups.filter { first.category.contains($0) }
    var variance = 0.0
    var isComplete = true
    let parts = named.isEmpty ? groups : named
    for group in parts {
      let members = categories.filter { $0.first.group == group }
      let squares = members.reduce(0) { $0 + ($1.stderr ?? 0) * ($1.stderr ?? 0) }
      variance += squares / Double(members.count * members.count * parts.count * parts.count)
      isComplete = isComplete && members.allSatisfy { $0.stderr != nil }
    }
    let difference =
      Self.unrounded(first, mine, parts).flatMap { a in
        Self.unrounded(second, theirs, parts).map { a - $0 }
      } ?? first.value - second.value
    return ScoreComparison(
      first, second, difference: difference, stderr: variance.squareRoot(),
      isComplete: isComplete)
  }

  /// The mean over groups of the means of their categories, where it is what the page prints of
  /// `average`: a mean of many rounded numbers is nearer to the truth than one that was rounded again.
  public static func unrounded(_ average: Score, _ scores: [Score], _ groups: [String]) -> Double? {
    let means = groups.map { group in
      let members = scores.filter { $0.group == group }
      return members.reduce(0) { $0 + $1.value } / Double(max(members.count, 1))
    }
    let value = means.reduce(0, +) / Double(max(means.count, 1))
    return abs(value - average.value) <= ScoreComparison.rounding ? value : nil
  }

  private func unique(_ values: [String]) -> [String] {
    var seen: Set<String> = []
    return values.filter { seen.insert($0).inserted }
  }
}
