import Analysis
import Results

/// What one trial lets follow each prompt, beside the base: the likeliest token, the five likeliest, and
/// the likeliest at each place along the prompt. The base's cells stay; with the script the trial's become
/// those of another one. The numbers of `next_tokens.csv`.
struct NextTokenTables {
  /// The most rows of all trials, about 15 bytes each, that a page carries beyond the first table's.
  private static let room = 8_000

  private let prompts: [(prompt: Prompt, base: NextTokens)]
  /// Whether the tables behind the first are there.
  private let hasLikeliest: Bool
  private let hasAlong: Bool
  /// The spelled tokens of all trials; a trial's cells name them by their places.
  private let tokens: [String]
  private let places: [String: Int]

  /// The tables of a study's trials.
  init(_ results: StudyResults) {
    prompts = zip(results.environment.prompts, results.baseNextTokens).map { ($0, $1) }
    let trials = results.trials.filter { !$0.nextTokens.isEmpty }
    let short = prompts.count * trials.count
    let likeliest = prompts.reduce(0) { $0 + $1.base.likeliest.count } * trials.count
    let along = prompts.reduce(0) { $0 + $1.base.along.count } * trials.count
    hasLikeliest = short + likeliest <= Self.room
    hasAlong = along > 0 && short + likeliest + along <= Self.room
    let spelled = trials.flatMap { trial in
      trial.nextTokens.flatMap { next in
        next.likeliest.map { Self.spelled($0.token, $0.text) }
          + next.along.map { Self.spelled($0.token, $0.text) }
      }
    }
    tokens = Set(spelled).sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    places = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, $0) })
  }

  // MARK: The section's part

  /// The tables with the cells of `trial`.
  func html(_ trial: TrialResult) -> String {
    guard !prompts.isEmpty else {
      return "<p class=\"reading\">\(NextTokenWords.noPrompts.html)</p>"
    }
    let rows = rows(of: trial)
    let kept = rows.map { $0.first.count { $0[0].isBases } } ?? 0
    let count = NextTokenWords.kept(of: prompts.count).html
      .replacing("{}", with: "<b class=\"kept\">\(kept)</b>")
    let number = String(trial.number)
    var parts = [
      "<p>\(count)</p>",
      TableMarkup.table(
        [
          .init(NextTokenWords.prompt), .init(NextTokenWords.base), Self.probability("base"),
          .init(NextTokenWords.trial), Self.probability(number),
          Self.column(NextTokenWords.ofBase, "of_base", number), Self.kld(number),
        ],
        markup(
          fixed: fixed, rows?.first,
          blank: [Self.noToken, Self.noNumber, Self.noNumber, Self.noNumber])),
    ]
    if hasLikeliest {
      let columns: [TableMarkup.Column] = [
        .init(NextTokenWords.prompt), .init(NextTokenWords.rank, isNumeric: true),
        .init(NextTokenWords.base), Self.probability("base"), .init(NextTokenWords.trial),
        Self.probability(number),
      ]
      parts.append(
        Self.folded(
          NextTokenWords.likeliest, columns,
          markup(
            fixed: fixedRanks, rows?.likeliest,
            blank: [Self.noToken, Self.noNumber])))
    }
    if hasAlong {
      let columns: [TableMarkup.Column] = [
        .init(NextTokenWords.before), .init(NextTokenWords.base), Self.probability("base"),
        .init(NextTokenWords.trial), Self.probability(number), Self.kld(number),
      ]
      parts.append(
        Self.folded(
          NextTokenWords.along, columns,
          markup(
            fixed: fixedPlaces, rows?.along, blank: [Self.noToken, Self.noNumber, Self.noNumber])))
    }
    if !hasLikeliest || !hasAlong && prompts.contains(where: { !$0.base.along.isEmpty }) {
      parts.append("<p class=\"reading\">\(NextTokenWords.tooMany.html)</p>")
    }
    let (shown, hidden) = rows == nil ? (" hidden=\"hidden\"", "") : ("", " hidden=\"hidden\"")
    return """
      <h3>\(NextTokenWords.title.html)</h3>
      <p class="reading no-next"\(hidden)>\(NextTokenWords.notLooked.html)</p>
      <div class="next"\(shown)>
      <p class="reading">\(NextTokenWords.reading.html)</p>
      \(parts.joined(separator: "\n"))
      </div>
      """
  }

  private static func folded(
    _ title: Bilingual, _ columns: [TableMarkup.Column], _ rows: [TableMarkup.Row]
  ) -> String {
    "<details><summary>\(title.html)</summary>\n\(TableMarkup.table(columns, rows))</details>"
  }

  private static func column(
    _ title: Bilingual, help: Bilingual = "", _ name: String, _ trial: String
  ) -> TableMarkup.Column {
    .init(title, help: help, source: .init(column: name, domain: "next_tokens", trial: trial))
  }

  private static func probability(_ trial: String) -> TableMarkup.Column {
    column(NextTokenWords.probability, "probability", trial)
  }

  private static func kld(_ trial: String) -> TableMarkup.Column {
    column(NextTokenWords.kld, help: NextTokenWords.kldHelp, "kld", trial)
  }

  // MARK: What is the base's

  /// The cells in front of a trial's, and the row's name in the CSV.
  private typealias Fixed = (part: String, cells: [TableMarkup.Cell])

  private var fixed: [Fixed] {
    prompts.enumerated().map { index, pair in
      let end = pair.prompt.tokens.count
      return (
        "\(index) \(end) 1",
        [.text(pair.prompt.shownText(before: end), style: "name")]
          + (pair.base.likeliest.first.map { Self.cells($0.token, $0.text, $0.probability) } ?? [])
      )
    }
  }

  private var fixedRanks: [Fixed] {
    prompts.enumerated().flatMap { index, pair in
      let end = pair.prompt.tokens.count
      return pair.base.likeliest.enumerated().map { place, candidate in
        (
          "\(index) \(end) \(place + 1)",
          [
            .text(pair.prompt.shownText(before: end), style: place == 0 ? "name" : "name again"),
            .number("\(place + 1)", Double(place + 1)),
          ] + Self.cells(candidate.token, candidate.text, candidate.probability)
        )
      }
    }
  }

  private var fixedPlaces: [Fixed] {
    prompts.enumerated().flatMap { index, pair in
      pair.base.along.map { step in
        (
          "\(index) \(step.position) 1",
          [.text(pair.prompt.shownText(before: step.position), style: "name")]
            + Self.cells(step.token, step.text, step.probability)
        )
      }
    }
  }

  // MARK: What is a trial's

  /// A cell of a trial: a token, or a number.
  private enum Value {
    case token(String, isBases: Bool)
    case number(Double)

    var isBases: Bool {
      if case .token(_, let isBases) = self { return isBases }
      return false
    }
  }

  /// The trial's cells, table by table; nil where nothing is known of it.
  private func rows(
    of trial: TrialResult
  ) -> (first: [[Value]], likeliest: [[Value]], along: [[Value]])? {
    guard trial.nextTokens.count == prompts.count, !prompts.isEmpty else { return nil }
    var (first, likeliest, along): ([[Value]], [[Value]], [[Value]]) = ([], [], [])
    for (next, (_, base)) in zip(trial.nextTokens, prompts) {
      guard next.likeliest.count == base.likeliest.count,
        next.baseLikeliest.count == base.likeliest.count, next.along.count == base.along.count
      else { return nil }
      for (place, (mine, theirs)) in zip(next.likeliest, next.baseLikeliest).enumerated() {
        let text = Self.spelled(mine.token, mine.text)
        if place == 0 {
          let isBases = mine.token == base.likeliest[0].token
          first.append(
            [
              .token(text, isBases: isBases), .number(mine.probability),
              .number(theirs.probability), .number(next.kld),
            ])
        }
        let isAmong = base.likeliest.contains { $0.token == mine.token }
        likeliest.append([.token(text, isBases: isAmong), .number(mine.probability)])
      }
      for (mine, theirs) in zip(next.along, base.along) {
        along.append([
          .token(Self.spelled(mine.token, mine.text), isBases: mine.token == theirs.token),
          .number(mine.probability), .number(mine.kld),
        ])
      }
    }
    return (first, hasLikeliest ? likeliest : [], hasAlong ? along : [])
  }

  private static let noToken = Value.token("", isBases: true)
  private static let noNumber = Value.number(.nan)

  /// Rows of the base's cells, and behind them the trial's, `blank` where nothing is known of it.
  private func markup(
    fixed: [Fixed], _ values: [[Value]]?, blank: [Value]
  ) -> [TableMarkup.Row] {
    fixed.enumerated().map { index, fixed in
      var row = TableMarkup.Row(
        fixed.cells
          + (values?[index] ?? blank).map { value in
            switch value {
            case .token(let text, let isBases):
              .init(
                html: (isBases ? text : "≠ " + text).xmlEscaped, key: text,
                style: isBases ? "token its" : "token its differs")
            case .number(let value): Self.itsNumber(value)
            }
          })
      row.part = fixed.part
      return row
    }
  }

  private static func cells(
    _ token: Int32, _ text: String, _ probability: Double
  ) -> [TableMarkup.Cell] {
    [.text(spelled(token, text), style: "token"), number(probability)]
  }

  private static func number(_ value: Double) -> TableMarkup.Cell {
    .number(NumberText.significant(value), value)
  }

  /// A number of the trial, which the script finds by its class.
  private static func itsNumber(_ value: Double) -> TableMarkup.Cell {
    var cell = number(value)
    cell.style += " its"
    return cell
  }

  /// A token's text as the page shows it: spaces can be seen, and an id without a text is the id.
  private static func spelled(_ token: Int32, _ text: String) -> String {
    text.isEmpty ? "#\(token)" : text.replacing(" ", with: "␣")
  }

  // MARK: The script's data

  /// The tokens that a trial's cells name.
  var tokensJSON: String { "[\(tokens.map(\.jsonQuoted).joined(separator: ","))]" }

  /// A trial's cells, row after row of all tables; a token is its place, −1 − place where it is not the
  /// base's.
  /// Nil where nothing is known of it.
  func json(_ trial: TrialResult) -> String? {
    guard let rows = rows(of: trial) else { return nil }
    let cells = (rows.first + rows.likeliest + rows.along).joined().map { value -> String in
      switch value {
      case .token(let text, let isBases):
        let place = places[text] ?? 0
        return String(isBases ? place : -1 - place)
      case .number(let value): return NumberText.significant(value)
      }
    }
    return "[\(cells.joined(separator: ","))]"
  }
}

extension Prompt {
  /// The end of the text in front of a position, spaces at its end made visible.
  fileprivate func shownText(before position: Int) -> String {
    let text = text(before: position)
    let spaces = text.reversed().prefix { $0 == " " }.count
    return text.dropLast(spaces) + String(repeating: "␣", count: spaces)
  }
}
