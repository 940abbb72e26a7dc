import Codecs
import GPTQ
import Results

/// A study as search tools see it: its asked-for trials, the settings that vary among them, and the
/// metric.
public struct SearchedStudy: Sendable {
  /// The trials of the search, by number.
  public let trials: [TrialResult]
  /// The settings that have more than one value among them.
  public let settings: [TrialSetting]
  /// What they are ranked by.
  public let metric: SweepMetric
  /// The study's sweep file, where it still can be read.
  let file: SweepFile?

  /// Looks at `results`. Without a readable sweep file the metric is perplexity on the first domain.
  public init(_ results: StudyResults) {
    file = try? SweepFile(text: results.environment.sweepYAML, name: "the study's sweep.yaml")
    metric = file?.metric ?? SweepMetric()
    let trials = results.trials.filter { $0.role == .search }.sorted { $0.number < $1.number }
    self.trials = trials
    settings = TrialConfig.settings.filter { setting in
      Set(trials.map { setting.value($0.config) }).count > 1
    }
  }

  /// The distinct values of a setting, numbers in order, others as met.
  func values(of setting: TrialSetting) -> [JSONValue] {
    var values: [JSONValue] = []
    for trial in trials {
      let value = setting.value(trial.config)
      if !values.contains(where: { $0.equals(value) }) { values.append(value) }
    }
    return values.enumerated().sorted {
      ($0.element.number ?? 0, $0.offset) < ($1.element.number ?? 0, $1.offset)
    }.map(\.element)
  }
}

extension ParameterImportance {
  /// The importances of all settings that vary within a size of `study`, by size, the largest share
  /// first.
  public static func all(
    of study: SearchedStudy, in standings: Standings, seed: UInt64 = 0
  ) -> [ParameterImportance] {
    all(of: study.trials, settings: study.settings, in: standings, seed: seed) {
      study.metric.loss(of: $0)
    }
  }
}
