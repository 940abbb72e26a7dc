import Basics
import GPTQ
import Results

/// A trial that a search has seen the end of.
public struct SearchedTrial: Sendable {
  /// What was tried.
  public var config: TrialConfig
  /// Its metric, lower is better; infinite where the trial failed or was pruned.
  public var loss: Double

  /// A trial and its loss.
  public init(config: TrialConfig, loss: Double) {
    self.config = config
    self.loss = loss
  }
}

/// How a sweep chooses its trials, round by round; a round is one pass over the model. What a round
/// tries depends on the sweep file and on the trials of earlier rounds alone, so that a resumed
/// sweep goes on as it would have.
public struct SweepSearch: Sendable {
  /// W&B's methods.
  public enum Method: String, Sendable, CaseIterable {
    /// Every combination.
    case grid
    /// `run_cap` trials at random.
    case random
    /// The tree-structured Parzen estimator, `batch` trials a round.
    case bayes
  }

  /// How trials are chosen.
  public var method = Method.grid
  /// What may be chosen.
  public let space: SearchSpace
  /// The most trials, companions not counted; nil: the whole grid.
  public var runCap: Int?
  /// Trials of a round of `bayes`.
  public var batch = 8
  /// The seed of what is drawn.
  public var seed = 0

  init(_ space: SearchSpace) {
    self.space = space
  }

  /// How many rounds there are at most.
  public var rounds: Int {
    guard method == .bayes, let runCap else { return 1 }
    return (runCap + batch - 1) / batch
  }

  /// The trials of `round`, from 0. `size` predicts a trial's bits_per_weight, for `bayes` only.
  /// Fewer than asked for come back where the space is used up.
  public func trials(
    round: Int, after seen: [SearchedTrial], size: @escaping (TrialConfig) -> Double
  ) throws(InputError) -> [TrialConfig] {
    switch method {
    case .grid:
      guard round == 0 else { return [] }
      let grid = try space.grid()
      return Array(grid.prefix(runCap ?? grid.count))
    case .random:
      guard round == 0 else { return [] }
      var random = generator(round: 0)
      var trials: [TrialConfig] = []
      var known = Set<TrialConfig>()
      while trials.count < runCap ?? 0,
        let config = space.draw(using: &random, where: { !known.contains($0) })
      {
        known.insert(config)
        trials.append(config)
      }
      return trials
    case .bayes:
      return bayes(round: round, after: seen, size: size)
    }
  }

  /// Each size gets the same number of trials, in turn.
  private func bayes(
    round: Int, after seen: [SearchedTrial], size: @escaping (TrialConfig) -> Double
  ) -> [TrialConfig] {
    let sizes = sizeRanges(size)
    guard !sizes.isEmpty else { return [] }
    var known = Set(seen.map(\.config))
    var search = TreeParzenSearch(space.axes.map(\.domain))
    search.learn(
      sizes.map { range in
        seen.filter { range.contains(size($0.config)) }
          .map { (space.point(of: $0.config), $0.loss) }
      })
    var random = generator(round: round)
    var trials: [TrialConfig] = []
    let first = round * batch
    let wanted = min(batch, (runCap ?? 0) - first)
    // A used-up size passes its turn on; after as many turns in vain all are.
    var turn = first
    var misses = 0
    while trials.count < wanted, misses < sizes.count {
      let range = sizes[turn % sizes.count]
      turn += 1
      let isNew = { (config: TrialConfig) in
        !known.contains(config) && range.contains(size(config))
      }
      var config: TrialConfig?
      if !seen.isEmpty {
        let point = search.propose(using: &random) { point in
          (try? space.config(at: point)).map(isNew) ?? false
        }
        config = point.flatMap { try? space.config(at: $0) }
      }
      guard let config = config ?? space.draw(using: &random, where: isNew) else {
        misses += 1
        continue
      }
      misses = 0
      known.insert(config)
      trials.append(config)
    }
    return trials
  }

  /// The sizes that the space has: those of a thousand trials at random.
  private func sizeRanges(_ size: (TrialConfig) -> Double) -> [ClosedRange<Double>] {
    SizeGrouping.ranges(of: sample(1000).map(size))
  }

  /// `count` trials at random, the same ones each time, repetitions and all.
  func sample(_ count: Int) -> [TrialConfig] {
    var random = SplitMix64(seed: UInt64(bitPattern: Int64(seed)) ^ 0x5153)
    return (0..<count).compactMap { _ in space.draw(using: &random, where: { _ in true }) }
  }

  /// A generator of its own for each round.
  private func generator(round: Int) -> SplitMix64 {
    var seeds = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
    for _ in 0..<round { _ = seeds.next() }
    return SplitMix64(seed: seeds.next())
  }
}
