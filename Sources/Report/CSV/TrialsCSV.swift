import Analysis
import GPTQ
import Sweep

/// `trials.csv`: one row a trial, scores on the first domain. Columns: docs/metrics.md.
public enum TrialsCSV {
  /// The columns that hold wall-clock times, last in the file: two runs agree in all others.
  public static let timeColumns = [
    "wall_seconds", "calibrate_seconds", "factorise_seconds", "columns_seconds", "evaluate_seconds",
  ]

  /// The file's text, trials in order of their numbers.
  public static func text(_ results: StudyResults) -> String {
    let domain = results.mainDomain
    let rows = results.trials.sorted { $0.number < $1.number }
      .map { Row(trial: $0, domain: domain) }
    return CSVColumn.csv(columns, rows)
  }

  /// The header, in order.
  public static var columnNames: [String] { columns.map(\.name) }

  struct Row: Sendable {
    let trial: TrialResult
    let evaluation: Evaluation?
    var config: QuantizeConfig { trial.config.quantize }
    /// Damping and what follows from the order of columns mean nothing to round-to-nearest.
    var solved: Bool { config.algorithm != .rtn }

    init(trial: TrialResult, domain: String?) {
      self.trial = trial
      evaluation = domain.flatMap { trial.evaluation(on: $0) }
    }
  }

  private static let columns: [CSVColumn<Row>] = settings + size + scores + modules + times

  private static let settings: [CSVColumn<Row>] = [
    .integer("trial") { $0.trial.number },
    .text("state") { $0.trial.state.rawValue },
    .integer("companion") { $0.trial.companion },
    .text("role") { $0.trial.role.rawValue },
    .integer("round") { $0.trial.round },
    .integer("draw") { $0.trial.draw },
    .text("algorithm") { $0.config.algorithm.rawValue },
    .integer("bits") { $0.config.bits },
    .integer("group_size") { $0.config.groupSize },
    .number("damp_percent") { $0.solved ? $0.config.dampPercent : nil },
    .text("desc_act") { $0.solved ? String($0.config.descAct) : "" },
    .text("act_group_aware") { $0.solved ? String($0.config.actGroupAware) : "" },
    .text("static_groups") { $0.solved ? String($0.config.staticGroups) : "" },
    .text("sym") { String($0.config.sym) },
    .text("scales_dtype") { $0.config.scalesDtype.rawValue },
    .text("group_timing") { $0.solved ? $0.config.groupTiming.rawValue : "" },
    .text("rescue") { $0.solved ? $0.config.rescue.rawValue : "" },
    .text("propagation") { $0.trial.config.propagation.rawValue },
    .text("packer") { $0.trial.config.packer.rawValue },
    .text("modules_in_block_to_quantize") { TrialSetting.modules.value($0.trial.config) },
    .text("dynamic") { TrialSetting.dynamic.value($0.trial.config) },
    .text("lm_head") { TrialSetting.head.value($0.trial.config) },
  ]

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
