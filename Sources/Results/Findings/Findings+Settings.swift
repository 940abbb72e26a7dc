import Analysis
import GPTQ

extension Findings {
  /// Packers against their exactly packed twins.
  static func packers(_ standings: Standings) -> [Finding] {
    let results = standings.results
    var harmless: [Int] = []
    var regressions: [PackerRegression] = []
    let ranked = results.ranked
    let packed = ranked.count { $0.config.packer != .exact }
    for trial in ranked where trial.config.packer != .exact {
      var exact = trial.config
      exact.packer = .exact
      guard let twin = ranked.first(where: { $0.config == exact }),
        let comparison = standings.judge(trial, twin, comparisons: packed)
      else { continue }
      guard comparison.verdict == .worse else {
        harmless.append(trial.number)
        continue
      }
      let worst = trial.modules.filter { !$0.packerChangedCodes.isNaN }
        .max { $0.packerChangedCodes < $1.packerChangedCodes }
      let smaller = ranked.filter {
        $0.config.quantize.bits < trial.config.quantize.bits
          && standings.judge($0, trial, comparisons: packed * ranked.count)?.verdict == .better
      }
      let rival = standings.choice(among: smaller)
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
  static func effect(_ setting: TrialSetting, _ standings: Standings) -> Finding? {
    var order: [TrialConfig] = []
    var families: [TrialConfig: [TrialResult]] = [:]
    for trial in standings.results.ranked where !trial.isRTN && trial.config.packer == .exact {
      var key = trial.config
      setting.reset(&key)
      if families[key] == nil { order.append(key) }
      families[key, default: []].append(trial)
    }
    let groups = order.compactMap { families[$0].flatMap { group($0, setting, standings) } }
    return groups.isEmpty ? nil : .setting(SettingEffect(key: setting.key, groups: groups))
  }

  private static func group(
    _ family: [TrialResult], _ setting: TrialSetting, _ standings: Standings
  ) -> SettingEffect.Group? {
    guard Set(family.map { setting.label($0.config) }).count > 1,
      let judgement = standings.judge(family)
    else { return nil }
    func value(_ number: Int) -> String {
      family.first { $0.number == number }.map { setting.label($0.config) } ?? ""
    }
    return SettingEffect.Group(
      best: judgement.best, bestValue: value(judgement.best), ties: judgement.ties.map(value),
      losers: judgement.losers.map { loser in
        .init(value: value(loser.trial), trial: loser.trial, comparison: loser.comparison)
      })
  }
}
