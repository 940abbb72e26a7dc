extension ScoreTable {
  /// A score with what is known of its sampling error.
  public struct Estimate: Sendable, Equatable {
    /// The score, as it is printed.
    public let score: Score
    /// Independent items behind it; nil: not known, and of averages.
    public let items: Double?
    /// √(p(1 − p)/n), the largest that a mean of n values between 0 and 1 can have; of an average by
    /// its categories' weights. Nil where the items of a category are not known.
    public let stderr: Double?
    /// The 95 % interval: Wilson's of a category, two standard errors of an average.
    public let interval: ClosedRange<Double>?
    /// What the leaderboard's rule gives of the categories; of averages whose rule is known.
    public let recomputed: Double?
  }

  /// Every score with its error, in the order of the table. Averages that a page does not print, and
  /// whose categories are all there, follow its scores.
  public func estimates() -> [Estimate] {
    let recomputed = recomputed()
    return pages.flatMap { page -> [Estimate] in
      let edition = LeaderboardEdition(categories: page.map(\.category))
      return unique(page.map(\.model)).flatMap { model -> [Estimate] in
        let own = page.filter { $0.model == model }
        var known: [LeaderboardAverage.Key: Estimate] = [:]
        for score in own where score.group != "average" {
          let items = NejumiItems.effective(score.category, edition) ?? score.items
          let interval = items.map { WilsonInterval(score.value, items: $0) }
          known[.init(score)] = Estimate(
            score: score, items: items,
            stderr: items.map { (score.value * (1 - score.value) / $0).squareRoot() },
            interval: interval.map { max(0, $0.low)...min(1, max($0.low, $0.high)) },
            recomputed: nil)
        }
        func average(_ score: Score, _ value: Double?) -> Estimate {
          let rule = edition?.averages.first { $0.name == score.category }
          let weights = rule?.root.weights { known[$0] != nil } ?? [:]
          let errors = weights.map { key, weight in known[key]?.stderr.map { $0 * weight } }
          let isComplete = !errors.isEmpty && !errors.contains(nil)
          let stderr =
            isComplete
            ? errors.reduce(0) { $0 + ($1 ?? 0) * ($1 ?? 0) }.squareRoot() : nil
          return Estimate(
            score: score, items: nil, stderr: stderr,
            interval: stderr.map { score.value - 2 * $0...score.value + 2 * $0 },
            recomputed: value)
        }
        let rules = recomputed.filter { $0.model == model }
        let printed = own.compactMap { score in
          known[.init(score)]
            ?? average(score, rules.first { $0.average == score.category }?.value)
        }
        let more = rules.filter { $0.printed == nil }.map { rule in
          average(
            Score(
              model: model, variant: own.first?.variant ?? "", group: "average",
              category: rule.average, value: rule.value, items: nil, step: nil,
              source: own.first?.source ?? ""), rule.value)
        }
        return printed + more
      }
    }
  }
}
