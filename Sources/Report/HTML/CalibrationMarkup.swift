import Calib

/// What a calibration set holds, as its own page and a study's report show it: facts, and a table of bars a
/// group. Every number names its row of `calibration.csv`.
struct CalibrationMarkup {
  /// Shares of one kind.
  struct Group {
    let id: String
    let name: Bilingual
    let table: String
  }

  private let rows: [(place: Int, row: CalibrationRow)]
  private let statistics: SetStatistics

  init(_ statistics: SetStatistics) {
    self.statistics = statistics
    rows = CalibrationRow.all(statistics).enumerated().map { ($0.offset, $0.element) }
  }

  /// The set as a whole, and `more` that is no number.
  func facts(_ more: [(name: Bilingual, value: String)] = []) -> String {
    let numbers = rows.filter { $0.row.group == .set }.map { place, row in
      "<dt>\(Self.fact(row.name).html)</dt><dd data-row=\"\(place)\">\(text(row))</dd>"
    }
    let texts = more.map { "<dt>\($0.name.html)</dt><dd>\($0.value.xmlEscaped)</dd>" }
    return "<dl class=\"facts\">\n\((numbers + texts).joined(separator: "\n"))\n</dl>"
  }

  /// The groups that have something in them.
  var groups: [Group] {
    CalibrationRow.Group.allCases.compactMap { group in
      let own = rows.filter { $0.row.group == group }
      guard let (id, name) = Self.names[group], !own.isEmpty else { return nil }
      return Group(
        id: id, name: name,
        table: "<table class=\"shares\">\n\(own.map(line).joined(separator: "\n"))\n</table>")
    }
  }

  private func line(_ place: Int, _ row: CalibrationRow) -> String {
    let share = row.share ?? .nan
    let width = NumberText.fixed(100 * (share.isFinite ? min(max(share, 0), 1) : 0), 2)
    let name = Self.name(row).html
    return "<tr data-row=\"\(place)\"><td>\(row.group == .residue ? "<q>\(name)</q>" : name)</td>"
      + "<td class=\"n\">\(NumberText.count(Int(exactly: row.value) ?? 0))</td>"
      + "<td class=\"n\">\(NumberText.percent(share, 1))</td>"
      + "<td class=\"b\"><i style=\"width:\(width)%\"></i></td></tr>"
  }

  private func text(_ row: CalibrationRow) -> String {
    switch row.name {
    case "vocabulary_coverage": coverage(row.value)
    case "tokens_per_character": NumberText.significant(row.value)
    default: NumberText.count(Int(exactly: row.value) ?? 0)
    }
  }

  /// The share of the vocabulary, with the counts that it is of.
  private func coverage(_ share: Double) -> String {
    let size = (Double(statistics.distinctTokens) / share).rounded()
    let text = NumberText.percent(share)
    guard share > 0, size.isFinite, let whole = Int(exactly: size) else { return text }
    let counts = [statistics.distinctTokens, whole].map(NumberText.count)
    return "\(text)<span class=\"dim\"> (\(counts[0]) / \(counts[1]))</span>"
  }

  /// Heading and fragment of each group of shares.
  private static let names: [CalibrationRow.Group: (id: String, name: Bilingual)] = [
    .length: ("lengths", Bilingual("Tokens per document", "文書あたりのトークン数")),
    .script: (
      "scripts", Bilingual("Characters by script, white space left out", "文字種別の文字数（空白を除く）")
    ),
    .source: ("sources", Bilingual("Tokens by source", "ソース別のトークン数")),
    .residue: (
      "residue",
      Bilingual(
        "Traces of markup in the samples: how often, and over the number of samples",
        "サンプルに残るマークアップの跡（出現回数と、サンプル数に対する割合）")
    ),
    .rule: ("rules", Bilingual("Rows that pass each rule", "各規則を満たす行")),
    .lost: ("lost", Bilingual("Rows left out", "除いた行")),
  ]

  private static func fact(_ name: String) -> Bilingual {
    switch name {
    case "samples": Bilingual("samples", "サンプル数")
    case "tokens": Bilingual("tokens", "トークン数")
    case "documents": Bilingual("documents", "文書数")
    case "characters": Bilingual("characters of the documents", "文書の文字数")
    case "tokens_per_character": Bilingual("tokens per character", "1 文字あたりのトークン数")
    case "distinct_tokens": Bilingual("distinct tokens", "異なるトークンの数")
    case "vocabulary_coverage": Bilingual("vocabulary coverage", "語彙のカバー率")
    default: Bilingual("documents that repeat an earlier one", "重複する文書の数")
    }
  }

  /// What a row counts; sources, markers and rules keep their own names.
  private static func name(_ row: CalibrationRow) -> Bilingual {
    switch row.group {
    case .script, .lost: Bilingual(row.name, japanese[row.name] ?? row.name)
    case .length:
      Bilingual(
        row.name,
        row.name.replacing(/^(\d+) to (\d+)$/) { "\($0.output.1)～\($0.output.2)" }
          .replacing(/^(\d+) and more$/) { "\($0.output.1) 以上" })
    default: Bilingual(row.name)
    }
  }

  private static let japanese = [
    "hiragana": "ひらがな", "katakana": "カタカナ", "kanji": "漢字", "latin": "ラテン文字",
    "digits": "数字", "punctuation and symbols": "句読点・記号", "cut or broken": "途切れた文字",
    "other letters": "その他の文字", "unreadable": "読めない行", "empty": "空の行",
    "contaminated": "評価テキストを含む行", "filtered out": "フィルターで除いた行", "duplicates": "重複する行",
    "shorter than the window": "窓より短い行",
  ]

  /// The rules that bars and facts need.
  static let style = """
    .shares{width:100%;max-width:760px;border-collapse:collapse;font-variant-numeric:tabular-nums}
    .shares td{padding:3px 10px 3px 0;font-size:14.5px;vertical-align:middle;white-space:normal;overflow-wrap:anywhere}
    .shares .n{text-align:right;white-space:nowrap;color:var(--muted)}
    .shares .b{width:45%}.shares i{display:block;height:12px;background:var(--gptq)}
    .facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 18px;margin:0}
    .facts dd{margin:0;overflow-wrap:anywhere}
    @media (max-width:520px){.shares tr{display:grid;grid-template-columns:5.5em 5em 1fr;align-items:center}
    .shares td:first-child{grid-column:1/-1;padding-bottom:0}.shares .b{width:auto}.shares tr{border-bottom:1px solid var(--grid)}.shares tr td{border:0}
    .facts{grid-template-columns:1fr}.facts dd{margin-bottom:8px}}

    """
}
