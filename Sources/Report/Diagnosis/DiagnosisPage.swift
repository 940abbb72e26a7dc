import Analysis

/// A diagnosis as one self-contained page: sentences first, then the parts, the places, the
/// hypotheses, and everything that was measured.
public enum DiagnosisPage {
  /// The findings in sentences, the most important first.
  public static func sentences(_ diagnosis: Diagnosis, language: CardLanguage) -> [String] {
    DiagnosisSentences(diagnosis, DiagnosisWords(language: language)).all.map(\.text)
  }

  /// The page's text.
  public static func text(_ diagnosis: Diagnosis, language: CardLanguage = .en) -> String {
    let words = DiagnosisWords(language: language)
    let tables = DiagnosisTables(diagnosis, words)
    let sentences = DiagnosisSentences(diagnosis, words)
    let figures = [
      WaterfallPlot(diagnosis, words)?.figure,
      DifferenceMap(diagnosis, .swap, words)?.figure,
      DifferenceMap(diagnosis, .localError, words)?.figure,
    ].compactMap { $0 }
    let sections = [
      Section("factors", words.factors, words.factorsNote, tables.factors),
      Section("scores", words.scores, "", tables.scores),
      Section("hypotheses", words.hypotheses, "", tables.hypotheses),
      Section("modules", words.modules, words.modulesNote, tables.modules),
      Section("audit", words.audit, "", tables.audit),
      Section("settings", words.settings, "", tables.settings),
    ].filter { !$0.table.isEmpty }
    let values: [String: Any] = [
      "findingsHeading": words.findings,
      "findings": sentences.all.map {
        ["tone": $0.tone, "text": $0.text]
      },
      "figures": figures.map { FigureMarkup.html($0) },
      "sections": sections.map {
        ["id": $0.id, "heading": $0.heading, "note": $0.note, "table": $0.table]
      },
    ]
    return HTMLPage(
      language: language.rawValue, version: diagnosis.toolVersion, title: words.title(diagnosis),
      summary: sentences.answer, style: style
    ).text(body, values)
  }

  private struct Section {
    let id: String
    let heading: String
    let note: String
    let table: String

    init(_ id: String, _ heading: String, _ note: String, _ table: String) {
      self.id = id
      self.heading = heading
      self.note = note
      self.table = table
    }
  }

  private static var style: String {
    let shades = (0..<DifferenceMap.steps).map { step in
      let share = 8 + 92 * step / (DifferenceMap.steps - 1)
      return ".u\(step){fill:color-mix(in srgb,var(--fault) \(share)%,var(--card))}"
        + ".b\(step){fill:color-mix(in srgb,var(--gptq) \(share)%,var(--card))}"
    }
    let rules = """
      svg .bar .fill{fill:var(--c)}svg .bar .whisker{stroke:var(--ink);stroke-width:1.25}
      .level{--c:var(--rule)}.worse{--c:var(--fault)}.better{--c:var(--gptq)}.unsure{--c:var(--base)}
      rect[class^=u],rect[class^=b]{stroke:var(--grid);stroke-width:.5}
      rect[class^=u]:hover,rect[class^=b]:hover{stroke:var(--ink);stroke-width:1.5}
      td.wrap{white-space:normal;min-width:220px;max-width:520px}
      .status-confirmed{color:var(--fault);font-weight:600}.status-refuted{color:var(--gptq)}
      .status-undecided,.status-not_applicable{color:var(--muted)}
      """
    return shades.joined() + "\n" + rules + "\n"
  }

  private static let body =
    HTMLPage.findings + """
      {{#figures}}
      {{{.}}}
      {{/figures}}
      {{#sections}}
      <section id="{{id}}">
      <h2>{{heading}}</h2>
      <p class="reading">{{note}}</p>
      {{{table}}}
      </section>
      {{/sections}}

      """
}
