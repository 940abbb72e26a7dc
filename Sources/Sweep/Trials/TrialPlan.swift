import GPTQ
import Results

/// The trials of a pass: those asked for, and after them the round-to-nearest companion of each
/// grid, which is counted like any other.
public struct TrialPlan: Sendable {
  /// The trials, by number.
  public private(set) var trials: [TrialResult]
  private let numbers: [TrialIdentity: Int]

  /// Numbers `configs` from 0 and appends the companions that are not among them.
  public init(_ configs: [TrialConfig], round: Int = 0) {
    var all = configs
    var numbers: [TrialConfig: Int] = [:]
    for (number, config) in all.enumerated() { numbers[config] = number }
    for config in configs where config.quantize.algorithm != .rtn {
      if numbers[config.companion] == nil {
        numbers[config.companion] = all.count
        all.append(config.companion)
      }
    }
    self.init(
      all.enumerated().map { number, config in
        TrialResult(
          number: number, config: config,
          companion: config.quantize.algorithm == .rtn ? nil : numbers[config.companion],
          role: number < configs.count ? .search : .companion, round: round)
      })
  }

  /// A plan of trials that follow from others: a study gives them numbers of its own.
  public init(_ trials: [TrialResult]) {
    self.trials = trials
    var numbers: [TrialIdentity: Int] = [:]
    for trial in trials { numbers[trial.identity] = trial.number }
    self.numbers = numbers
  }

  /// The number that the plan gives a trial; nil where it has none.
  func number(of identity: TrialIdentity) -> Int? { numbers[identity] }
}

/// One of n parts of a sweep: the trials whose number leaves the remainder `index` − 1, or those that a
/// plan has given it.
public struct Shard: Sendable, Equatable {
  /// Which part, from 1.
  public let index: Int
  /// How many parts there are.
  public let count: Int
  /// The trials that a plan has given it.
  private let trials: Set<Int>?

  /// The part of a plan that has these trials.
  public init(index: Int, count: Int, trials: Set<Int>) {
    (self.index, self.count, self.trials) = (index, count, trials)
  }

  /// Reads `1/4`.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count >= 1, count <= 10_000,
      index >= 1, index <= count
    else { return nil }
    self.index = index
    self.count = count
    trials = nil
  }

  /// Whether trial `number` is of this part.
  public func holds(_ number: Int) -> Bool {
    trials?.contains(number) ?? (number % count == index - 1)
  }
}
