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
    func words(_ language: CardLanguage) -> DiagnosisWords { DiagnosisWords(language: language) }
    func tables(_ language: CardLanguage) -> DiagnosisTables {
      DiagnosisTables(diagnosis, words(language))
    }
    func both(_ text: KeyPath<DiagnosisWords, String>) -> Bilingual {
      Bilingual { words($0)[keyPath: text] }
    }
    let sentences = CardLanguage.allCases.map { DiagnosisSentences(diagnosis, words($0)) }
    let findings = zip(sentences[0].all, sentences[1].all).map { english, japanese in
      (tone: english.tone, text: Bilingual(english.text, japanese.text))
    }
    let figures = [
      Figure.joined { WaterfallPlot(diagnosis, words($0))?.figure },
      Figure.joined { DifferenceMap(diagnosis, .swap, words($0))?.figure },
      Figure.joined { DifferenceMap(diagnosis, .localError, words($0))?.figure },
    ].compactMap { $0 }
    let sections = [
      Section("factors", both(\.factors), both(\.factorsNote)) { tables($0).factors },
      Section("scores", both(\.scores)) { tables($0).scores },
      Section("hypotheses", both(\.hypotheses)) { tables($0).hypotheses },
      Section("groups", both(\.groups), both(\.groupsNote)) { tables($0).groups },
      Section("modules", both(\.modules), both(\.modulesNote)) { tables($0).modules },
      Section("audit", both(\.audit)) { tables($0).audit },
      Section("settings", both(\.settings)) { tables($0).settings },
    ].filter { !$0.table.isEmpty }
    let values: [String: Any] = [
      "findings": FindingList.html(both(\.findings), findings),
      "figures": figures.map { FigureMarkup.html($0) },
      "sections": sections.map {
        ["id": $0.id, "heading": $0.heading.html, "note": $0.note.html, "table": $0.table]
      },
    ]
    return HTMLPage(
      language: language, version: diagnosis.toolVersion,
      title: Bilingual { words($0).title(diagnosis) },
      summary: Bilingual(sentences[0].answer, sentences[1].answer),
      places: [.init(id: "findings", name: both(\.findings))]
        + figures.map { .init(id: $0.id, name: $0.title) }
        + sections.map { .init(id: $0.id, name: $0.heading) },
      style: style
    ).text(body, values)
  }

  private struct Section {
    let id: String
    let heading: Bilingual
    let note: Bilingual
    let table: String

    init(
      _ id: String, _ heading: Bilingual, _ note: Bilingual = "",
      table: (CardLanguage) -> String
    ) {
      self.id = id
      self.heading = heading
      self.note = note
      self.table = Bilingual.blocks(table)
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

  private static let body = """
    {{{findings}}}
    {{#figures}}
    {{{.}}}
    {{/figures}}
    {{#sections}}
    <section id="{{id}}">
    <h2>{{{heading}}}</h2>
    <p class="reading">{{{note}}}</p>
    {{{table}}}
    </section>
    {{/sections}}

    """
}
