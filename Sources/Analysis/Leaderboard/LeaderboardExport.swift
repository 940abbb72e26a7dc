import Basics
import Codecs
import Foundation

/// Scores of the Nejumi LLM Leaderboard, 3 or 4, as they are had: the tables that it logs to W&B, a
/// folder of `….table.json` files at any depth; its published table as CSV; the tables of a model card;
/// and FastChat's judgments of MT-Bench.
/// What a table is, its columns tell.
public struct LeaderboardExport: Sendable {
  /// One answer of one model, with the score that it got.
  public struct Answer: Sendable, Equatable {
    /// The model.
    public let model: String
    /// The task, such as jnli or jmmlu_anatomy.
    public let task: String
    /// Its place among the task's test items.
    public let index: String
    /// Examples in the prompt.
    public let shots: Int
    /// 0 to 1.
    public let score: Double
  }

  /// The scores, as a table that `comparisons()` understands.
  public let table: ScoreTable
  /// The answers of every output table, development items left out.
  public let answers: [Answer]

  /// More bytes than any table of the leaderboard has.
  private static let largestTable = 1 << 30

  /// Reads the tables below the folder `url`, or those of the file.
  public init(_ url: URL) throws(InputError) {
    let asked = "import the leaderboard scores of \(url.path)"
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw InputError(
        .missing, asked: asked, found: "no such file or folder",
        hint: "give the folder of the artifacts, a CSV of the leaderboard, or a model card (.md)")
    }
    guard isFolder.boolValue else {
      answers = []
      table = try Self.table(ofFile: url, asked: asked)
      return
    }
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: url.path)) ?? []
    let tables = names.filter { $0.hasSuffix(".table.json") }.sorted()
    guard !tables.isEmpty else {
      throw InputError(
        .missing, asked: asked, found: "no *.table.json in it",
        hint: "download the tables of a run: `wandb artifact get ENTITY/PROJECT/run-ID-TABLE:v0`")
    }
    var scores: [ScoreTable.Score] = []
    var answers: [Answer] = []
    for name in tables {
      let table = try LoggedTable(url.appendingPathComponent(name), limit: Self.largestTable)
      scores += try table.scores(source: url.lastPathComponent)
      answers += table.answers()
    }
    guard !scores.isEmpty || !answers.isEmpty else {
      throw InputError(
        .badData, asked: asked,
        found: "\(tables.count) tables, none of them a leaderboard_table or an output_table",
        hint: "download leaderboard_table and, for paired comparisons, the output tables")
    }
    table = ScoreTable(scores: scores)
    self.answers = answers
  }

  /// The scores of one file: a model card, a CSV with a model or a score a row.
  private static func table(
    ofFile url: URL, asked: String
  ) throws(InputError) -> ScoreTable {
    let source = url.lastPathComponent
    if url.pathExtension.lowercased() == "json" {
      let scores = try LoggedTable(url, limit: largestTable).scores(source: source)
      guard scores.isEmpty else { return ScoreTable(scores: scores) }
      throw InputError(
        .badData, asked: asked, found: "a table without model_name and GLP_ columns",
        hint: "give leaderboard_table.table.json, or the folder of all tables")
    }
    if url.pathExtension.lowercased() == "jsonl" {
      let scores = try MTBenchJudgments.scores(url, asked: asked)
      guard scores.isEmpty else { return ScoreTable(scores: scores) }
      throw InputError(
        .badData, asked: asked, found: "no judgment with a rating",
        hint: "give FastChat's judgments: JSON lines with question_id, model, turn and score")
    }
    let text = try InputFile.text(url, asked: asked, missing: "give a CSV or a model card")
    var scores: [ScoreTable.Score] = []
    if ["md", "markdown"].contains(url.pathExtension.lowercased()) {
      for table in WideScores.tables(markdown: text) {
        scores += try table.scores(source: source, asked: asked)
      }
    } else {
      let records = ScoreTable.records(text)
      if records.first?.contains("category_group") == true {
        return try ScoreTable(csv: text, name: url.path)
      }
      scores = try WideScores(records).scores(source: source, asked: asked)
    }
    guard !scores.isEmpty else {
      throw InputError(
        .badData, asked: asked, found: "no table with categories of the leaderboard",
        hint: "columns or rows are named GLP_表現, ALT_堅牢性 and so on, with a model for each score")
    }
    return ScoreTable(scores: scores)
  }

  /// The scores of every leaderboard_table.
  public var scores: [ScoreTable.Score] { table.scores }
}

/// One W&B table: columns and rows.
private struct LoggedTable {
  private let columns: [String]
  private let rows: [[JSONValue]]
  private let isDevelopment: Bool
  private let asked: String

  init(_ url: URL, limit: Int) throws(InputError) {
    func broken(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the W&B table \(url.path)", found: found,
        hint: "download the artifact again: {\"columns\": […], \"data\": [[…], …]} is expected")
    }
    asked = "read the W&B table \(url.path)"
    let data = try InputFile.data(url, asked: asked, missing: "download the artifact again")
    try TextDecoding.check(data, asked: asked)
    guard data.count <= limit else { throw broken("\(data.count) bytes") }
    let value: JSONValue
    do throws(JSONSyntaxError) {
      value = try JSONValue(parsing: Array(data))
    } catch {
      throw broken("\(error.reason) at byte \(error.offset)")
    }
    guard let names = value["columns"]?.array, let data = value["data"]?.array else {
      throw broken("no columns and data")
    }
    columns = names.map { UnicodeForm.nfkc.normalize($0.string ?? "") }
    var rows: [[JSONValue]] = []
    for (line, row) in data.enumerated() {
      guard let cells = row.array, cells.count == names.count else {
        throw broken("row \(line + 1) does not have \(names.count) cells")
      }
      rows.append(cells)
    }
    self.rows = rows
    isDevelopment = url.lastPathComponent.contains("output_table_dev")
  }

  private func column(_ name: String) -> Int? { columns.firstIndex(of: name) }

  private static func text(_ value: JSONValue) -> String {
    value.string ?? value.integer.map { String($0) } ?? value.number.map { "\($0)" } ?? ""
  }

  /// The scores of a leaderboard_table; none of any other.
  func scores(source: String) throws(InputError) -> [ScoreTable.Score] {
    guard column("model_name") != nil, columns.contains(where: { $0.hasPrefix("GLP_") }) else {
      return []
    }
    let cells = rows.map { row in
      row.map { value -> WideScores.Cell in
        if let text = value.string { return text == "NaN" ? .nothing : .text(text) }
        return value.number.map { .number($0) } ?? .nothing
      }
    }
    return try WideScores(columns: columns, rows: cells).scores(source: source, asked: asked)
  }

  /// The answers of an output table; none of any other.
  func answers() -> [LeaderboardExport.Answer] {
    guard !isDevelopment, let model = column("model_name"), let index = column("index"),
      let score = column("score")
    else { return [] }
    let isRobustness = columns.contains("output_SymbolChoice")
    guard isRobustness || column("task") != nil else { return [] }
    let (task, shots, subset) = (column("task"), column("num_few_shots"), column("subset"))
    return rows.compactMap { row in
      guard subset.map({ Self.text(row[$0]) != "dev" }) ?? true,
        let value = row[score].number ?? row[score].bool.map({ $0 ? 1 : 0 }),
        (0...1).contains(value)
      else { return nil }
      let name = task.map { Self.text(row[$0]) } ?? ""
      return LeaderboardExport.Answer(
        model: Self.text(row[model]), task: isRobustness ? "jmmlu_robust/" + name : name,
        index: Self.text(row[index]),
        shots: shots.flatMap { row[$0].integer ?? Int(Self.text(row[$0])) } ?? 0, score: value)
    }
  }
}
