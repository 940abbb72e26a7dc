import Basics
import Foundation

/// Published scores: a CSV with at least the columns `model`, `variant`, `category_group`,
/// `category` and `score`; `items`, `item_step`, `scale_max` and `source` are read where they are.
public struct ScoreTable: Sendable {
  /// One published number.
  public struct Score: Sendable, Equatable {
    /// The model's name.
    public let model: String
    /// What distinguishes it from its siblings, such as Int8 or base.
    public let variant: String
    /// `GLP`, `ALT` or `average`.
    public let group: String
    /// The category.
    public let category: String
    /// The score over its scale, 0 to 1.
    public let value: Double
    /// Denominator of the lattice that the published scores lie on, where one is known.
    public let items: Double?
    /// What one item, or judge's point, changes.
    public let step: Double?
    /// The page that it comes from: models of one page are compared.
    public let source: String

    /// The score without its page, so that models of several pages are compared.
    public var onOnePage: Score {
      Score(
        model: model, variant: variant, group: group, category: category, value: value,
        items: items, step: step, source: "")
    }
  }

  /// The scores, in the order of the file.
  public let scores: [Score]
  /// What the page says of how a model was quantized, by its name, in the order of `settingColumns`.
  public let settings: [String: [(key: String, value: String)]]

  /// The columns of settings that a file may have.
  private static let settingColumns = ["bits", "group_size", "damp_percent_printed", "desc_act"]

  /// Takes `scores` as they are.
  public init(scores: [Score]) {
    self.scores = scores
    settings = [:]
  }

  /// Reads `url`.
  public init(_ url: URL) throws(InputError) {
    let text = try InputFile.text(
      url, asked: "read the scores of \(url.path)",
      missing: "give a CSV such as notebooks-data/nejumi-scores.csv")
    try self.init(csv: text, name: url.path)
  }

  /// Parses a CSV's text; `name` is what errors call it.
  public init(csv: String, name: String) throws(InputError) {
    func broken(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the scores of \(name)", found: found,
        hint: "the first line names the columns: model, variant, category_group, category, score")
    }
    var records = Self.records(csv)
    guard !records.isEmpty else { throw broken("an empty file") }
    let columns = records.removeFirst()
    for column in ["model", "variant", "category_group", "category", "score"]
    where !columns.contains(column) {
      throw broken("no column \(column)")
    }
    var scores: [Score] = []
    var settings: [String: [(key: String, value: String)]] = [:]
    for (line, record) in records.enumerated() {
      guard record.count == columns.count else {
        throw broken("\(record.count) fields instead of \(columns.count) in record \(line + 2)")
      }
      func field(_ name: String) -> String {
        columns.firstIndex(of: name).map { record[$0] } ?? ""
      }
      let scale = Double(field("scale_max")) ?? 1
      guard let score = Double(field("score")), scale > 0, (0...1).contains(score / scale) else {
        throw broken("the score \"\(field("score"))\" in record \(line + 2)")
      }
      scores.append(
        Score(
          model: field("model"), variant: field("variant"), group: field("category_group"),
          category: field("category"), value: score / scale,
          items: Double(field("items")).flatMap { $0 >= 1 ? $0 : nil },
          step: Double(field("item_step")).map { $0 / scale }, source: field("source")))
      settings[field("model")] = Self.settingColumns.map { ($0, field($0)) }.filter { !$1.isEmpty }
    }
    self.scores = scores
    self.settings = settings
  }

  /// The records of RFC 4180 text.
  static func records(_ text: String) -> [[String]] {
    var records: [[String]] = []
    var record: [String] = []
    var field = ""
    var quoted = false
    var scalars = text.unicodeScalars.makeIterator()
    var next = scalars.next()
    func endRecord() {
      record.append(field)
      if record != [""] { records.append(record) }
      (record, field) = ([], "")
    }
    while let scalar = next {
      next = scalars.next()
      switch scalar {
      case "\"" where quoted && next == "\"":
        field.unicodeScalars.append(scalar)
        next = scalars.next()
      case "\"": quoted.toggle()
      case "," where !quoted:
        record.append(field)
        field = ""
      case "\r" where !quoted: break
      case "\n" where !quoted: endRecord()
      default: field.unicodeScalars.append(scalar)
      }
    }
    endRecord()
    return records
  }
}
