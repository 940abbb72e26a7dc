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
    let parts = DiagnosisParts(diagnosis: diagnosis)
    let figures = [parts.waterfall, parts.map(.swap), parts.map(.localError)].compactMap { $0 }
    let sections = [
      parts.section("factors", \.factors, \.factors, note: \.factorsNote),
      parts.section("scores", \.scores, \.scores),
      parts.hypotheses,
      parts.section("groups", \.groups, \.groups, note: \.groupsNote),
      parts.section("modules", \.modules, \.modules, note: \.modulesNote),
      parts.section("audit", \.audit, \.audit),
      parts.section("settings", \.settings, \.settings),
    ].filter { !$0.table.isEmpty }
    let findings = parts.text(\.findings)
    let values: [String: Any] = [
      "findings": FindingList.html(findings, parts.findings),
      "figures": figures.map { FigureMarkup.html($0) },
      "sections": sections.map(\.html),
    ]
    return HTMLPage(
      language: language, version: diagnosis.toolVersion, title: parts.title,
      summary: parts.answer,
      places: [.init(id: "findings", name: findings)]
        + figures.map { .init(id: $0.id, name: $0.title) }
        + sections.map { .init(id: $0.id, name: $0.heading) },
      style: DiagnosisParts.style + DifferenceMap.style
    ).text(body, values)
  }

  private static let body = """
    {{{findings}}}
    {{#figures}}
    {{{.}}}
    {{/figures}}
    {{#sections}}
    {{{.}}}
    {{/sections}}

    """
}
