import Calib
import Results

/// `calibration.csv`: what a study's calibration set holds, one row a count. Empty of a study of an older
/// tenbin.
public enum CalibrationCSV {
  /// The header, in order. No column holds a time.
  public static var columnNames: [String] { columns.map(\.name) }

  /// The file's text: the set as a whole first.
  public static func text(_ results: StudyResults) -> String {
    CSVColumn.csv(columns, rows(results))
  }

  /// The same rows as a JSON array of objects.
  public static func json(_ results: StudyResults) -> String {
    CSVColumn.json(columns, rows(results))
  }

  private static func rows(_ results: StudyResults) -> [CalibrationRow] {
    results.environment.calibrationStatistics.map(CalibrationRow.all) ?? []
  }

  private static let columns: [CSVColumn<CalibrationRow>] = [
    .text("group") { $0.group.rawValue },
    .text("name") { $0.name },
    CSVColumn("value", .number) { NumberText.brief($0.value) },
    .number("share") { $0.share },
  ]
}

/// A count of what a calibration set holds, as files and pages have it.
struct CalibrationRow: Sendable {
  /// What is counted.
  enum Group: String, CaseIterable, Sendable {
    /// The whole of it, by the name of a property of `SetStatistics`.
    case set
    /// Documents by their length in tokens.
    case length
    /// Characters by script.
    case script
    /// Tokens by source.
    case source
    /// Samples' traces of markup.
    case residue
    /// Rows that pass a rule.
    case rule
    /// Rows left out, by reason.
    case lost
  }

  let group: Group
  let name: String
  let value: Double
  /// Its share of the whole, 0 to 1; nil of the whole itself.
  var share: Double?

  /// Every count of `statistics`.
  static func all(_ statistics: SetStatistics) -> [CalibrationRow] {
    let counts = [
      ("samples", statistics.samples), ("tokens", statistics.tokens),
      ("documents", statistics.documents), ("characters", statistics.characters),
    ].map { CalibrationRow(group: .set, name: $0, value: Double($1)) }
    let more = [
      ("tokens_per_character", statistics.tokensPerCharacter),
      ("distinct_tokens", Double(statistics.distinctTokens)),
      ("vocabulary_coverage", statistics.vocabularyCoverage),
      ("duplicate_documents", Double(statistics.duplicateDocuments)),
    ].map { CalibrationRow(group: .set, name: $0, value: $1) }
    let groups: [(Group, [SetStatistics.Share])] = [
      (.length, statistics.lengths), (.script, statistics.scripts), (.source, statistics.sources),
      (.residue, statistics.residue), (.rule, statistics.passRates), (.lost, statistics.lost),
    ]
    return counts + more
      + groups.flatMap { group, shares in
        shares.map {
          CalibrationRow(group: group, name: $0.name, value: Double($0.count), share: $0.share)
        }
      }
  }
}
