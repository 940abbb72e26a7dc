import Results

/// `layers.csv`: one row a trial and module. Columns: docs/metrics.md.
public enum LayersCSV {
  /// The columns that hold wall-clock times, last in the file: two runs agree in all others.
  public static let timeColumns = ["solve_seconds"]

  /// The file's text: trials by number, modules in the order in which they were solved.
  public static func text(_ results: StudyResults) -> String {
    CSVColumn.csv(columns, rows(results))
  }

  /// The same rows as a JSON array of objects.
  public static func json(_ results: StudyResults) -> String {
    CSVColumn.json(columns, rows(results))
  }

  private static func rows(_ results: StudyResults) -> [Row] {
    results.trials.sorted { $0.number < $1.number }
      .flatMap { trial in trial.modules.map { Row(trial: trial.number, module: $0) } }
  }

  /// The header, in order.
  public static var columnNames: [String] { columns.map(\.name) }

  struct Row: Sendable {
    let trial: Int
    let module: ModuleResult
  }

  private static let columns: [CSVColumn<Row>] = [
    .integer("trial") { $0.trial },
    .integer("layer") { $0.module.layer },
    .text("module") { $0.module.module },
    .number("relative_error_calibration") { $0.module.relativeErrorCalibration },
    .number("relative_error_heldout") { $0.module.relativeErrorHeldout },
    .number("rtn_relative_error_calibration") { $0.module.rtnRelativeErrorCalibration },
    .number("rtn_relative_error_heldout") { $0.module.rtnRelativeErrorHeldout },
    .number("hidden_error") { $0.module.hiddenError },
    .number("routing_drift") { $0.module.routingDrift },
    .number("sqnr_db") { $0.module.sqnrDb },
    .number("weight_relative_norm") { $0.module.weightRelativeNorm },
    .number("clip_rate") { $0.module.clipRate },
    .number("packer_changed_codes") { $0.module.packerChangedCodes },
    .integer("dead_columns") { $0.module.deadColumns },
    .number("damp_percent_used") { $0.module.dampPercentUsed },
    .number("loss") { $0.module.loss },
    .number("expected_loss") { $0.module.expectedLoss },
    .text("solver_path") { $0.module.solverPath.rawValue },
    .text("rescue_reason") { $0.module.rescueReason?.rawValue ?? "" },
    .integer("expert_tokens") { $0.module.expertTokens },
    .number("expert_share") { $0.module.expertShare },
    .integer("hessian_tokens") { $0.module.hessianTokens },
    .integer("in_features") { $0.module.inFeatures },
    .number("solve_seconds") { $0.module.solveSeconds },
  ]
}
