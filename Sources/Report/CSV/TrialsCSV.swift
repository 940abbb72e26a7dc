import Analysis
import GPTQ
import Results

/// `trials.csv`: one row a trial, scores on the first domain. Columns: docs/metrics.md.
public enum TrialsCSV {
  /// The columns that hold wall-clock times, last in the file: two runs agree in all others.
  public static let timeColumns = [
    "wall_seconds", "calibrate_seconds", "factorise_seconds", "columns_seconds", "evaluate_seconds",
  ]

  /// The file's text, trials in order of their numbers.
  public static func text(_ results: StudyResults) -> String {
    CSVColumn.csv(columns, rows(results))
  }

  /// The same rows as a JSON array of objects.
  public static func json(_ results: StudyResults) -> String {
    CSVColumn.json(columns, rows(results))
  }

  private static func rows(_ results: StudyResults) -> [Row] {
    let domain = results.mainDomain
    return results.trials.sorted { $0.number < $1.number }
      .map { Row(trial: $0, domain: domain) }
  }

  /// The header, in order.
  public static var columnNames: [String] { columns.map(\.name) }

  struct Row: Sendable {
    let trial: TrialResult
    let evaluation: Evaluation?

    init(trial: TrialResult, domain: String?) {
      self.trial = trial
      evaluation = domain.flatMap { trial.evaluation(on: $0) }
    }
  }

  private static let columns: [CSVColumn<Row>] =
    identity + settings + size + scores + modules + times

  private static let identity: [CSVColumn<Row>] = [
    .integer("trial") { $0.trial.number },
    .text("state") { $0.trial.state.rawValue },
    .integer("companion") { $0.trial.companion },
    .text("role") { $0.trial.role.rawValue },
    .integer("round") { $0.trial.round },
    .integer("draw") { $0.trial.draw },
  ]

  private static let settings = TrialConfig.columns.map { setting in
    CSVColumn<Row>(setting.key, setting.kind.form) { field(setting, of: $0.trial) }
  }

  /// A setting of a trial as a field. Those that say how codes are found mean nothing to
  /// round-to-nearest.
  static func field(_ setting: TrialSetting, of trial: TrialResult) -> String {
    if setting.scope == .solving, trial.isRTN { return "" }
    guard case .number(let value) = setting.value(trial.config) else {
      return setting.text(trial.config)
    }
    return NumberText.shortest(value)
  }

  private static let size: [CSVColumn<Row>] = [
    .number("bits_per_weight") { $0.trial.bitsPerWeight > 0 ? $0.trial.bitsPerWeight : nil },
    .integer("size_bytes") { $0.trial.sizeBytes > 0 ? $0.trial.sizeBytes : nil },
  ]

  private static let scores: [CSVColumn<Row>] =
    [
      .text("domain") { $0.evaluation?.domain ?? "" },
      .integer("tokens_scored") { $0.evaluation?.tokensScored },
    ]
    + EvaluationMetric.all.flatMap { metric -> [CSVColumn<Row>] in
      let value = CSVColumn<Row>.number(metric.name) { $0.evaluation.map(metric.value) }
      guard let stderr = metric.stderr else { return [value] }
      return [value, .number(metric.stderrName) { $0.evaluation.map(stderr) }]
    }

  private static let modules: [CSVColumn<Row>] = [
    .number("relative_error_calibration_mean") { $0.trial.mean(\.relativeErrorCalibration) },
    .number("relative_error_heldout_mean") { $0.trial.mean(\.relativeErrorHeldout) },
    .number("rtn_relative_error_calibration_mean") { $0.trial.mean(\.rtnRelativeErrorCalibration) },
    .number("rtn_relative_error_heldout_mean") { $0.trial.mean(\.rtnRelativeErrorHeldout) },
    .number("hidden_error_last") { $0.trial.errorsByDepth.last?.error },
    .number("packer_changed_codes_mean") { $0.trial.mean(\.packerChangedCodes) },
    .integer("modules") { $0.trial.modules.count },
    .integer("modules_rescued") { $0.trial.rescued.count },
  ]

  private static let times: [CSVColumn<Row>] = [
    .number("wall_seconds") { $0.trial.wallSeconds },
    .number("calibrate_seconds") { $0.trial.seconds.calibrate },
    .number("factorise_seconds") { $0.trial.seconds.factorise },
    .number("columns_seconds") { $0.trial.seconds.columns },
    .number("evaluate_seconds") { $0.trial.seconds.evaluate },
  ]
}

extension SettingKind {
  /// How its values stand in JSON.
  fileprivate var form: CSVColumn<TrialsCSV.Row>.Form {
    switch self {
    case .flag: .flag
    case .integer, .number: .number
    case .choice, .list, .rules: .text
    }
  }
}
