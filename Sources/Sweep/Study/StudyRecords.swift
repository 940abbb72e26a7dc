import Analysis
import Foundation
import GPTQ
import GRDB
import Results

/// A row of `trials`: the config once as columns to query, once as the JSON it is restored from.
struct TrialRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "trials"
  static let databaseColumnEncodingStrategy = DatabaseColumnEncodingStrategy.convertToSnakeCase
  static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  var number: Int
  var role: TrialResult.Role
  var round: Int
  var draw: Int
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
  var calibrateSeconds: Double
  var factoriseSeconds: Double
  var columnsSeconds: Double
  var evaluateSeconds: Double

  init(_ trial: TrialResult) throws {
    let quantize = trial.config.quantize
    number = trial.number
    role = trial.role
    round = trial.round
    draw = trial.draw
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
    config = try TolerantJSON.text(trial.config)
    state = trial.state
    companion = trial.companion
    bitsPerWeight = trial.bitsPerWeight
    sizeBytes = trial.sizeBytes
    wallSeconds = trial.wallSeconds
    calibrateSeconds = trial.seconds.calibrate
    factoriseSeconds = trial.seconds.factorise
    columnsSeconds = trial.seconds.columns
    evaluateSeconds = trial.seconds.evaluate
  }

  func trialConfig() throws -> TrialConfig {
    try TolerantJSON.value(config, defaults: TrialConfig(quantize: QuantizeConfig()))
  }

  func identity() throws -> TrialIdentity {
    TrialIdentity(config: try trialConfig(), draw: draw)
  }

  /// The trial without its modules and evaluations.
  func trialResult() throws -> TrialResult {
    var trial = TrialResult(
      number: number, config: try trialConfig(), companion: companion, role: role, round: round,
      draw: draw)
    trial.state = state
    trial.bitsPerWeight = bitsPerWeight
    trial.sizeBytes = sizeBytes
    trial.wallSeconds = wallSeconds
    trial.seconds.calibrate = calibrateSeconds
    trial.seconds.factorise = factoriseSeconds
    trial.seconds.columns = columnsSeconds
    trial.seconds.evaluate = evaluateSeconds
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

/// A row of `hidden_errors`.
struct HiddenErrorRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "hidden_errors"
  static let databaseColumnEncodingStrategy = DatabaseColumnEncodingStrategy.convertToSnakeCase
  static let databaseColumnDecodingStrategy = DatabaseColumnDecodingStrategy.convertFromSnakeCase

  var trial: Int
  var layer: Int
  /// SQLite stores NaN as NULL.
  var hiddenError: Double?
  /// Likewise; null in a layer without a choice of experts.
  var routingDrift: Double?

  /// A value after each layer, by layer; NaN where none is known.
  static func values(
    _ value: KeyPath<HiddenErrorRecord, Double?>, of records: [HiddenErrorRecord]
  ) -> [Double] {
    let layers = records.map(\.layer).max().map { $0 + 1 } ?? 0
    var values = [Double](repeating: .nan, count: layers)
    for record in records where record.layer >= 0 {
      values[record.layer] = record[keyPath: value] ?? .nan
    }
    return values
  }
}

/// A row of `draws`.
struct DrawRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "draws"

  var draw: CalibrationDraw

  init(_ draw: CalibrationDraw) { self.draw = draw }

  init(from decoder: any Decoder) throws { draw = try CalibrationDraw(from: decoder) }

  func encode(to encoder: any Encoder) throws { try draw.encode(to: encoder) }
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

/// A row of `next_tokens`.
struct NextTokensRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "next_tokens"

  var trial: Int
  /// The prompt's place in the study's environment.
  var prompt: Int
  var result: NextTokens
}

private enum TrialKey: String, CodingKey {
  case trial
  case position
}
