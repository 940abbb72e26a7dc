import Basics
import Codecs
import Foundation

/// The tables that Nejumi LLM Leaderboard 3 logs to W&B, as they are downloaded: a folder of
/// `….table.json` files, at any depth. What a table is, its columns tell.
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

  /// The scores of every leaderboard_table.
  public let scores: [ScoreTable.Score]
  /// The answers of every output table, development items left out.
  public let answers: [Answer]

  /// More bytes than any table of the leaderboard has.
  private static let largestTable = 1 << 30

  /// Reads the tables below `url`.
  public init(_ url: URL) throws(InputError) {
    let asked = "import the leaderboard export \(url.path)"
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw InputError(
        .missing, asked: asked, found: "no such folder", hint: "give the folder of the artifacts")
    }
    guard isFolder.boolValue else {
      throw InputError(
        .badData, asked: asked, found: "a file",
        hint: "give the folder that holds the *.table.json files")
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
      scores += table.scores(source: url.lastPathComponent)
      answers += table.answers()
    }
    guard !scores.isEmpty || !answers.isEmpty else {
      throw InputError(
        .badData, asked: asked,
        found: "\(tables.count) tables, none of them a leaderboard_table or an output_table",
        hint: "download leaderboard_table and, for paired comparisons, the output tables")
    }
    self.scores = scores
    self.answers = answers
  }

  /// The scores as a table that `comparisons()` understands.
  public var table: ScoreTable { ScoreTable(scores: scores) }
}

/// One W&B table: columns and rows.
private struct LoggedTable {
  private let columns: [String]
  private let rows: [[JSONValue]]
  private let isDevelopment: Bool

  init(_ url: URL, limit: Int) throws(InputError) {
    func broken(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the W&B table \(url.path)", found: found,
        hint: "download the artifact again: {\"columns\": […], \"data\": [[…], …]} is expected")
    }
    let asked = "read the W&B table \(url.path)"
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
  func scores(source: String) -> [ScoreTable.Score] {
    guard let model = column("model_name"), columns.contains(where: { $0.hasPrefix("GLP_") })
    else { return [] }
    return rows.flatMap { row in
      columns.indices.compactMap { place -> ScoreTable.Score? in
        guard let kind = Self.kind(columns[place]), let value = row[place].number,
          (0...1).contains(value)
        else { return nil }
        return ScoreTable.Score(
          model: Self.text(row[model]), variant: "", group: kind.group, category: kind.category,
          value: value, items: nil, step: nil, source: source)
      }
    }
  }

  private static func kind(_ column: String) -> (group: String, category: String)? {
    for group in ["GLP", "ALT"] where column.hasPrefix(group + "_") {
      return (group, String(column.dropFirst(4)))
    }
    return column.hasSuffix("_AVG") ? ("average", column) : nil
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
