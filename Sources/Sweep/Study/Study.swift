import Analysis
import Basics
import Calib
import CalibStore
import Foundation
import GPTQ
import GRDB
import Results

/// A study on disk: one SQLite file that any tool opens.
///
/// Tables: `study` (one row), `trials`, `modules`, `hidden_errors`, `evaluations` (trial −1 is the
/// base model), `next_tokens`, `draws`, `spectra`, `weight_errors`, `sensitivities`, `allocations`,
/// `progress` (of the pass under way; else empty), `times` (when passes, layers and trials began and ended);
/// views for notebooks: `v_trials`, `v_layers`. What a layer did to the trials, and in the end what the
/// whole pass found, is written in one transaction each, behind a write-ahead log, so that a run that is
/// killed leaves what was there.
public struct Study: Sendable {
  private let database: DatabaseQueue
  /// Held while the study may be written to.
  private let lock: OutputLock?

  /// The file.
  public let url: URL

  /// Opens the study at `url` to write to it, creating it if it is not there. One process at a time.
  public init(_ url: URL) throws(InputError) {
    // Locks and the log stand beside the file itself, whichever link it was named by.
    let url = OutputPlace(url.path).url
    self.url = url
    lock = try Self.lock(url)
    try Self.checkWritable(url)
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(10)
    do {
      database = try DatabaseQueue(path: url.path, configuration: configuration)
      try Self.migrator.migrate(database)
    } catch {
      throw Self.cannotOpen(url, error)
    }
  }

  /// Opens a study that must be there already, to read it.
  public init(existing url: URL) throws(InputError) {
    try DatabaseFile.check(
      url, asked: "open the study \(url.path)", hint: "give a study that tenbin sweep run wrote")
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    let holdsStudy: Bool
    do {
      let reader = try DatabaseQueue(path: url.path, configuration: configuration)
      holdsStudy = try reader.read { try $0.tableExists("study") }
      if try reader.read({ try Self.migrator.hasCompletedMigrations($0) }) {
        self.init(reader, of: url)
        return
      }
      try reader.close()
    } catch {
      throw Self.cannotOpen(url, error)
    }
    guard holdsStudy else { throw Self.noStudy(url) }
    // Of an older tenbin: bringing it up to date is a write.
    try self.init(url)
    try finish()
  }

  /// Opens a study that must be there already, to look at it: nothing is written, not even to bring one
  /// of an older tenbin up to date; that is done to a copy in memory.
  public init(viewing url: URL) throws(InputError) {
    try DatabaseFile.check(
      url, asked: "open the study \(url.path)", hint: "give a study that tenbin sweep run wrote")
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    let found: DatabaseQueue?
    do {
      let reader = try DatabaseQueue(path: url.path, configuration: configuration)
      let (isStudy, isCurrent) = try reader.read { database in
        try (database.tableExists("study"), Self.migrator.hasCompletedMigrations(database))
      }
      if isStudy, !isCurrent {
        let copy = try DatabaseQueue()
        try reader.backup(to: copy)
        try Self.migrator.migrate(copy)
        found = copy
      } else {
        found = isStudy ? reader : nil
      }
    } catch {
      throw Self.cannotOpen(url, error)
    }
    guard let found else { throw Self.noStudy(url) }
    self.init(found, of: url)
  }

  /// What is found in a database of something else.
  public static let noneFound = "a database without a study in it"

  private static func noStudy(_ url: URL) -> InputError {
    InputError(
      .badData, asked: "open the study \(url.path)", found: noneFound,
      hint: "give a study that tenbin sweep run wrote")
  }

  /// Whether a tenbin of a later schema has written it: what that one added is not seen here.
  public func isOfLaterTenbin() throws(InputError) -> Bool {
    try read { try Self.migrator.hasBeenSuperseded($0) }
  }

  /// Whether a process has the study at `url` open to write it.
  public static func isBeingWritten(_ url: URL) -> Bool { OutputLock.isHeld(lockFile(url)) }

  private static func lockFile(_ url: URL) -> URL {
    URL(fileURLWithPath: OutputPlace(url.path).url.path + ".lock")
  }

  /// Keeps other processes from writing the study at `url`.
  static func lock(_ url: URL) throws(InputError) -> OutputLock {
    try OutputLock(
      lockFile(url), asked: "write the study \(url.path)",
      hint: "wait for it, or give another --study; reading commands work meanwhile")
  }

  /// Refuses a database of something else, and a study of a later tenbin, whose columns this one would
  /// leave empty.
  private static func checkWritable(_ url: URL) throws(InputError) {
    guard case .file = OutputPlace(url.path).occupant else { return }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    let (isOther, isLater): (Bool, Bool)
    do {
      let reader = try DatabaseQueue(path: url.path, configuration: configuration)
      (isOther, isLater) = try reader.read { database in
        let tables = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'"
        return (
          try Int.fetchOne(database, sql: tables) != 0 && !database.tableExists("study"),
          try Self.migrator.hasBeenSuperseded(database)
        )
      }
      try reader.close()
    } catch {
      throw cannotOpen(url, error)
    }
    if isOther {
      throw InputError(
        .usage, asked: "write the study \(url.path)", found: "a database without a study in it",
        hint: "give the path of a study that tenbin wrote, or of a new file")
    }
    if isLater {
      throw InputError(
        .usage, asked: "write the study \(url.path)",
        found: "a study of a later tenbin than \(ToolVersion.current)",
        hint: "go on with that tenbin, or give another --study; reading commands work")
    }
  }

  private init(_ database: DatabaseQueue, of url: URL) {
    (self.database, self.url) = (database, url)
    lock = nil
  }

  private static func cannotOpen(_ url: URL, _ error: any Error) -> InputError {
    DatabaseFile.failure(error, asked: "open the study \(url.path)")
  }

  /// Nothing is under way any more: folds the log into the one file, which then opens anywhere, read-only
  /// folders included.
  public func finish() throws(InputError) {
    try write { try $0.execute(sql: "DELETE FROM progress") }
    do {
      try database.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA journal_mode = DELETE")
      }
    } catch {
      // A reader is looking: the log stays beside the file, and nothing is lost.
      guard
        (error as? DatabaseError)?.resultCode == .SQLITE_BUSY
          || (error as? DatabaseError)?.resultCode == .SQLITE_LOCKED
      else { throw failure("finish", error) }
    }
  }

  /// What the study was begun with; nil in a new one.
  public func environment() throws(InputError) -> StudyEnvironment? {
    try read { database in try Self.environment(database) }
  }

  /// Stores the circumstances of the study.
  public func save(_ environment: StudyEnvironment) throws(InputError) {
    try write { database in try Self.save(environment, database) }
  }

  /// Adds the trials of `plan` that the study does not know, and returns all trials that still have
  /// to run, with the numbers they have in the study. A shard runs the trials of its numbers.
  public func enter(
    _ plan: TrialPlan, shard: Shard? = nil
  ) throws(InputError) -> [TrialResult] {
    try write { database in
      var numbers: [TrialIdentity: Int] = [:]
      for record in try TrialRecord.fetchAll(database) {
        numbers[try record.identity()] = record.number
      }
      // Planned numbers hold as long as the study holds nothing else: shards leave gaps.
      let isOwn = numbers.allSatisfy { plan.number(of: $0.key) == $0.value }
      var next = (numbers.values.max() ?? -1) + 1
      for trial in plan.trials where numbers[trial.identity] == nil {
        if isOwn {
          numbers[trial.identity] = trial.number
        } else {
          numbers[trial.identity] = next
          next += 1
        }
      }
      var waiting: [TrialResult] = []
      for planned in plan.trials {
        guard let number = numbers[planned.identity], shard?.holds(number) ?? true else { continue }
        let known = try TrialRecord.fetchOne(database, key: number)
        if known?.state == .complete || known?.state == .pruned { continue }
        var trial = planned
        trial.number = number
        trial.companion = planned.companion.flatMap { _ in
          numbers[TrialIdentity(config: planned.config.companion, draw: 0)]
        }
        try TrialRecord(trial).upsert(database)
        waiting.append(trial)
      }
      return waiting.sorted { $0.number < $1.number }
    }
  }

  /// Stores what a pass found: its trials, the base's own evaluations, and the circumstances.
  public func save(
    _ trials: [TrialResult], base: [Evaluation], baseNextTokens: [NextTokens] = [],
    draws: [CalibrationDraw] = [], environment: StudyEnvironment
  ) throws(InputError) {
    try write { database in
      for trial in trials { try Self.save(trial, database) }
      try EvaluationRecord.filter(Column("trial") == baseTrial).deleteAll(database)
      for (index, evaluation) in base.enumerated() {
        try EvaluationRecord(trial: baseTrial, position: index, evaluation: evaluation)
          .insert(database)
      }
      if !baseNextTokens.isEmpty { try Self.save(baseNextTokens, of: baseTrial, database) }
      for draw in draws { try DrawRecord(draw).upsert(database) }
      try Self.save(environment, database)
    }
  }

  /// Stores what `layer` did to trials that are still on their way.
  func save(layer: Int, of trials: [TrialResult]) throws(InputError) {
    try write { database in
      for trial in trials {
        for module in trial.modules where module.layer == layer {
          try ModuleRecord(trial: trial.number, result: module).upsert(database)
        }
        guard trial.hiddenErrors.indices.contains(layer) else { continue }
        try HiddenErrorRecord(
          trial: trial.number, layer: layer, hiddenError: trial.hiddenErrors[layer],
          routingDrift: trial.routingDrifts.indices.contains(layer)
            ? trial.routingDrifts[layer] : nil
        ).upsert(database)
      }
    }
  }

  /// Removes what the layers after `layer` did to the trials of these numbers.
  func removeLayers(after layer: Int, of trials: [Int]) throws(InputError) {
    try write { database in
      let isLater = trials.contains(Column("trial")) && Column("layer") > layer
      try ModuleRecord.filter(isLater).deleteAll(database)
      try HiddenErrorRecord.filter(isLater).deleteAll(database)
    }
  }

  /// Everything in the study.
  public func results() throws(InputError) -> StudyResults {
    try read { database in
      let evaluations = Dictionary(
        grouping: try EvaluationRecord.order(Column("trial"), Column("position"))
          .fetchAll(database), by: \.trial)
      let modules = Dictionary(
        grouping: try ModuleRecord.order(Column("rowid")).fetchAll(database), by: \.trial)
      let weightErrors = Dictionary(
        grouping: try WeightErrorsRecord.order(Column("rowid")).fetchAll(database), by: \.trial)
      let hiddenErrors = Dictionary(
        grouping: try HiddenErrorRecord.fetchAll(database), by: \.trial)
      let nextTokens = Dictionary(
        grouping: try NextTokensRecord.order(Column("prompt")).fetchAll(database), by: \.trial)
      let trials = try TrialRecord.order(Column("number")).fetchAll(database).map { record in
        var trial = try record.trialResult()
        trial.evaluations = evaluations[trial.number, default: []].map(\.evaluation)
        trial.nextTokens = nextTokens[trial.number, default: []].map(\.result)
        trial.modules = modules[trial.number, default: []].map(\.result)
        trial.weightErrors = weightErrors[trial.number, default: []].map(\.kindErrors)
        let layers = hiddenErrors[trial.number, default: []]
        trial.hiddenErrors = HiddenErrorRecord.values(\.hiddenError, of: layers)
        trial.routingDrifts = HiddenErrorRecord.values(\.routingDrift, of: layers)
          .map { $0.isNaN ? nil : $0 }
        return trial
      }
      var results = StudyResults(
        environment: try Self.environment(database) ?? StudyEnvironment(),
        base: evaluations[baseTrial, default: []].map(\.evaluation), trials: trials,
        draws: try DrawRecord.order(Column("draw")).fetchAll(database).map(\.draw),
        allocation: try Self.allocation(database), times: try TimedStepRecord.all(database))
      results.baseNextTokens = nextTokens[baseTrial, default: []].map(\.result)
      results.spectra = try Self.spectra(database)
      return results
    }
  }

  static func environment(_ database: Database) throws -> StudyEnvironment? {
    guard let text = try String.fetchOne(database, sql: "SELECT environment FROM study") else {
      return nil
    }
    var environment = try TolerantJSON.value(text, defaults: StudyEnvironment())
    if environment.metric.isEmpty {
      // A study of an older tenbin: only its sweep file says it.
      let file = try? SweepFile(text: environment.sweepYAML, name: "the study's sweep.yaml")
      environment.metric = file?.metric.name ?? ""
    }
    return environment
  }

  private static func save(_ environment: StudyEnvironment, _ database: Database) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO study (id, environment) VALUES (1, ?)",
      arguments: [try TolerantJSON.text(environment)])
  }

  private static func save(_ trial: TrialResult, _ database: Database) throws {
    try TrialRecord(trial).upsert(database)
    try ModuleRecord.filter(Column("trial") == trial.number).deleteAll(database)
    try HiddenErrorRecord.filter(Column("trial") == trial.number).deleteAll(database)
    try EvaluationRecord.filter(Column("trial") == trial.number).deleteAll(database)
    try save(trial.nextTokens, of: trial.number, database)
    try save(trial.weightErrors, of: trial.number, database)
    for module in trial.modules {
      try ModuleRecord(trial: trial.number, result: module).insert(database)
    }
    for (layer, error) in trial.hiddenErrors.enumerated() {
      let drift = trial.routingDrifts.indices.contains(layer) ? trial.routingDrifts[layer] : nil
      try HiddenErrorRecord(
        trial: trial.number, layer: layer, hiddenError: error, routingDrift: drift
      ).insert(database)
    }
    for (index, evaluation) in trial.evaluations.enumerated() {
      try EvaluationRecord(trial: trial.number, position: index, evaluation: evaluation)
        .insert(database)
    }
  }

  private static func save(
    _ nextTokens: [NextTokens], of trial: Int, _ database: Database
  ) throws {
    try NextTokensRecord.filter(Column("trial") == trial).deleteAll(database)
    for (prompt, result) in nextTokens.enumerated() {
      try NextTokensRecord(trial: trial, prompt: prompt, result: result).insert(database)
    }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(InputError) -> Value {
    do {
      return try database.read(body)
    } catch {
      throw failure("read", error)
    }
  }

  func write<Value>(_ body: (Database) throws -> Value) throws(InputError) -> Value {
    do {
      return try database.write(body)
    } catch {
      throw failure("write", error)
    }
  }

  private func failure(_ operation: String, _ error: any Error) -> InputError {
    DatabaseFile.failure(error, asked: "\(operation) the study \(url.path)")
  }
}

/// The trial number under which the base model's evaluations stand.
private let baseTrial = -1
