import Basics
import Codecs
import Foundation
import GPTQ
import GRDB
import Results

/// A study as an Optuna storage (schema 12, Optuna 3.2 and later): `optuna.load_study(storage=
/// "sqlite:///FILE")` and its dashboard open it.
///
/// One Optuna study with the trials of the search, numbered from 0 without gaps; the settings that
/// vary are parameters, `hidden_error` after each layer the intermediate values, all else user
/// attributes. Companions, confirmations and repeats are not trials of the search and are left out.
public enum OptunaExport {
  /// Writes `results` to `url`, whole or not at all.
  public static func write(_ results: StudyResults, to url: URL) throws(InputError) {
    try AtomicOutput.replace(url) { partial in
      let database = try DatabaseQueue(path: partial.path)
      try database.write { database in
        try database.execute(sql: OptunaSchema.text)
        try insert(results, database)
      }
      try database.close()
    }
  }

  private static func insert(_ results: StudyResults, _ database: Database) throws {
    let study = SearchedStudy(results)
    let environment = results.environment
    let name = environment.model.isEmpty ? "tenbin" : environment.model
    let direction = study.metric.metric.isMaximized ? "MAXIMIZE" : "MINIMIZE"
    try database.execute(
      sql: """
        INSERT INTO studies VALUES (1, ?);
        INSERT INTO study_directions VALUES (1, ?, 1, 0);
        """, arguments: [name, direction])
    let attributes: [(String, JSONValue)] = [
      ("metric", .string(study.metric.fullName(results.environment.domains))),
      ("calibration_hash", .string(environment.calibrationHash)),
      ("model_hash", .string(environment.modelHash)), ("engine", .string(environment.engine)),
      ("tool_version", .string(environment.toolVersion)),
      ("sweep_yaml", .string(environment.sweepYAML)),
    ]
    for (key, value) in attributes {
      try database.execute(
        sql: "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (1, ?, ?)",
        arguments: [key, JSONText.line(value)])
    }
    let distributions = study.settings.map { ($0, Distribution($0, in: study)) }
    for (number, trial) in study.trials.enumerated() {
      try insert(trial, number, study.metric, distributions, environment, database)
    }
  }

  private static func insert(
    _ trial: TrialResult, _ number: Int, _ metric: SweepMetric,
    _ distributions: [(TrialSetting, Distribution)], _ environment: StudyEnvironment,
    _ database: Database
  ) throws {
    let id = number + 1
    let state =
      switch trial.state {
      case .running: "RUNNING"
      case .complete: "COMPLETE"
      case .failed: "FAIL"
      case .pruned: "PRUNED"
      }
    let began = try? Date(environment.started, strategy: .iso8601)
    let ended = trial.state == .running ? nil : began?.addingTimeInterval(trial.wallSeconds)
    try database.execute(
      sql: "INSERT INTO trials VALUES (?, ?, 1, ?, ?, ?)",
      arguments: [id, number, state, began.map(time), ended.map(time)])
    for (setting, distribution) in distributions {
      guard let value = distribution.stored(scalar(setting.value(trial.config))) else { continue }
      try database.execute(
        sql: """
          INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
          VALUES (?, ?, ?, ?)
          """, arguments: [id, setting.key, value, distribution.json])
    }
    if let value = metric.value(of: trial) {
      try database.execute(
        sql: """
          INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, 0, ?, ?)
          """, arguments: [id, value.isFinite ? value : nil, kind(value)])
    }
    for (layer, error) in trial.hiddenErrors.enumerated() where !error.isNaN {
      try database.execute(
        sql: """
          INSERT INTO trial_intermediate_values
            (trial_id, step, intermediate_value, intermediate_value_type)
          VALUES (?, ?, ?, ?)
          """, arguments: [id, layer, error.isFinite ? error : nil, kind(error)])
    }
    for member in trial.summary {
      try database.execute(
        sql: """
          INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)
          """, arguments: [id, member.key, JSONText.line(member.value)])
    }
  }

  /// Optuna's choices are scalars: a list or a mapping is the text of its JSON.
  private static func scalar(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array, .object: .string(JSONText.line(value))
    default: value
    }
  }

  private static func kind(_ value: Double) -> String {
    value.isFinite ? "FINITE" : (value > 0 ? "INF_POS" : "INF_NEG")
  }

  private static func time(_ date: Date) -> String {
    let text = date.formatted(.iso8601.dateTimeSeparator(.space).timeZoneSeparator(.omitted))
    return text.replacing("Z", with: "") + ".000000"
  }

  /// How Optuna writes what a setting may be: as the sweep file has it where all trials fit, else
  /// the choice of the values there are.
  private struct Distribution {
    var choices: [JSONValue]?
    var json: String

    init(_ setting: TrialSetting, in study: SearchedStudy) {
      let values = study.values(of: setting).map(scalar)
      let numbers = values.compactMap(\.number)
      guard numbers.count == values.count,
        case .numeric(let domain)? = study.file?.search.space
          .domain(of: setting), let least = numbers.min(), let most = numbers.max()
      else {
        choices = values
        let list = JSONText.line(.array(values))
        json = #"{"name": "CategoricalDistribution", "attributes": {"choices": \#(list)}}"#
        return
      }
      let (low, high) = domain.valueBounds ?? (least, most)
      let isWhole =
        domain.isInteger && values.allSatisfy { if case .integer = $0 { true } else { false } }
      let step = domain.isLogarithmic ? nil : domain.step
      let attributes: JSONValue = [
        "low": isWhole ? .integer(Int(min(low, least))) : .number(min(low, least)),
        "high": isWhole ? .integer(Int(max(high, most))) : .number(max(high, most)),
        "log": .bool(domain.isLogarithmic && min(low, least) > 0),
        "step": isWhole ? .integer(Int(step ?? 1)) : step.map(JSONValue.number) ?? .number(.nan),
      ]
      let name = isWhole ? "IntDistribution" : "FloatDistribution"
      json = #"{"name": "\#(name)", "attributes": \#(JSONText.line(attributes))}"#
    }

    /// What stands in trial_params: a choice's index, or the number.
    func stored(_ value: JSONValue) -> Double? {
      guard let choices else { return value.number }
      return choices.firstIndex { $0.equals(value) }.map(Double.init)
    }
  }
}

/// Optuna's tables.
private enum OptunaSchema {
  static let text = """
    CREATE TABLE studies (study_id INTEGER NOT NULL, study_name VARCHAR(512) NOT NULL, PRIMARY
      KEY (study_id));
    CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
    CREATE TABLE version_info (version_info_id INTEGER NOT NULL, schema_version INTEGER,
      library_version VARCHAR(256), PRIMARY KEY (version_info_id), CHECK (version_info_id=1));
    CREATE TABLE study_directions (study_direction_id INTEGER NOT NULL, direction VARCHAR(8)
      NOT NULL, study_id INTEGER NOT NULL, objective INTEGER NOT NULL, PRIMARY KEY
      (study_direction_id), UNIQUE (study_id, objective), FOREIGN KEY(study_id) REFERENCES
      studies (study_id));
    CREATE TABLE study_user_attributes (study_user_attribute_id INTEGER NOT NULL, study_id
      INTEGER, "key" VARCHAR(512), value_json TEXT, PRIMARY KEY (study_user_attribute_id),
      UNIQUE (study_id, "key"), FOREIGN KEY(study_id) REFERENCES studies (study_id));
    CREATE TABLE study_system_attributes (study_system_attribute_id INTEGER NOT NULL, study_id
      INTEGER, "key" VARCHAR(512), value_json TEXT, PRIMARY KEY (study_system_attribute_id),
      UNIQUE (study_id, "key"), FOREIGN KEY(study_id) REFERENCES studies (study_id));
    CREATE TABLE trials (trial_id INTEGER NOT NULL, number INTEGER, study_id INTEGER, state
      VARCHAR(8) NOT NULL, datetime_start DATETIME, datetime_complete DATETIME, PRIMARY KEY
      (trial_id), FOREIGN KEY(study_id) REFERENCES studies (study_id));
    CREATE INDEX ix_trials_study_id ON trials (study_id);
    CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER NOT NULL, trial_id
      INTEGER, "key" VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_user_attribute_id),
      UNIQUE (trial_id, "key"), FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
    CREATE TABLE trial_system_attributes (trial_system_attribute_id INTEGER NOT NULL, trial_id
      INTEGER, "key" VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_system_attribute_id),
      UNIQUE (trial_id, "key"), FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
    CREATE TABLE trial_params (param_id INTEGER NOT NULL, trial_id INTEGER, param_name
      VARCHAR(512), param_value FLOAT, distribution_json TEXT, PRIMARY KEY (param_id), UNIQUE
      (trial_id, param_name), FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
    CREATE TABLE trial_values (trial_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL,
      objective INTEGER NOT NULL, value FLOAT, value_type VARCHAR(7) NOT NULL, PRIMARY KEY
      (trial_value_id), UNIQUE (trial_id, objective), FOREIGN KEY(trial_id) REFERENCES trials
      (trial_id));
    CREATE TABLE trial_intermediate_values (trial_intermediate_value_id INTEGER NOT NULL,
      trial_id INTEGER NOT NULL, step INTEGER NOT NULL, intermediate_value FLOAT,
      intermediate_value_type VARCHAR(7) NOT NULL, PRIMARY KEY (trial_intermediate_value_id),
      UNIQUE (trial_id, step), FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
    CREATE TABLE trial_heartbeats (trial_heartbeat_id INTEGER NOT NULL, trial_id INTEGER NOT
      NULL, heartbeat DATETIME NOT NULL, PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id),
      FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
    CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT
      alembic_version_pkc PRIMARY KEY (version_num));
    INSERT INTO version_info VALUES (1, 12, '4.0.0');
    INSERT INTO alembic_version VALUES ('v3.2.0.a');
    """
}
