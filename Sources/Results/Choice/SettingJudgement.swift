import Analysis

/// Trials that are equal in all but one setting, held against each other.
public struct SettingJudgement: Sendable, Equatable {
  /// A trial that lost, and by how much.
  public struct Loser: Sendable, Equatable {
    /// The trial's number.
    public let trial: Int
    /// That trial against the best.
    public let comparison: Comparison
  }

  /// The choice among them.
  public let best: Int
  /// Those indistinguishable from it, by number.
  public let ties: [Int]
  /// Those that are worse beyond noise, by number.
  public let losers: [Loser]
}

extension Standings {
  /// The judgements of one setting among solved trials within some bits per weight, a family of trials
  /// that are equal in all else each. Another packer is judged as a packer only.
  public func judgements(
    of setting: TrialSetting, within sizes: ClosedRange<Double>
  ) -> [SettingJudgement] {
    let trials = results.ranked.filter {
      !$0.isRTN && sizes.contains($0.bitsPerWeight)
        && (setting.key == "packer" || $0.config.packer == .exact)
    }
    guard let first = trials.first else { return [] }
    var order: [TrialConfig] = []
    var families: [TrialConfig: [TrialResult]] = [:]
    for trial in trials {
      var key = trial.config
      setting.copy(first.config, &key)
      if families[key] == nil { order.append(key) }
      families[key, default: []].append(trial)
    }
    return order.compactMap { families[$0].flatMap(judge) }
  }

  /// Judges trials that differ in one setting only; nil of fewer than two.
  public func judge(_ family: [TrialResult]) -> SettingJudgement? {
    guard family.count > 1, let best = choice(among: family) else { return nil }
    let others = family.filter { $0.number != best.number }.sorted { $0.number < $1.number }
    var ties: [Int] = []
    var losers: [SettingJudgement.Loser] = []
    for trial in others {
      if let loss = loss(of: trial, to: best, of: family.count) {
        losers.append(.init(trial: trial.number, comparison: loss))
      } else {
        ties.append(trial.number)
      }
    }
    return SettingJudgement(best: best.number, ties: ties, losers: losers)
  }
}
