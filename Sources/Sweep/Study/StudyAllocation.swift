import Basics
import GRDB
import Results

extension Study {
  /// What is known of the parts of the model.
  func sensitivities(_ key: SensitivityKey) throws(InputError) -> [SensitivityPlace: Sensitivity] {
    try read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT layer, part, divergence, divergence_stderr, error FROM sensitivities
          WHERE config = ? AND text = ?
          """, arguments: [try TolerantJSON.text(key.config), key.text])
      var found: [SensitivityPlace: Sensitivity] = [:]
      for row in rows {
        guard let layer = row["layer"] as Int?, let part = row["part"] as String?,
          let divergence = row["divergence"] as Double?, let error = row["error"] as Double?
        else { continue }
        found[SensitivityPlace(layer: layer, part: part)] = Sensitivity(
          divergence: divergence, divergenceStderr: row["divergence_stderr"] as Double? ?? .nan,
          error: error)
      }
      return found
    }
  }

  /// Stores them.
  func save(
    _ sensitivities: [SensitivityPlace: Sensitivity], _ key: SensitivityKey
  ) throws(InputError) {
    try write { database in
      let config = try TolerantJSON.text(key.config)
      for (place, value) in sensitivities {
        try database.execute(
          sql: "INSERT OR REPLACE INTO sensitivities VALUES (?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            config, key.text, place.layer, place.part, value.divergence, value.divergenceStderr,
            value.error,
          ])
      }
    }
  }

  /// Stores the latest allocation.
  func save(_ allocation: Allocation) throws(InputError) {
    try write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO allocations (id, allocation) VALUES (1, ?)",
        arguments: [try TolerantJSON.text(allocation)])
    }
  }

  /// The latest allocation of a study; nil where there is none.
  static func allocation(_ database: Database) throws -> Allocation? {
    guard
      let text = try String.fetchOne(
        database, sql: "SELECT allocation FROM allocations WHERE id = 1")
    else { return nil }
    return try TolerantJSON.value(text, defaults: Allocation(options: [], parts: [], weights: 0))
  }
}
