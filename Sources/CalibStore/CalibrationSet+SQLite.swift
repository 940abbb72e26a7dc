import Basics
import Calib
import Foundation
import GRDB

/// The set as a SQLite file. Nothing in it depends on when or where it was written.
extension CalibrationSet {
  private static let schema = """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE sources (
      source INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
      bytes_read INTEGER NOT NULL, whole_file INTEGER NOT NULL, bad_rows INTEGER NOT NULL);
    CREATE TABLE documents (
      document INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources,
      row INTEGER NOT NULL, page_id TEXT NOT NULL, title TEXT NOT NULL, sha256 TEXT NOT NULL,
      characters INTEGER NOT NULL, tokens INTEGER NOT NULL, flags TEXT NOT NULL);
    CREATE TABLE samples (
      sample INTEGER PRIMARY KEY, tokens INTEGER NOT NULL, token_ids BLOB NOT NULL,
      text TEXT NOT NULL);
    CREATE TABLE spans (
      sample INTEGER NOT NULL REFERENCES samples, start INTEGER NOT NULL,
      document INTEGER NOT NULL REFERENCES documents, document_start INTEGER NOT NULL,
      tokens INTEGER NOT NULL, PRIMARY KEY (sample, start)) WITHOUT ROWID;
    """

  /// Writes the set to `url`, whole or not at all; equal sets give equal bytes.
  public func write(to url: URL) throws(InputError) {
    try AtomicOutput.replace(url) { partial in
      let database = try DatabaseQueue(path: partial.path)
      try database.writeWithoutTransaction { database in
        try database.execute(
          sql: """
            PRAGMA page_size = 4096; PRAGMA journal_mode = MEMORY;
            PRAGMA application_id = \(SetFormat.applicationID);
            PRAGMA user_version = \(SetFormat.version);
            """)
        try database.inTransaction {
          try database.execute(sql: Self.schema)
          try insertRows(database)
          return .commit
        }
        try database.execute(sql: "VACUUM")
      }
      try database.close()
    }
  }

  private func insertRows(_ database: Database) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let meta = [
      ("counts", String(decoding: try encoder.encode(counts), as: UTF8.self)), ("hash", hash),
      ("recipe", recipe.json()), ("tokenizer_sha256", tokenizerHash),
      ("tool_version", toolVersion), ("vocabulary_size", String(vocabularySize)),
    ]
    for (key, value) in meta {
      try database.execute(sql: "INSERT INTO meta VALUES (?, ?)", arguments: [key, value])
    }
    for (index, source) in sources.enumerated() {
      try database.execute(
        sql: "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [
          index, StoredText(source.name), source.sha256, source.bytesRead, source.isWhole,
          source.badRows,
        ])
    }
    for (index, document) in documents.enumerated() {
      try database.execute(
        sql: "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          index, document.source, document.row, StoredText(document.pageID),
          StoredText(document.title), document.sha256,
          document.characters, document.tokens, document.flags.joined(separator: "\n"),
        ])
    }
    for (index, sample) in samples.enumerated() {
      try database.execute(
        sql: "INSERT INTO samples VALUES (?, ?, ?, ?)",
        arguments: [
          index, sample.tokenIDs.count, Data(sample.tokenBytes),
          StoredText(sample.text),
        ])
      for span in sample.spans {
        try database.execute(
          sql: "INSERT INTO spans VALUES (?, ?, ?, ?, ?)",
          arguments: [index, span.start, span.document, span.documentStart, span.count])
      }
    }
  }

  /// Reads a set that `write(to:)` wrote.
  public static func read(from url: URL) throws(InputError) -> CalibrationSet {
    let asked = "read the calibration set \(url.path)"
    try DatabaseFile.check(url, asked: asked, hint: "build the set first, with tenbin calib build")
    let rows: SetRows
    do {
      var configuration = Configuration()
      configuration.readonly = true
      let database = try DatabaseQueue(path: url.path, configuration: configuration)
      rows = try database.read(SetRows.init)
      try database.close()
    } catch {
      throw DatabaseFile.failure(error, asked: asked)
    }
    guard rows.applicationID != SetFormat.applicationID || rows.version <= SetFormat.version else {
      throw InputError(
        .badData, asked: asked,
        found: "a set of a later tenbin than \(ToolVersion.current)",
        hint: "read it with that tenbin")
    }
    guard rows.applicationID == SetFormat.applicationID, rows.version == SetFormat.version else {
      throw rows.isStudy
        ? InputError(
          .badData, asked: asked, found: "a study of tenbin sweep run",
          hint: "give a set of tenbin calib build; tenbin sweep status shows a study")
        : damaged(url, "a SQLite file that tenbin calib build did not write")
    }
    guard let recipe = rows.meta["recipe"], let samples = rows.samples,
      let counts = try? JSONDecoder().decode(
        BuildCounts.self, from: Data((rows.meta["counts"] ?? "").utf8))
    else {
      throw damaged(url, "no recipe, or token ids that are cut short")
    }
    let set = CalibrationSet(
      recipe: try CalibrationRecipe(json: recipe), toolVersion: rows.meta["tool_version"] ?? "",
      tokenizerHash: rows.meta["tokenizer_sha256"] ?? "",
      vocabularySize: rows.meta["vocabulary_size"].flatMap { Int($0) } ?? 0, counts: counts,
      sources: rows.sources,
      documents: rows.documents, samples: samples)
    guard set.hash == rows.meta["hash"] else {
      throw damaged(url, "token ids whose hash is not the one written beside them")
    }
    return set
  }

  private static func damaged(_ url: URL, _ found: String) -> InputError {
    InputError(
      .badData, asked: "read the calibration set \(url.path)", found: found,
      hint: "build it again with tenbin calib build")
  }
}

/// The tables of a set as they stand.
private struct SetRows: Sendable {
  var applicationID: UInt32
  var version: UInt32
  /// Whether the file is a study.
  var isStudy = false
  var meta: [String: String] = [:]
  var sources: [SourceRecord] = []
  var documents: [DocumentRecord] = []
  var samples: [CalibrationSample]?

  init(_ database: Database) throws {
    applicationID = try UInt32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
    version = try UInt32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    isStudy = try database.tableExists("study")
    guard try database.tableExists("meta"), try database.tableExists("samples") else { return }
    for row in try Row.fetchAll(database, sql: "SELECT key, value FROM meta") {
      meta[row[0]] = row[1] as String
    }
    sources = try Row.fetchAll(database, sql: "SELECT * FROM sources ORDER BY source").map { row in
      SourceRecord(
        name: StoredText(row, "name").text, sha256: row["sha256"], bytesRead: row["bytes_read"],
        isWhole: row["whole_file"], badRows: row["bad_rows"])
    }
    documents = try Row.fetchAll(database, sql: "SELECT * FROM documents ORDER BY document").map {
      row in
      DocumentRecord(
        source: row["source"], row: row["row"], pageID: StoredText(row, "page_id").text,
        title: StoredText(row, "title").text,
        sha256: row["sha256"], characters: row["characters"], tokens: row["tokens"],
        flags: (row["flags"] as String).split(separator: "\n").map(String.init))
    }
    var samples = [CalibrationSample]()
    for row in try Row.fetchAll(database, sql: "SELECT * FROM samples ORDER BY sample") {
      let blob: Data = row["token_ids"]
      guard
        let sample = CalibrationSample(
          tokenBytes: Array(blob), text: StoredText(row, "text").text)
      else { return }
      samples.append(sample)
    }
    for row in try Row.fetchAll(database, sql: "SELECT * FROM spans ORDER BY sample, start") {
      let sample: Int = row["sample"]
      guard samples.indices.contains(sample) else { return }
      samples[sample].spans.append(
        TokenSpan(
          document: row["document"], documentStart: row["document_start"], start: row["start"],
          count: row["tokens"]))
    }
    self.samples = samples
  }
}
