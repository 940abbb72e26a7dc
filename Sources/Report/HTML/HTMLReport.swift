import Results

/// A study as one self-contained page: nothing is loaded from anywhere.
public enum HTMLReport {
  /// The page's text: what to ship first, then findings, trials and plots, the environment last. It
  /// opens in `language`; its reader may change that. `commands` are those it offers to copy; `live`, where
  /// it is served, is the markup of how far the study has come. A `diagnosis` of two quantizations of its
  /// model follows the trials.
  public static func text(
    _ results: StudyResults, language: CardLanguage = .en,
    commands: ReportCommands = ReportCommands(), live: String? = nil, diagnosis: PagePart? = nil
  ) -> String {
    let findings = Findings(results)
    let environment = results.environment
    let heatMap = HeatMapPlot(findings)
    let weightErrors = WeightErrorPlot(findings)
    let figures = StudyFigures(
      findings, heatMap, weightErrors, hasDiagnosis: diagnosis != nil)
    let tokenKinds = TokenKindTable(findings)
    let calibration = StudyCalibration(environment)
    let oneTrial = TrialSection(findings, commands, heatMap?.data)
    let domains = TableMarkup.domains(findings)
    let values: [String: Any?] = [
      "live": live,
      "picks": PicksMarkup(findings, commands).html,
      "findings": FindingList.html(PageWords.findings, findingItems(findings)),
      "errors": PageWords.errors.html,
      "trialsHeading": PageWords.trials.html,
      "trialsNote": PageWords.trialsNote(findings.names).html,
      "ownScores": findings.standings.noises.isEmpty ? nil : PageWords.ownScores.html,
      "trialsTable": TableMarkup.trials(findings),
      "oneTrial": oneTrial?.html, "tokenKinds": tokenKinds?.html,
      "diagnosis": diagnosis?.html, "calibration": calibration?.html,
      "figures": figures.shown.map(\.html),
      "absent": figures.absentHTML,
      "domains": domains.map { ["heading": PageWords.domains.html, "table": $0] },
      "environmentHeading": PageWords.environment.html,
      "environment": PageWords.environmentRows(environment).map {
        ["name": $0.0.html, "value": $0.1]
      },
      "sweepFile": environment.sweepYAML.isEmpty
        ? nil : ["heading": PageWords.sweepFile.html, "text": environment.sweepYAML],
    ]
    var places = [
      HTMLPage.Place(id: "picks", name: PageWords.picks),
      .init(id: "findings", name: PageWords.findings), .init(id: "trials", name: PageWords.trials),
    ]
    if oneTrial != nil { places.append(.init(id: "one-trial", name: PageWords.oneTrial)) }
    places += diagnosis?.places ?? []
    places += figures.shown.map { .init(id: $0.id, name: $0.name) }
    if domains != nil { places.append(.init(id: "scores", name: PageWords.domains)) }
    if tokenKinds != nil { places.append(.init(id: "token-kinds", name: PageWords.tokenKinds)) }
    if calibration != nil { places.append(.init(id: "calibration", name: StudyCalibration.name)) }
    places.append(.init(id: "environment", name: PageWords.environment))
    var page = HTMLPage(
      language: language, version: environment.toolVersion,
      title: PageWords.title(environment), summary: PageWords.summary(findings), places: places,
      style: (diagnosis?.style ?? "") + (calibration == nil ? "" : StudyCalibration.style),
      data: [
        ("heat-data", heatMap?.data.json), ("trial-data", oneTrial?.json),
        ("weight-error-data", weightErrors?.json),
      ]
      .compactMap { id, json in json.map { (id, $0) } })
    page.isServed = live != nil
    return page.text(body, values.compactMapValues { $0 })
  }

  private static func findingItems(_ findings: Findings) -> [(tone: String, text: Bilingual)] {
    zip(findings.all, findings.bilingualSentences).map { finding, sentence in
      let tone =
        switch finding.tone {
        case .result: "result"
        case .note: "note"
        case .warning: "warning"
        }
      return (tone, sentence.map { $0.replacing(" ± ", with: "\u{A0}±\u{A0}") })
    }
  }

  private static let body = """
    {{{live}}}{{{picks}}}
    {{{findings}}}
    <p class="reading">{{{errors}}}</p>
    <section id="trials">
    <h2>{{{trialsHeading}}}</h2>
    <p class="reading">{{{trialsNote}}}</p>
    {{#ownScores}}
    <p class="reading">{{{.}}}</p>
    {{/ownScores}}
    {{{trialsTable}}}
    </section>
    {{{oneTrial}}}
    {{{diagnosis}}}
    {{#figures}}
    {{{.}}}
    {{/figures}}
    {{{absent}}}
    {{#domains}}
    <section id="scores">
    <h2>{{{heading}}}</h2>
    {{#ownScores}}
    <p class="reading">{{{.}}}</p>
    {{/ownScores}}
    {{{table}}}
    </section>
    {{/domains}}
    {{{tokenKinds}}}
    {{{calibration}}}
    <section id="environment">
    <h2>{{{environmentHeading}}}</h2>
    <dl class="environment">
    {{#environment}}
    <div><dt>{{{name}}}</dt><dd>{{value}}</dd></div>
    {{/environment}}
    </dl>
    {{#sweepFile}}
    <details><summary>{{{heading}}}</summary><pre>{{text}}</pre></details>
    {{/sweepFile}}
    </section>

    """
}
