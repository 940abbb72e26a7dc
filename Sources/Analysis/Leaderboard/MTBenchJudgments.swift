import Basics
import Codecs
import Foundation

/// A judge's points for answers to MT-Bench, as FastChat keeps them: JSON lines with `question_id`,
/// `model`, `turn` and `score`, 1 to 10, or −1 where no rating was found in the judgment.
enum MTBenchJudgments {
  /// Most points of an answer.
  private static let most = 10.0

  /// The mean of each model and category over its questions and turns, over 10, with the number of
  /// questions as its items; judgments without a rating are left out. The categories of the questions
  /// stand in the rows (`category`), or in `question.jsonl` beside the file.
  static func scores(_ url: URL, asked: String) throws(InputError) -> [ScoreTable.Score] {
    let categories = try categories(beside: url, asked: asked)
    var points: [Key: [String: [Double]]] = [:]
    var keys: [Key] = []
    for row in try rows(url, asked: asked) {
      guard let id = row.text("question_id") else {
        throw row.bad("question_id", "a number or a text")
      }
      guard let model = row.value["model"]?.string else { throw row.bad("model", "a text") }
      guard let score = row.value["score"]?.number, score == -1 || (0...most).contains(score) else {
        throw row.bad("score", "a number from 0 to 10, or -1")
      }
      guard let category = row.value["category"]?.string ?? categories[id] else {
        throw InputError(
          .badData, asked: asked, found: "no category of question \(id), \(row.place)",
          hint: "put MT-Bench's question.jsonl beside it, or a category into each row")
      }
      let key = Key(model: model, category: category)
      if points[key] == nil { keys.append(key) }
      points[key, default: [:]][id, default: []] += score == -1 ? [] : [score]
    }
    return keys.compactMap { key in
      let questions = (points[key] ?? [:]).values.filter { !$0.isEmpty }
      let all = questions.flatMap { $0 }
      guard !all.isEmpty else { return nil }
      return ScoreTable.Score(
        model: key.model, variant: "", group: "MT-Bench", category: key.category,
        // Points are whole numbers, or tenths: their sum has no rounding.
        value: all.reduce(0, +) / Double(all.count) / most, items: Double(questions.count),
        step: 1 / (most * Double(all.count)), source: url.lastPathComponent)
    }
  }

  private struct Key: Hashable {
    var model: String
    var category: String
  }

  /// The categories by question; none where there is no file of them.
  private static func categories(
    beside url: URL, asked: String
  ) throws(InputError) -> [String: String] {
    let questions = url.deletingLastPathComponent().appendingPathComponent("question.jsonl")
    guard FileManager.default.fileExists(atPath: questions.path) else { return [:] }
    var categories: [String: String] = [:]
    for row in try rows(questions, asked: asked) {
      guard let id = row.text("question_id") else {
        throw row.bad("question_id", "a number or a text")
      }
      guard let category = row.value["category"]?.string else {
        throw row.bad("category", "a text")
      }
      categories[id] = category
    }
    return categories
  }

  /// One line of a file.
  private struct Row {
    let value: JSONValue
    let place: String
    let asked: String

    /// A member that is a text or a whole number.
    func text(_ key: String) -> String? {
      value[key]?.string ?? value[key]?.integer.map { "\($0)" }
    }

    func bad(_ key: String, _ needed: String) -> InputError {
      InputError(
        .badData, asked: asked,
        found: "\(key) of \(place) is \(value[key]?.words ?? "missing"), where \(needed) is needed",
        hint: "give FastChat's judgments: JSON lines with question_id, model, turn and score")
    }
  }

  private static func rows(_ url: URL, asked: String) throws(InputError) -> [Row] {
    let text = try InputFile.text(url, asked: asked, missing: "check the path")
    var rows: [Row] = []
    for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy(\.isWhitespace) {
      let value = try JSONValue(
        text: Data(line.utf8), name: "\(url.path):\(place + 1)",
        hint: "give FastChat's judgments: JSON lines with question_id, model, turn and score")
      rows.append(
        Row(value: value, place: "\(url.lastPathComponent) line \(place + 1)", asked: asked))
    }
    return rows
  }
}
