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
    for page in pages {
      let edition = LeaderboardEdition(categories: page.map(\.category))
      let models = unique(page.map(\.model))
      for (index, model) in models.enumerated() {
        for other in models[(index + 1)...] {
          result += compare(
            page.filter { $0.model == model }, page.filter { $0.model == other }, edition)
        }
      }
    }
    return result
  }

  private func compare(
    _ mine: [Score], _ theirs: [Score], _ edition: LeaderboardEdition?
  ) -> [ScoreComparison] {
    var categories: [ScoreComparison] = []
    var averages: [ScoreComparison] = []
    for first in mine {
      guard
        let second = theirs.first(where: {
          $0.category == first.category && $0.group == first.group
        })
      else { continue }
      if first.group == "average" {
        averages.append(average(first, second, of: categories, mine, theirs, edition))
      } else {
        let items = NejumiItems.effective(first.category, edition) ?? first.items
        categories.append(ScoreComparison(first, second, items: items, step: first.step))
      }
    }
    return categories + averages
  }

  /// An average, whose error is that of its categories by their weights in it.
  private func average(
    _ first: Score, _ second: Score, of categories: [ScoreComparison], _ mine: [Score],
    _ theirs: [Score], _ edition: LeaderboardEdition?
  ) -> ScoreComparison {
    let known = Dictionary(
      categories.map { (LeaderboardAverage.Key($0.first), $0) }, uniquingKeysWith: { $1 })
    let rule = Self.rule(first.category, mine, edition)
    let weights = rule.root.weights { known[$0] != nil }
    let variance = weights.reduce(0.0) { sum, part in
      let error = part.value * (known[part.key]?.stderr ?? 0)
      return sum + error * error
    }
    let isComplete =
      weights.count == rule.categories.count
      && weights.keys.allSatisfy { known[$0]?.stderr != nil }
    let difference =
      Self.unrounded(first, mine, edition).flatMap { a in
        Self.unrounded(second, theirs, edition).map { a - $0 }
      } ?? first.value - second.value
    return ScoreComparison(
      first, second, difference: difference, stderr: variance.squareRoot(),
      isComplete: isComplete && !weights.isEmpty)
  }

  /// The rule of the average `name`: the edition's, or else the mean over the groups that its name
  /// has, over all where it has none, of the means of their categories.
  private static func rule(
    _ name: String, _ scores: [Score], _ edition: LeaderboardEdition?
  ) -> LeaderboardAverage {
    if let rule = edition?.averages.first(where: { $0.name == name }) { return rule }
    var groups: [String] = []
    for score in scores where score.group != "average" && !groups.contains(score.group) {
      groups.append(score.group)
    }
    let named = groups.filter { name.contains($0) }
    return LeaderboardAverage(
      name: name,
      root: .even(
        (named.isEmpty ? groups : named).map { group in
          .even(
            scores.filter { $0.group == group }.map { .category(group, $0.category) })
        }))
  }

  /// An average by its rule, where that is what the page prints: a mean of many rounded numbers is
  /// nearer to the truth than one that was rounded again.
  public static func unrounded(_ average: Score, _ scores: [Score]) -> Double? {
    unrounded(
      average, scores, LeaderboardEdition(categories: scores.map(\.category)))
  }

  private static func unrounded(
    _ average: Score, _ scores: [Score], _ edition: LeaderboardEdition?
  ) -> Double? {
    let rule = rule(average.category, scores, edition)
    guard let (value, _) = rule.value(of: scores.filter { $0.group != "average" }) else {
      return nil
    }
    return abs(value - average.value) <= ScoreComparison.rounding ? value : nil
  }
}

extension LeaderboardAverage.Key {
  init(_ score: ScoreTable.Score) { self.init(group: score.group, name: score.category) }
}
