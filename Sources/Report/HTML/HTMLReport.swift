import Results

/// A study as one self-contained page: nothing is loaded from anywhere.
public enum HTMLReport {
  /// The page's text: what to ship first, then findings, trials and plots, the environment last. It
  /// opens in `language`; its reader may change that. `commands` are those it offers to copy; `live`, where
  /// it is served, is the markup of how far the study has come.
  public static func text(
    _ results: StudyResults, language: CardLanguage = .en,
    commands: ReportCommands = ReportCommands(), live: String? = nil
  ) -> String {
    let findings = Findings(results)
    let environment = results.environment
    let heatMap = HeatMapPlot(findings)
    let figures = figures(findings, heatMap)
    let domains = TableMarkup.domains(findings)
    let values: [String: Any?] = [
      "live": live,
      "picks": PicksMarkup(findings, commands).html,
      "findings": FindingList.html(PageWords.findings, findingItems(findings)),
      "errors": PageWords.errors.html,
      "trialsHeading": PageWords.trials.html,
      "trialsNote": PageWords.trialsNote(findings.names).html,
      "trialsTable": TableMarkup.trials(findings),
      "figures": figures.map(\.html),
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
    places += figures.map { .init(id: $0.id, name: $0.name) }
    if domains != nil { places.append(.init(id: "scores", name: PageWords.domains)) }
    places.append(.init(id: "environment", name: PageWords.environment))
    var page = HTMLPage(
      language: language, version: environment.toolVersion,
      title: PageWords.title(environment), summary: PageWords.summary(findings), places: places,
      data: heatMap.map { ("heat-data", $0.data.json) })
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

  /// A figure, and what the contents call it.
  private struct Part {
    let id: String
    let name: Bilingual
    let html: String
  }

  private static func figures(_ findings: Findings, _ heatMap: HeatMapPlot?) -> [Part] {
    let plots: [(Figure?, Bilingual)] = [
      (SizeQualityPlot(findings)?.figure, PlotWords.sizeQualityName),
      (DampPlot(findings)?.figure, "damp_percent"),
      (DepthPlot(findings)?.figure, PlotWords.depthName),
      (CoveragePlot(findings)?.figure, PlotWords.coverageName),
      (DomainPlot(findings)?.figure, PlotWords.domainName),
      (AllocationPlot(findings.results)?.figure, PlotWords.allocationName),
    ]
    let maps = AllocationMap.all(findings.results).map(\.figure)
    var parts =
      (plots.compactMap { figure, name in figure.map { ($0, name) } }
      + maps.map { ($0, $0.title) })
      .map { Part(id: $0.0.id, name: $0.1, html: FigureMarkup.html($0.0)) }
    if let heatMap {
      let map = Part(
        id: "heat-map", name: PlotWords.heatMapName, html: FigureMarkup.html(heatMap))
      parts.insert(map, at: min(1, parts.count))
    }
    return parts
  }

  private static let body = """
    {{{live}}}{{{picks}}}
    {{{findings}}}
    <p class="reading">{{{errors}}}</p>
    <section id="trials">
    <h2>{{{trialsHeading}}}</h2>
    <p class="reading">{{{trialsNote}}}</p>
    {{{trialsTable}}}
    </section>
    {{#figures}}
    {{{.}}}
    {{/figures}}
    {{#domains}}
    <section id="scores">
    <h2>{{{heading}}}</h2>
    {{{table}}}
    </section>
    {{/domains}}
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
