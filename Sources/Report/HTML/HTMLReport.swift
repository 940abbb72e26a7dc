import Sweep

/// A study as one self-contained page: nothing is loaded from anywhere.
public enum HTMLReport {
  /// The page's text: findings first, then the trials and the plots, the environment last.
  public static func text(_ results: StudyResults) -> String {
    let findings = Findings(results)
    let environment = results.environment
    let heatMap = HeatMapPlot(findings)
    let values: [String: Any?] = [
      "language": PageWords.language, "version": environment.toolVersion,
      "title": PageWords.title(environment), "summary": PageWords.summary(findings),
      "style": Stylesheet.text, "script": Script.text, "definitions": FigureMarkup.definitions,
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
      "heatData": heatMap?.data.json,
    ]
    return Template.render(Template.page, values.compactMapValues { $0 }).withoutForbidden
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
    let figures = [
      SizeQualityPlot(findings)?.figure, DampPlot(findings)?.figure, DepthPlot(findings)?.figure,
      DomainPlot(findings)?.figure,
    ]
    var markup = figures.compactMap { $0 }.map { FigureMarkup.html($0) }
    if let heatMap {
      let place = markup.isEmpty ? 0 : 1
      markup.insert(FigureMarkup.html(heatMap), at: min(place, markup.count))
    }
    return markup
  }
}
