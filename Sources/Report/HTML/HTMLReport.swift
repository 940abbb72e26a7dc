import Results

/// A study as one self-contained page: nothing is loaded from anywhere.
public enum HTMLReport {
  /// The page's text: findings first, then the trials and the plots, the environment last.
  public static func text(_ results: StudyResults) -> String {
    let findings = Findings(results)
    let environment = results.environment
    let heatMap = HeatMapPlot(findings)
    let values: [String: Any?] = [
      "findingsHeading": PageWords.findings, "findings": findingItems(findings),
      "trialsHeading": PageWords.trials, "trialsNote": PageWords.trialsNote(findings.names),
      "trialsTable": TableMarkup.trials(findings),
      "figures": figures(findings, heatMap),
      "domains": TableMarkup.domains(findings).map {
        ["heading": PageWords.domains, "table": $0]
      },
      "environmentHeading": PageWords.environment,
      "environment": PageWords.environmentRows(environment).map {
        ["name": $0.0, "value": $0.1]
      },
      "sweepFile": environment.sweepYAML.isEmpty
        ? nil : ["heading": PageWords.sweepFile, "text": environment.sweepYAML],
    ]
    let page = HTMLPage(
      language: PageWords.language, version: environment.toolVersion,
      title: PageWords.title(environment), summary: PageWords.summary(findings), hasScript: true,
      data: heatMap.map { ("heat-data", $0.data.json) })
    return page.text(body, values.compactMapValues { $0 })
  }

  private static func findingItems(_ findings: Findings) -> [[String: String]] {
    zip(findings.all, findings.sentences).map { finding, sentence in
      let tone =
        switch finding.tone {
        case .result: "result"
        case .note: "note"
        case .warning: "warning"
        }
      return ["tone": tone, "text": sentence.replacing(" ± ", with: "\u{A0}±\u{A0}")]
    }
  }

  private static func figures(_ findings: Findings, _ heatMap: HeatMapPlot?) -> [String] {
    let figures =
      [
        SizeQualityPlot(findings)?.figure, DampPlot(findings)?.figure, DepthPlot(findings)?.figure,
        CoveragePlot(findings)?.figure, DomainPlot(findings)?.figure,
        AllocationPlot(findings.results)?.figure,
      ] + AllocationMap.all(findings.results).map(\.figure)
    var markup = figures.compactMap { $0 }.map { FigureMarkup.html($0) }
    if let heatMap {
      let place = markup.isEmpty ? 0 : 1
      markup.insert(FigureMarkup.html(heatMap), at: min(place, markup.count))
    }
    return markup
  }

  private static let body =
    HTMLPage.findings + """
      <section id="trials">
      <h2>{{trialsHeading}}</h2>
      <p class="reading">{{trialsNote}}</p>
      {{{trialsTable}}}
      </section>
      {{#figures}}
      {{{.}}}
      {{/figures}}
      {{#domains}}
      <section id="scores">
      <h2>{{heading}}</h2>
      {{{table}}}
      </section>
      {{/domains}}
      <section id="environment">
      <h2>{{environmentHeading}}</h2>
      <dl class="environment">
      {{#environment}}
      <div><dt>{{name}}</dt><dd>{{value}}</dd></div>
      {{/environment}}
      </dl>
      {{#sweepFile}}
      <details><summary>{{heading}}</summary><pre>{{text}}</pre></details>
      {{/sweepFile}}
      </section>

      """
}
