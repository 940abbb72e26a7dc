import Codecs
import Results

/// A study as JSON lines, one run a line, with the members that W&B's public API gives a run: `name`,
/// `state`, `config`, `summary`, `history`. `wandb.init(config=run["config"])`, `run.log` of each
/// entry of `history` and `run.summary.update(run["summary"])` bring it into a project; pandas reads
/// it with `read_json(lines=True)`.
public enum WandbExport {
  /// All trials, by number.
  public static func text(_ results: StudyResults) -> String {
    let model = results.environment.model
    let names = TrialNames(results.trials)
    let lines = results.trials.sorted { $0.number < $1.number }.map { trial in
      line(trial, names, group: model.isEmpty ? "tenbin" : model)
    }
    return lines.map { $0 + "\n" }.joined() as String
  }

  private static func line(
    _ trial: TrialResult, _ names: TrialNames, group: String
  ) -> String {
    let state =
      switch trial.state {
      case .running: "running"
      case .complete: "finished"
      case .failed: "failed"
      case .pruned: "killed"
      }
    let config = TrialConfig.settings.map { setting in
      JSONMember(key: setting.key, value: setting.value(trial.config))
    }
    let history = trial.hiddenErrors.enumerated().map { layer, error -> JSONValue in
      ["_step": .integer(layer), "hidden_error": .number(error)]
    }
    return JSONText.line([
      "name": .string(names.label(trial)), "group": .string(group),
      "state": .string(state), "config": .object(config), "summary": .object(trial.summary),
      "history": .array(history),
    ])
  }
}
