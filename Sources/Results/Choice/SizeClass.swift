import Analysis

/// The trials that take about the same room, and the choice among them.
public struct SizeClass: Sendable, Equatable {
  /// The bits per weight of the smallest and of the largest trial.
  public let bitsPerWeight: ClosedRange<Double>
  /// The numbers of its trials, the best first, the others by what the choice looks at first.
  public let trials: [Int]
  /// The trial that is chosen (`Standings.choice`).
  public let best: Int
  /// The others indistinguishable from the best in likelihood and in divergence.
  public let ties: [Int]

  /// The middle of the class, bits per weight.
  public var middle: Double { (bitsPerWeight.lowerBound + bitsPerWeight.upperBound) / 2 }

  init?(_ bySize: [TrialResult], in standings: Standings) {
    guard let smallest = bySize.first, let largest = bySize.last,
      let best = standings.choice(among: bySize)
    else { return nil }
    let leading = standings.criteria[0]
    let others = bySize.filter { $0.number != best.number }
      .map { (trial: $0, value: standings.value($0, leading)) }
      .sorted {
        ($0.value, $0.trial.bitsPerWeight, $0.trial.number)
          < ($1.value, $1.trial.bitsPerWeight, $1.trial.number)
      }.map(\.trial)
    bitsPerWeight = smallest.bitsPerWeight...largest.bitsPerWeight
    trials = ([best] + others).map(\.number)
    self.best = best.number
    ties = others.filter { standings.loss(of: $0, to: best, of: bySize.count) == nil }
      .map(\.number)
  }
}

extension Standings {
  /// The complete trials in classes, smallest first. A class starts at the smallest trial left over
  /// and takes in all that lie within ±3 % of its middle.
  public var sizes: [SizeClass] {
    let ranked = results.ranked
    return SizeGrouping.sizes(of: ranked.map(\.bitsPerWeight)).compactMap { size in
      SizeClass(size.map { ranked[$0] }, in: self)
    }
  }

  /// The best trials of growing size, each better beyond noise than every smaller one: what a
  /// bigger file buys.
  public func front(of classes: [SizeClass]) -> [Int] {
    var front: [TrialResult] = []
    for size in classes {
      guard let candidate = results.trial(size.best) else { continue }
      if let last = front.last,
        judge(candidate, last, comparisons: classes.count - 1)?.verdict != .better
      {
        continue
      }
      front.append(candidate)
    }
    return front.map(\.number)
  }
}
