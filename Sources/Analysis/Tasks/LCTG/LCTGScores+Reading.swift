import Basics
import Codecs
import Foundation

extension LCTGScores {
  /// The outputs of one prompt by one aspect.
  private struct Outputs {
    var texts: [String]
    var bare: [String]?
  }

  /// Scores the JSON lines `url`: a row a prompt with `prompt_id`, and for each aspect `ASPECT_result`,
  /// the output or a list of several, and `ASPECT_result_wo_hf`, the same without introduction and
  /// closing remark. `prompts` are LCTG-Bench's `prompts_v1.jsonl`, whose `ASPECT_answer` say what must
  /// hold; nil: the rows of `url` have them themselves.
  ///
  /// - Throws: an error that names the row and the member that is missing or of another type.
  public init(contentsOf url: URL, prompts: URL?) throws(InputError) {
    let rows = try LCTGRow.read(url)
    let asked = try prompts.map { (url) throws(InputError) in try LCTGRow.read(url) } ?? rows
    let conditions = Dictionary(asked.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var scores: [Row] = []
    for aspect in Aspect.allCases where rows.contains(where: { $0.has(aspect) }) {
      var shares: [Double] = []
      var outputs: (iterations: Int, isBare: Bool)?
      for row in rows {
        guard let owner = conditions[row.id] else {
          throw row.bad(
            "prompt_id \(row.id) of \(row.place), which \(prompts?.path ?? "") does not have")
        }
        let condition = try owner.condition(aspect)
        let (texts, bare) = try row.outputs(aspect)
        let kind = (texts.count, bare != nil)
        if let outputs, outputs != kind {
          throw row.bad(
            "\(aspect.rawValue): \(Self.words(kind)) of \(row.place), \(Self.words(outputs)) before"
          )
        }
        outputs = kind
        let holding = zip(texts, bare ?? texts).count { condition.holds($0, bare: $1) }
        shares.append(Double(holding) / Double(texts.count))
      }
      // Without the bare texts nothing tells whether there is more than was asked for.
      guard let (iterations, isBare) = outputs, isBare || aspect != .format else { continue }
      let share = ChoiceAnswers.share(shares)
      scores.append(
        Row(
          aspect: aspect,
          score: TaskScore(value: share.value, stderr: share.stderr, items: shares.count),
          iterations: iterations, isBare: isBare))
    }
    guard !scores.isEmpty else {
      throw InputError(
        .badData, asked: "score the outputs \(url.path)",
        found: "rows without outputs that can be scored",
        hint: "a row has prompt_id and, of one aspect or more, \(LCTGRow.outputNames)")
    }
    name = url.deletingPathExtension().lastPathComponent
    self.prompts = rows.count
    unanswered = Set(conditions.keys).subtracting(rows.map(\.id)).count
    self.rows = scores
  }

  private static func words(_ kind: (iterations: Int, isBare: Bool)) -> String {
    let outputs = kind.iterations == 1 ? "1 output" : "\(kind.iterations) outputs"
    return outputs + (kind.isBare ? " with _wo_hf" : " without _wo_hf")
  }
}

/// A row of a file of prompts or outputs.
private struct LCTGRow {
  /// `prompt_id`, as it is written.
  let id: String
  /// The file and the line.
  let place: String
  private let path: String
  private let value: JSONValue

  /// The members that hold outputs.
  static let outputNames = LCTGScores.Aspect.allCases.map { "\($0.rawValue)_result" }
    .joined(separator: ", ")

  /// The rows of JSON lines.
  static func read(_ url: URL) throws(InputError) -> [LCTGRow] {
    let asked = "score the outputs \(url.path)"
    let text = try InputFile.text(url, asked: asked, missing: "check the path")
    var rows: [LCTGRow] = []
    var ids: Set<String> = []
    for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy(\.isWhitespace) {
      let value = try JSONValue(
        text: Data(line.utf8), name: "\(url.path):\(place + 1)",
        hint: "give JSON lines, an object a prompt")
      let id = value["prompt_id"].flatMap { $0.string ?? $0.integer.map { "\($0)" } }
      let row = LCTGRow(
        id: id ?? "", place: "line \(place + 1)", path: url.path, value: value)
      guard id != nil else {
        throw row.bad(
          value["prompt_id"].map { "prompt_id of \(row.place) is \($0.words)" }
            ?? "no prompt_id in \(row.place), \(value.words)")
      }
      guard ids.insert(row.id).inserted else {
        throw row.bad("prompt_id \(row.id) of \(row.place) for the second time")
      }
      rows.append(row)
    }
    guard !rows.isEmpty else {
      throw InputError(
        .badData, asked: asked, found: "no rows", hint: "give JSON lines, an object a prompt")
    }
    return rows
  }

  func bad(_ found: String) -> InputError {
    InputError(
      .badData, asked: "score the outputs \(path)", found: found,
      hint:
        "rows of outputs and of prompts are joined by prompt_id; docs/metrics.md says what they hold"
    )
  }

  /// Whether the row has outputs of `aspect`.
  func has(_ aspect: LCTGScores.Aspect) -> Bool { value["\(aspect.rawValue)_result"] != nil }

  /// The outputs of `aspect`, and the bare ones where they are there.
  func outputs(
    _ aspect: LCTGScores.Aspect
  ) throws(InputError) -> (texts: [String], bare: [String]?) {
    let key = "\(aspect.rawValue)_result"
    guard let texts = try texts(key) else { throw bad("no \(key) in \(place), \(value.words)") }
    let bare = try self.texts(key + "_wo_hf")
    guard bare.map({ $0.count == texts.count }) ?? true else {
      throw bad("\(texts.count) of \(key) and \(bare?.count ?? 0) of \(key)_wo_hf in \(place)")
    }
    return (texts, bare)
  }

  /// A text or a list of texts.
  private func texts(_ key: String) throws(InputError) -> [String]? {
    guard let found = value[key] else { return nil }
    let texts = (found.array ?? [found]).map(\.string)
    guard !texts.isEmpty, !texts.contains(nil) else {
      throw bad("\(key) of \(place) is \(found.words), where a text or a list of texts is needed")
    }
    return texts.compactMap { $0 }
  }

  /// What `aspect` asks of the outputs of this prompt.
  func condition(_ aspect: LCTGScores.Aspect) throws(InputError) -> LCTGScores.Condition {
    if aspect == .format { return .bare }
    let key = "\(aspect.rawValue)_answer"
    guard let answer = value[key] else { throw bad("no \(key) in \(place), \(value.words)") }
    switch aspect {
    case .format: return .bare
    case .charCount:
      let ends = answer.array?.compactMap(\.integer) ?? []
      guard ends.count == 2, answer.array?.count == 2, ends[0] <= ends[1] else {
        throw bad("\(key) of \(place) is \(answer.words), where [least, most] is needed")
      }
      return .length(ends[0]...ends[1])
    case .keyword, .prohibitedWord:
      guard let word = answer.string, !word.isEmpty else {
        throw bad("\(key) of \(place) is \(answer.words), where a word is needed")
      }
      return aspect == .keyword ? .contains(word) : .lacks(word)
    }
  }
}
