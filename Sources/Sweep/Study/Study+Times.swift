import Basics
import GRDB
import Results

/// A row of `times`.
struct TimedStepRecord: Codable, FetchableRecord, PersistableRecord {
  static let databaseTableName = "times"

  var step: TimedStep

  init(_ step: TimedStep) { self.step = step }

  init(from decoder: any Decoder) throws { step = try TimedStep(from: decoder) }

  func encode(to encoder: any Encoder) throws { try step.encode(to: encoder) }

  /// All of them, by attempt, passes first, then layers, then trials.
  static func all(_ database: Database) throws -> [TimedStep] {
    let kinds = TimedStep.Kind.allCases
    return try fetchAll(database).map(\.step).sorted { one, other in
      let keys = [one, other].map { ($0.attempt, kinds.firstIndex(of: $0.kind) ?? 0, $0.number) }
      return keys[0] < keys[1]
    }
  }
}

extension Study {
  /// How many attempts at a pass were begun.
  func attempts() throws(InputError) -> Int {
    try read { try Int.fetchOne($0, sql: "SELECT MAX(attempt) FROM times") ?? 0 }
  }

  /// Stores when steps began and ended, in the place of what was known of them.
  func save(_ steps: [TimedStep]) throws(InputError) {
    try write { database in
      for step in steps { try TimedStepRecord(step).upsert(database) }
    }
  }
}
