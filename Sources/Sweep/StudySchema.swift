import Analysis
import Foundation
import GPTQ
import GRDB

extension Study {
  /// The versions of the schema, oldest first; a study of an older tenbin is brought up to date.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(
        sql: """
          CREATE TABLE study (id INTEGER PRIMARY KEY CHECK (id = 1), environment TEXT NOT NULL);
          CREATE TABLE trials (
            number INTEGER PRIMARY KEY, algorithm TEXT NOT NULL, bits INTEGER NOT NULL,
            group_size INTEGER NOT NULL, damp_percent REAL NOT NULL, desc_act INTEGER NOT NULL,
            static_groups INTEGER NOT NULL, sym INTEGER NOT NULL, scales_dtype TEXT NOT NULL,
            group_timing TEXT NOT NULL, rescue TEXT NOT NULL, propagation TEXT NOT NULL,
            packer TEXT NOT NULL, config TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
            companion INTEGER, bits_per_weight REAL NOT NULL, size_bytes INTEGER NOT NULL,
            wall_seconds REAL NOT NULL);
          CREATE TABLE modules (
            trial INTEGER NOT NULL, layer INTEGER NOT NULL, module TEXT NOT NULL,
            relative_error_calibration REAL, relative_error_heldout REAL,
            rtn_relative_error_calibration REAL, rtn_relative_error_heldout REAL,
            hidden_error REAL, sqnr_db REAL, weight_relative_norm REAL, clip_rate REAL,
            packer_changed_codes REAL, dead_columns INTEGER, damp_percent_used REAL,
            solver_path TEXT NOT NULL, solve_seconds REAL,
            PRIMARY KEY (trial, layer, module));
          CREATE TABLE evaluations (
            trial INTEGER NOT NULL, position INTEGER NOT NULL, domain TEXT NOT NULL,
            tokens_scored INTEGER NOT NULL, perplexity REAL, perplexity_stderr REAL,
            nll_per_token REAL, nll_stderr REAL, nll_delta REAL, nll_delta_stderr REAL,
            bits_per_character REAL, kld_mean REAL, kld_stderr REAL, kld_median REAL,
            kld_p99 REAL, same_top_p REAL, same_top_p_stderr REAL, delta_p_rms REAL,
            PRIMARY KEY (trial, domain));
          CREATE VIEW v_trials AS
            SELECT t.*, e.domain, e.perplexity, e.perplexity_stderr, e.kld_mean, e.kld_stderr
            FROM trials t LEFT JOIN evaluations e ON e.trial = t.number AND e.position = 0;
          CREATE VIEW v_layers AS
            SELECT t.algorithm, t.bits, t.group_size, t.damp_percent, t.desc_act, t.propagation,
              t.packer, m.*
            FROM modules m JOIN trials t ON t.number = m.trial;
          """)
    }
    migrator.registerMigration("2: rescue_reason") { database in
      try database.execute(sql: "ALTER TABLE modules ADD COLUMN rescue_reason TEXT")
    }
    return migrator
  }
}

/// A row of `trials`: the config once as columns to query, once as the JSON it is restored from.
struct TrialRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "trials"
  static let databaseColumnEncodingStrategy = DatabaseColumnEncodingStrategy.convertToSnakeCase
  static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  var number: Int
  var algorithm: String
  var bits: Int
  var groupSize: Int
  var dampPercent: Double
  var descAct: Bool
  var staticGroups: Bool
  var sym: Bool
  var scalesDtype: String
  var groupTiming: String
  var rescue: String
  var propagation: String
  var packer: String
  var config: String
  var state: TrialResult.State
  var companion: Int?
  var bitsPerWeight: Double
  var sizeBytes: Int
  var wallSeconds: Double

  init(_ trial: TrialResult) throws {
    let quantize = trial.config.quantize
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    number = trial.number
    algorithm = quantize.algorithm.rawValue
    bits = quantize.bits
    groupSize = quantize.groupSize
    dampPercent = quantize.dampPercent
    descAct = quantize.descAct
    staticGroups = quantize.staticGroups
    sym = quantize.sym
    scalesDtype = quantize.scalesDtype.rawValue
    groupTiming = quantize.groupTiming.rawValue
    rescue = quantize.rescue.rawValue
    propagation = trial.config.propagation.rawValue
    packer = trial.config.packer.rawValue
    config = String(decoding: try encoder.encode(trial.config), as: UTF8.self)
    state = trial.state
    companion = trial.companion
    bitsPerWeight = trial.bitsPerWeight
    sizeBytes = trial.sizeBytes
    wallSeconds = trial.wallSeconds
  }

  func trialConfig() throws -> TrialConfig {
    try JSONDecoder().decode(TrialConfig.self, from: Data(config.utf8))
  }

  /// The trial without its modules and evaluations.
  func trialResult() throws -> TrialResult {
    var trial = TrialResult(number: number, config: try trialConfig(), companion: companion)
    trial.state = state
    trial.bitsPerWeight = bitsPerWeight
    trial.sizeBytes = sizeBytes
    trial.wallSeconds = wallSeconds
    return trial
  }
}

/// A row of `modules`.
struct ModuleRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "modules"
  static let databaseColumnEncodingStrategy = DatabaseColumnEncodingStrategy.convertToSnakeCase
  static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  var trial: Int
  var result: ModuleResult

  init(trial: Int, result: ModuleResult) {
    self.trial = trial
    self.result = result
  }

  init(from decoder: any Decoder) throws {
    trial = try decoder.container(keyedBy: TrialKey.self).decode(Int.self, forKey: .trial)
    result = try ModuleResult(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: TrialKey.self)
    try container.encode(trial, forKey: .trial)
    try result.encode(to: encoder)
  }
}

/// A row of `evaluations`.
struct EvaluationRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "evaluations"
  static let databaseColumnEncodingStrategy = DatabaseColumnEncodingStrategy.convertToSnakeCase
  static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  var trial: Int
  /// The domain's place in sweep.yaml.
  var position: Int
  var evaluation: Evaluation

  init(trial: Int, position: Int, evaluation: Evaluation) {
    self.trial = trial
    self.position = position
    self.evaluation = evaluation
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: TrialKey.self)
    trial = try container.decode(Int.self, forKey: .trial)
    position = try container.decode(Int.self, forKey: .position)
    evaluation = try Evaluation(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: TrialKey.self)
    try container.encode(trial, forKey: .trial)
    try container.encode(position, forKey: .position)
    try evaluation.encode(to: encoder)
  }
}

private enum TrialKey: String, CodingKey {
  case trial
  case position
}
