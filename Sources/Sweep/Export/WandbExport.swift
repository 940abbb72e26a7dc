import Basics

/// A study as JSON lines, one run a line, with the members that W&B's public API gives a run: `name`,
/// `state`, `config`, `summary`, `history`. `wandb.init(config=run["config"])`, `run.log` of each
/// entry of `history` and `run.summary.update(run["summary"])` bring it into a project; pandas reads
/// it with `read_json(lines=True)`.
public enum WandbExport {
  /// All trials, by number.
  public static func text(_ results: StudyResults) -> String {
    let model = results.environment.model
    let lines = results.trials.sorted { $0.number < $1.number }.map { trial in
      line(trial, group: model.isEmpty ? "tenbin" : model)
    }
    return lines.map { $0 + "\n" }.joined() as String
  }

  private static func line(_ trial: TrialResult, group: String) -> String {
    let state =
      switch trial.state {
      case .running: "running"
      case .complete: "finished"
      case .failed: "failed"
      case .pruned: "killed"
      }
    var config = SettingMap()
    for parameter in SearchParameter.allCases {
      config[parameter.rawValue] = parameter.value(in: trial.config)
    }
    let history = trial.hiddenErrors.enumerated().map { layer, error in
      SettingValue.map(["_step": .integer(layer), "hidden_error": .number(error)])
    }
    return SettingValue.map([
      "name": .text("#\(trial.number) \(trial.label)"), "group": .text(group),
      "state": .text(state), "config": .map(config), "summary": .map(trial.summary),
      "history": .list(history),
    ]).json
  }
}
