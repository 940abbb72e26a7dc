import Analysis
import GPTQ
import Results

/// Two studies, or two trials, side by side as one self-contained page: what differs, by how much, and
/// how sure that is. Differences are first minus second, and taken only where both were scored on the
/// same tokens.
public struct ComparisonPage {
  /// One of the two.
  public struct Side: Sendable {
    /// What the page calls it.
    public let name: String
    /// Its study.
    public let results: StudyResults
    /// The trial; nil: all of them.
    public let trial: TrialResult?

    /// A study called `name`, or one of its trials.
    public init(name: String, results: StudyResults, trial: TrialResult? = nil) {
      self.name = name
      self.results = results
      self.trial = trial
    }
  }

  let first: Side
  let second: Side
  let studies: ComparedStudies
  let words: ComparisonWords

  /// The page of `first` against `second`; `isOneStudy` says that both are of the same study.
  public init(_ first: Side, _ second: Side, isOneStudy: Bool) {
    self.first = first
    self.second = second
    studies = ComparedStudies(first.results, second.results, isOne: isOneStudy)
    words = ComparisonWords(first.name, second.name)
  }

  /// What is compared: the two trials, or those that belong together.
  var pairs: (areSameSettings: Bool, all: [ComparedStudies.Pair]) {
    guard let one = first.trial, let other = second.trial else { return studies.pairs }
    return (true, [.init(first: one, second: other)])
  }

  private var isOfTrials: Bool { first.trial != nil }

  /// The page's text. It opens in `language`.
  public func text(language: CardLanguage = .en) -> String {
    let differences = ComparisonDifferences(self)
    let modules = first.trial.flatMap { one in
      second.trial.flatMap { ComparisonModules(one, $0, words) }
    }
    let figures = [DifferencePlot(differences, words)?.figure, modules?.figure].compactMap { $0 }
    var places = [HTMLPage.Place(id: "answer", name: ComparisonWords.answer)]
    places += figures.map { .init(id: $0.id, name: $0.title) }
    let hasRows = !differences.rows.isEmpty
    if hasRows { places.append(.init(id: "differences", name: ComparisonWords.differences)) }
    if isOfTrials { places.append(.init(id: "settings", name: ComparisonWords.settings)) }
    if modules != nil { places.append(.init(id: "modules", name: ComparisonWords.modules)) }
    // Of one study the circumstances are the same.
    if !studies.isOne { places.append(.init(id: "environment", name: PageWords.environment)) }
    let values: [String: Any?] = [
      "answer": FindingList.html(ComparisonWords.answer, differences.sentences, id: "answer"),
      "figures": figures.map { FigureMarkup.html($0) },
      "differences": hasRows
        ? [
          "heading": ComparisonWords.differences.html, "note": words.note.html,
          "table": TableMarkup.filter + differences.table,
          "data": FigureMarkup.link(differences.csv, name: "differences"),
        ] : nil,
      "settings": isOfTrials
        ? ["heading": ComparisonWords.settings.html, "table": settingsTable] : nil,
      "modules": modules.map {
        ["heading": ComparisonWords.modules.html, "table": TableMarkup.filter + $0.table]
      },
      "environment": studies.isOne
        ? nil : ["heading": PageWords.environment.html, "table": environmentTable],
    ]
    return HTMLPage(
      language: language, version: first.results.environment.toolVersion, title: words.title,
      summary: words.summary, places: places
    ).text(Self.body, values.compactMapValues { $0 })
  }

  // MARK: Settings and circumstances

  private var settingsTable: String {
    guard let one = first.trial?.config, let other = second.trial?.config else { return "" }
    let rows = TrialConfig.columns.map { setting in
      (setting.key, setting.label(one), setting.label(other))
    }
    return sideTable(ComparisonWords.setting, rows.map { (Bilingual($0.0), $0.1, $0.2) })
  }

  private var environmentTable: String {
    let sides = [first, second].map { PageWords.environmentRows($0.results.environment) }
    var names = sides[0].map(\.0)
    for (name, _) in sides[1] where !names.contains(name) { names.append(name) }
    return sideTable(
      ComparisonWords.circumstance,
      names.map { name in
        let values = sides.map { rows in rows.first { $0.0 == name }?.1 ?? "" }
        return (name, values[0], values[1])
      })
  }

  /// What differs first, and marked.
  private func sideTable(_ title: Bilingual, _ rows: [(Bilingual, String, String)]) -> String {
    let sorted = rows.filter { $0.1 != $0.2 } + rows.filter { $0.1 == $0.2 }
    return TableMarkup.table(
      [.init(title), .init(ComparisonWords.same), .init(words.first), .init(words.second)],
      sorted.map { name, one, other in
        let style = one == other ? "wrap" : "wrap differs"
        return .init([
          .text(name, style: "name"), .text(one == other ? "=" : "≠"),
          .text(one, style: style), .text(other, style: style),
        ])
      })
  }

  private static let body = """
    {{{answer}}}
    {{#figures}}
    {{{.}}}
    {{/figures}}
    {{#differences}}
    <section id="differences">
    <h2>{{{heading}}}</h2>
    <p class="reading">{{{note}}}</p>
    {{{table}}}
    {{{data}}}
    </section>
    {{/differences}}
    {{#settings}}
    <section id="settings"><h2>{{{heading}}}</h2>
    {{{table}}}
    </section>
    {{/settings}}
    {{#modules}}
    <section id="modules"><h2>{{{heading}}}</h2>
    {{{table}}}
    </section>
    {{/modules}}
    {{#environment}}
    <section id="environment"><h2>{{{heading}}}</h2>
    {{{table}}}
    </section>
    {{/environment}}

    """
}
