import GPTQ

/// What a study shows, computed from its results alone. Differences inside the noise are ties.
public struct Findings: Sendable {
  /// The results they are drawn from.
  public var results: StudyResults { standings.results }
  /// The trials held against each other.
  public let standings: Standings
  /// The trials' names.
  public let names: TrialNames
  /// The sizes, smallest first, each with its best trial.
  public let sizes: [SizeClass]
  /// The best trials whose size pays for itself, smallest first.
  public let front: [Int]
  /// Everything found, most important first.
  public let all: [Finding]

  /// Draws the findings of `results`.
  public init(_ results: StudyResults) {
    let standings = Standings(results)
    self.standings = standings
    names = TrialNames(results.trials)
    sizes = standings.sizes
    front = standings.front(of: sizes)
    let packers = Self.packers(standings)
    all =
      Self.overlaps(results) + sizes.map(Finding.best) + (front.count > 1 ? [.front(front)] : [])
      + Self.noise(standings) + Self.screening(standings) + packers
      + Self.inversions(sizes, standings) + Self.companions(standings)
      + TrialConfig.columns.filter(\.isJudged).compactMap { Self.effect($0, standings) }
      + Self.overfitting(results) + Self.coverage(results) + Self.drift(results)
      + Self.rescues(results) + Self.losses(results) + Self.gaps(results)
  }

  /// Trials that a reader should see first: the best of each size, and of those that their packer
  /// damaged the worst of each size.
  public var highlighted: [Int] {
    let bests = sizes.map(\.best)
    let damaged = packerRegressions.map(\.trial).filter { !bests.contains($0) }
    return bests + sizes.compactMap { size in damaged.first { size.trials.contains($0) } }
  }

  /// The round-to-nearest companions of the best trials, where they are not themselves the best.
  public var bestCompanions: [Int] {
    sizes.compactMap { results.trial($0.best)?.companion }
  }

  /// The trials that their packer damaged, the worst first.
  public var packerRegressions: [PackerRegression] {
    for case .packerRegressions(let regressions) in all { return regressions }
    return []
  }

  private static func overlaps(_ results: StudyResults) -> [Finding] {
    let overlaps = results.environment.heldoutOverlaps ?? []
    return overlaps.isEmpty ? [] : [.notHeldOut(overlaps)]
  }

  private static func noise(_ standings: Standings) -> [Finding] {
    standings.noises.isEmpty ? [] : [.drawNoise(standings.noises)]
  }

  /// What is missing from the results.
  private static func gaps(_ results: StudyResults) -> [Finding] {
    var findings: [Finding] = []
    let running = results.trials.filter { $0.state == .running }.map(\.number)
    let failed = results.trials.filter { $0.state == .failed }.map(\.number)
    let pruned = results.trials.filter { $0.state == .pruned }.map(\.number)
    let ranked = Set(results.ranked.map(\.number))
    let unscored = results.trials.filter {
      $0.state == .complete && $0.draw == 0 && !ranked.contains($0.number)
    }
    if !running.isEmpty || !failed.isEmpty {
      findings.append(.unfinished(running: running, failed: failed))
    }
    if !pruned.isEmpty { findings.append(.pruned(pruned)) }
    if !unscored.isEmpty { findings.append(.notScored(unscored.map(\.number))) }
    if ranked.isEmpty { findings.append(.nothingToRank) }
    // Of a study that has just begun there is nothing that a base could be paired with.
    if results.mainBase == nil, !ranked.isEmpty { findings.append(.noBase) }
    return findings
  }

  /// Bests of a bigger size that a smaller size's best beats beyond noise.
  private static func inversions(_ sizes: [SizeClass], _ standings: Standings) -> [Finding] {
    var findings: [Finding] = []
    var bestSoFar: TrialResult?
    for size in sizes {
      guard let candidate = standings.results.trial(size.best) else { continue }
      if let smaller = bestSoFar,
        let comparison = standings.judge(candidate, smaller, comparisons: sizes.count - 1)
      {
        if comparison.verdict == .worse {
          findings.append(
            .inversion(larger: candidate.number, smaller: smaller.number, comparison))
        }
        if comparison.difference >= 0 { continue }
      }
      bestSoFar = candidate
    }
    return findings
  }

  private static func companions(_ standings: Standings) -> [Finding] {
    let results = standings.results
    var pairs: [CompanionVerdict.Pair] = []
    let count = results.ranked.count { !$0.isRTN && $0.config.packer == .exact }
    var modulesWorse = 0
    var modules = 0
    for trial in results.ranked where !trial.isRTN && trial.config.packer == .exact {
      for module in trial.modules
      where module.relativeErrorHeldout.isFinite && module.rtnRelativeErrorHeldout.isFinite {
        modules += 1
        if module.relativeErrorHeldout > module.rtnRelativeErrorHeldout { modulesWorse += 1 }
      }
      guard let companion = trial.companion.flatMap({ results.trial($0) }),
        companion.state == .complete,
        let comparison = standings.judge(trial, companion, comparisons: count)
      else { continue }
      pairs.append(.init(trial: trial.number, companion: companion.number, comparison: comparison))
    }
    guard !pairs.isEmpty else { return [] }
    let byWidth = pairs.sorted { abs($0.comparison.difference) > abs($1.comparison.difference) }
    return [
      .companions(
        CompanionVerdict(
          wins: byWidth.filter { $0.comparison.verdict == .better },
          ties: pairs.filter { $0.comparison.verdict == .tie },
          losses: byWidth.filter { $0.comparison.verdict == .worse },
          modulesWorse: modulesWorse, modules: modules))
    ]
  }
}
