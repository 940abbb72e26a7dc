import Analysis
import GPTQ
import Sweep

extension Findings {
  /// Packers against their exactly packed twins.
  static func packers(_ results: StudyResults) -> [Finding] {
    var harmless: [Int] = []
    var regressions: [PackerRegression] = []
    let ranked = results.ranked
    for trial in ranked where trial.config.packer != .exact {
      var exact = trial.config
      exact.packer = .exact
      guard let twin = ranked.first(where: { $0.config == exact }),
        let comparison = results.compare(trial, twin)
      else { continue }
      guard comparison.verdict == .worse else {
        harmless.append(trial.number)
        continue
      }
      let worst = trial.modules.filter { !$0.packerChangedCodes.isNaN }
        .max { $0.packerChangedCodes < $1.packerChangedCodes }
      let smaller = ranked.filter {
        $0.config.quantize.bits < trial.config.quantize.bits
          && results.compare($0, trial)?.verdict == .better
      }
      let rival = smaller.min {
        (results.compare($0, $1)?.difference ?? 0, $0.number) < (0, $1.number)
      }
      regressions.append(
        PackerRegression(
          trial: trial.number, twin: twin.number, comparison: comparison,
          changedCodes: trial.mean(\.packerChangedCodes) ?? .nan,
          worstModule: worst?.path ?? "", worstModuleChangedCodes: worst?.packerChangedCodes ?? 0,
          beatenBy: rival?.number))
    }
    regressions.sort {
      (-$0.comparison.difference, $0.trial) < (-$1.comparison.difference, $1.trial)
    }
    return (regressions.isEmpty ? [] : [.packerRegressions(regressions)])
      + (harmless.isEmpty ? [] : [.packerHarmless(harmless)])
  }

  /// The effect of `setting` among exactly packed GPTQ trials that differ in nothing else; nil
  /// where no two do.
  static func effect(_ setting: TrialSetting, _ results: StudyResults) -> Finding? {
    var order: [TrialConfig] = []
    var families: [TrialConfig: [TrialResult]] = [:]
    for trial in results.ranked where !trial.isRTN && trial.config.packer == .exact {
      var key = trial.config
      setting.neutralize(&key)
      if families[key] == nil { order.append(key) }
      families[key, default: []].append(trial)
    }
    let groups = order.compactMap { families[$0].flatMap { group($0, setting, results) } }
    return groups.isEmpty ? nil : .setting(SettingEffect(key: setting.key, groups: groups))
  }

  private static func group(
    _ family: [TrialResult], _ setting: TrialSetting, _ results: StudyResults
  ) -> SettingEffect.Group? {
    let byQuality = family.sorted {
      (results.mainEvaluation($0)?.perplexity ?? .infinity, $0.number)
        < (results.mainEvaluation($1)?.perplexity ?? .infinity, $1.number)
    }
    guard let best = byQuality.first, Set(family.map { setting.value($0.config) }).count > 1
    else { return nil }
    var ties: [String] = []
    var losers: [SettingEffect.Group.Loser] = []
    let others = byQuality.dropFirst().sorted { $0.number < $1.number }
    for trial in others {
      guard let comparison = results.compare(trial, best) else { continue }
      let value = setting.value(trial.config)
      if comparison.verdict == .worse {
        losers.append(.init(value: value, trial: trial.number, comparison: comparison))
      } else {
        ties.append(value)
      }
    }
    return SettingEffect.Group(
      best: best.number, bestValue: setting.value(best.config), ties: ties, losers: losers)
  }
}
