import Analysis
import Basics
import Foundation
import GRDB
import Results

extension Study {
  /// Stores how far a pass has come.
  func save(_ progress: PassProgress) throws(InputError) {
    try write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO progress (id, progress) VALUES (1, ?)",
        arguments: [try TolerantJSON.text(progress)])
    }
  }

  /// How far the study has come.
  public func progress() throws(InputError) -> StudyProgress {
    let isRunning = Self.isBeingWritten(url)
    return try read { database in
      var trials = try TrialRecord.order(Column("number")).fetchAll(database).map {
        try $0.trialResult()
      }
      let places = Dictionary(
        trials.enumerated().map { ($0.element.number, $0.offset) }, uniquingKeysWith: { a, _ in a })
      let errors = try Row.fetchCursor(
        database, sql: "SELECT trial, layer, hidden_error FROM hidden_errors ORDER BY layer")
      while let row = try errors.next() {
        let layer: Int = row[1]
        guard let place = places[row[0]], layer >= 0 else { continue }
        while trials[place].hiddenErrors.count < layer { trials[place].hiddenErrors.append(.nan) }
        trials[place].hiddenErrors.append(row[2] ?? .nan)
      }
      let scores = try Row.fetchCursor(
        database,
        sql:
          "SELECT trial, domain, perplexity, perplexity_stderr FROM evaluations WHERE position = 0")
      while let row = try scores.next() {
        guard let place = places[row[0]] else { continue }
        var evaluation = Evaluation(domain: row[1])
        evaluation.perplexity = row[2] ?? .nan
        evaluation.perplexityStderr = row[3] ?? .nan
        trials[place].evaluations = [evaluation]
      }
      let text = try String.fetchOne(database, sql: "SELECT progress FROM progress")
      return StudyProgress(
        environment: try Self.environment(database) ?? StudyEnvironment(), trials: trials,
        pass: try text.map {
          try TolerantJSON.value(
            $0, defaults: PassProgress(number: 0, count: 0, what: "", layers: 0, trials: []))
        },
        isRunning: isRunning)
    }
  }
}
