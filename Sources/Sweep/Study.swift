import Analysis
import Basics
import Foundation
import GPTQ
import GRDB

/// A study on disk: one SQLite file that any tool opens, with a trial's rows written in one
/// transaction.
///
/// Tables: `study` (one row), `trials`, `modules`, `evaluations` (trial −1 is the base model);
/// views for notebooks: `v_trials`, `v_layers`.
public struct Study: Sendable {
  private let database: DatabaseQueue

  /// Opens the study at `url`, creating it if it is not there.
  public init(_ url: URL) throws(InputError) {
    do {
      database = try DatabaseQueue(path: url.path)
      try Self.migrator.migrate(database)
    } catch {
      throw InputError(
        Self.isNotADatabase(error) ? .badData : .io, asked: "open the study \(url.path)",
        found: "\(error)",
        hint: "give the path of a study that tenbin wrote, or of a new file in a writable folder")
    }
  }

  /// Opens a study that must be there already.
  public init(existing url: URL) throws(InputError) {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw InputError(
        .missing, asked: "open the study \(url.path)", found: "no such file",
        hint: "run `tenbin sweep run` first")
    }
    try self.init(url)
  }

  /// What the study was begun with; nil in a new one.
  public func environment() throws(InputError) -> StudyEnvironment? {
    try read { database in
      try String.fetchOne(database, sql: "SELECT environment FROM study").map {
        try JSONDecoder().decode(StudyEnvironment.self, from: Data($0.utf8))
      }
    }
  }

  /// Stores the circumstances of the study.
  public func save(_ environment: StudyEnvironment) throws(InputError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try write { database in
      let json = String(decoding: try encoder.encode(environment), as: UTF8.self)
      try database.execute(
        sql: "INSERT OR REPLACE INTO study (id, environment) VALUES (1, ?)", arguments: [json])
    }
  }

  /// Adds the trials of `plan` that the study does not know, and returns all trials that still have
  /// to run, with the numbers they have in the study.
  public func enter(_ plan: TrialPlan) throws(InputError) -> [TrialResult] {
    try write { database in
      var numbers: [TrialConfig: Int] = [:]
      for record in try TrialRecord.fetchAll(database) {
        numbers[try record.trialConfig()] = record.number
      }
      for trial in plan.trials where numbers[trial.config] == nil {
        numbers[trial.config] = numbers.count
      }
      var waiting: [TrialResult] = []
      for planned in plan.trials {
        let number = numbers[planned.config] ?? planned.number
        let companion =
          planned.companion == nil ? nil : numbers[planned.config.companion]
        if let known = try TrialRecord.fetchOne(database, key: number),
          known.state == .complete || known.state == .pruned
        {
          continue
        }
        let trial = TrialResult(number: number, config: planned.config, companion: companion)
        try TrialRecord(trial).upsert(database)
        waiting.append(trial)
      }
      return waiting.sorted { $0.number < $1.number }
    }
  }

  /// Stores everything known of `trial`, replacing what was stored.
  public func save(_ trial: TrialResult) throws(InputError) {
    try write { database in
      try TrialRecord(trial).upsert(database)
      try ModuleRecord.filter(Column("trial") == trial.number).deleteAll(database)
      try EvaluationRecord.filter(Column("trial") == trial.number).deleteAll(database)
      for module in trial.modules {
        try ModuleRecord(trial: trial.number, result: module).insert(database)
      }
      for (index, evaluation) in trial.evaluations.enumerated() {
        try EvaluationRecord(trial: trial.number, position: index, evaluation: evaluation)
          .insert(database)
      }
    }
  }

  /// Stores the base model's own evaluations.
  public func save(base evaluations: [Evaluation]) throws(InputError) {
    try write { database in
      try EvaluationRecord.filter(Column("trial") == baseTrial).deleteAll(database)
      for (index, evaluation) in evaluations.enumerated() {
        try EvaluationRecord(trial: baseTrial, position: index, evaluation: evaluation)
          .insert(database)
      }
    }
  }

  /// Everything in the study.
  public func results() throws(InputError) -> StudyResults {
    try read { database in
      let environment = try String.fetchOne(database, sql: "SELECT environment FROM study").map {
        try JSONDecoder().decode(StudyEnvironment.self, from: Data($0.utf8))
      }
      let evaluations = Dictionary(
        grouping: try EvaluationRecord.order(Column("trial"), Column("position"))
          .fetchAll(database), by: \.trial)
      let modules = Dictionary(
        grouping: try ModuleRecord.order(Column("rowid")).fetchAll(database), by: \.trial)
      let trials = try TrialRecord.order(Column("number")).fetchAll(database).map { record in
        var trial = try record.trialResult()
        trial.evaluations = evaluations[trial.number, default: []].map(\.evaluation)
        trial.modules = modules[trial.number, default: []].map(\.result)
        return trial
      }
      return StudyResults(
        environment: environment ?? StudyEnvironment(),
        base: evaluations[baseTrial, default: []].map(\.evaluation), trials: trials)
    }
  }

  private func read<Value>(_ body: (Database) throws -> Value) throws(InputError) -> Value {
    do {
      return try database.read(body)
    } catch {
      throw failure("read the study", error)
    }
  }

  private func write<Value>(_ body: (Database) throws -> Value) throws(InputError) -> Value {
    do {
      return try database.write(body)
    } catch {
      throw failure("write the study", error)
    }
  }

  private func failure(_ operation: String, _ error: any Error) -> InputError {
    InputError(
      Self.isNotADatabase(error) || error is DecodingError ? .badData : .io,
      asked: "\(operation) \(database.path)", found: "\(error)",
      hint: "check free space and permissions; what was stored before is intact")
  }

  private static func isNotADatabase(_ error: any Error) -> Bool {
    guard let error = error as? DatabaseError else { return false }
    return error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT
  }
}

/// The trial number under which the base model's evaluations stand.
private let baseTrial = -1
