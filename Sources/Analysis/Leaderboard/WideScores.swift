import Basics
import Codecs
import Foundation

/// A table of scores with a model a row and a column for each category, as the leaderboard logs and
/// publishes it, or turned about, as cards print it.
struct WideScores {
  /// What stands in a cell.
  enum Cell: Equatable {
    case text(String)
    case number(Double)
    case nothing
  }

  /// The headings.
  let columns: [String]
  /// The rows, as wide as the headings.
  let rows: [[Cell]]

  /// What a column of the leaderboard holds.
  private struct Kind {
    var group: String
    var category: String
  }

  /// A table of `columns`, whose full-width forms are taken as half-width.
  init(columns: [String], rows: [[Cell]]) {
    self.columns = columns.map(Self.plain)
    self.rows = rows
  }

  /// The table with a row for each model, where its columns behind the first are models: not those of
  /// differences and errors beside them, which have such headings or are below 0 somewhere.
  private var turned: WideScores {
    func text(_ cell: Cell) -> String { if case .text(let text) = cell { text } else { "" } }
    let models = columns.indices.dropFirst().filter { column in
      let heading = columns[column].lowercased()
      guard !Self.noModels.contains(where: heading.contains) else { return false }
      return rows.allSatisfy { row in
        if case .number(let value) = row[column] { value >= 0 } else { true }
      }
    }
    return WideScores(
      columns: [columns.first ?? ""] + rows.map { text($0[0]) },
      rows: models.map { column in [.text(columns[column])] + rows.map { $0[column] } })
  }

  /// Parts of headings of what stands beside scores.
  private static let noModels = [
    "差", "difference", "delta", "δ", "diff", "誤差", "error", "stderr", "±", "判定", "verdict",
  ]

  /// Its scores, those of a page called `source`; none where it has no categories. Refuses a score
  /// that is not between 0 and 1; errors say where, by `asked`.
  func scores(source: String, asked: String) throws(InputError) -> [ScoreTable.Score] {
    let edition = LeaderboardEdition(
      categories: columns.map { name in
        Self.prefixes.first { name.hasPrefix($0) }.map { String(name.dropFirst($0.count)) } ?? name
      })
    let kinds = columns.map { Self.kind($0, edition) }
    let places = columns.indices.filter { kinds[$0]?.group == "GLP" || kinds[$0]?.group == "ALT" }
    guard !places.isEmpty else {
      guard isTurned else { return [] }
      return try turned.scores(source: source, asked: asked)
    }
    let model = columns.firstIndex(of: "model_name") ?? columns.firstIndex(of: "model") ?? 0
    guard kinds[model] == nil else { return [] }
    var scores: [ScoreTable.Score] = []
    for row in rows {
      guard case .text(let name) = row[model], !name.isEmpty else { continue }
      for (kind, cell) in zip(kinds, row) {
        guard let kind, case .number(let value) = cell else { continue }
        guard (0...1).contains(value) else {
          throw InputError(
            .badData, asked: asked, found: "\(value) for \(kind.category) of \(name)",
            hint: "scores of the leaderboard are between 0 and 1")
        }
        scores.append(
          ScoreTable.Score(
            model: name, variant: "", group: kind.group, category: kind.category, value: value,
            items: nil, step: nil, source: source))
      }
    }
    return scores
  }

  /// Whether the categories stand in the first column.
  private var isTurned: Bool {
    let names = rows.compactMap { row -> String? in
      if case .text(let text)? = row.first { Self.plain(text) } else { nil }
    }
    return names.contains { name in Self.known.contains(name) || Self.kind(name, nil) != nil }
      && columns.count > 1
  }

  private static let prefixes = ["GLP_", "ALT_"]

  /// Categories of any edition, without their group.
  private static let known = Set(
    LeaderboardEdition.allCases.flatMap { $0.categories("GLP") + $0.categories("ALT") })

  private static func kind(_ column: String, _ edition: LeaderboardEdition?) -> Kind? {
    let names: Set<String> = Set(
      LeaderboardEdition.allCases.flatMap { $0.averages.map(\.name) })
    let parts = (edition ?? .three).parts.map { "GLP_" + $0.name }
    if parts.contains(column) || (names.contains(column) && column.hasSuffix("_AVG"))
      || column == "TOTAL_SCORE"
    {
      return Kind(group: "average", category: column)
    }
    for prefix in prefixes where column.hasPrefix(prefix) {
      return Kind(group: String(prefix.dropLast()), category: String(column.dropFirst(4)))
    }
    if let edition, let group = edition.group(of: column) {
      return Kind(group: group, category: column)
    }
    return column.hasSuffix("_AVG") ? Kind(group: "average", category: column) : nil
  }

  /// A heading as it is compared: NFKC, without marks of Markdown.
  private static func plain(_ text: String) -> String {
    UnicodeForm.nfkc.normalize(text).filter { !"*`\\".contains($0) }
      .trimmingCharacters(in: .whitespaces)
  }
}

extension WideScores {
  /// The records of a CSV, the first of which names the columns.
  init(_ records: [[String]]) {
    let width = records.first?.count ?? 0
    self.init(
      columns: records.first ?? [],
      rows: records.dropFirst().filter { $0.count == width }.map { $0.map(Self.cell) })
  }

  /// The tables of a Markdown page.
  static func tables(markdown: String) -> [WideScores] {
    var tables: [WideScores] = []
    var lines: [[String]] = []
    func flush() {
      defer { lines = [] }
      guard lines.count > 2, lines[1].allSatisfy({ $0.wholeMatch(of: /:?-+:?/) != nil }) else {
        return
      }
      let width = lines[0].count
      let rows = lines[2...].filter { $0.count == width }.map { $0.map(cell) }
      tables.append(WideScores(columns: lines[0], rows: rows))
    }
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.trimmingCharacters(in: .whitespaces)
      guard text.hasPrefix("|") else {
        flush()
        continue
      }
      lines.append(cells(text))
    }
    flush()
    return tables
  }

  /// The cells of a line of a Markdown table.
  private static func cells(_ line: String) -> [String] {
    var (cells, cell, isEscaped) = ([String](), "", false)
    for character in line.dropFirst() {
      if character == "|", !isEscaped {
        cells.append(cell.trimmingCharacters(in: .whitespaces))
        cell = ""
      } else {
        cell.append(character)
      }
      isEscaped = character == "\\" && !isEscaped
    }
    let rest = cell.trimmingCharacters(in: .whitespaces)
    return rest.isEmpty ? cells : cells + [rest]
  }

  /// A cell as it is printed: a number may be bold, and have its error behind it.
  private static func cell(_ text: String) -> Cell {
    let bare = text.filter { !"*`".contains($0) }.trimmingCharacters(in: .whitespaces)
    if ["", "null", "nan", "–", "-", "N/A"].contains(where: { $0.lowercased() == bare.lowercased() }
    ) {
      return .nothing
    }
    let first = bare.split(separator: "±")[0].trimmingCharacters(in: .whitespaces)
    if let value = Double(first), value.isFinite { return .number(value) }
    return .text(bare.replacing("\\", with: ""))
  }
}
