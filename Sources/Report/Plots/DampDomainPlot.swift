import Analysis
import Results

/// damp_percent against KL divergence from the base, one panel a grid and one line a domain: whether
/// the damp that suits one kind of text suits the others.
struct DampDomainPlot {
  /// One trial on one domain.
  private struct Point {
    let trial: TrialResult
    let damp: Double
    let evaluation: Evaluation
  }

  /// One domain of a panel, and what round-to-nearest scores there on the same grid.
  private struct Line {
    let domain: Int
    let points: [Point]
    let rtn: Evaluation?
  }

  private struct Panel {
    let grid: String
    let name: String
    let lines: [Line]
  }

  private let findings: Findings
  private let domains: [String]
  private let panels: [Panel]

  /// Domains that lines can tell apart.
  private static let dashes = 4

  /// Nil where no two trials differ in damp_percent only, or there is no base to diverge from.
  init?(_ findings: Findings) {
    let results = findings.results
    guard results.mainBase != nil else { return nil }
    self.findings = findings
    let domains = Array(results.allDomains.prefix(Self.dashes))
    self.domains = domains
    panels = DampFamilies.all(results).compactMap { trials in
      guard let first = trials.first else { return nil }
      let companion = first.companion.flatMap { results.trial($0) }
      let lines = domains.indices.compactMap { index -> Line? in
        let points = trials.compactMap { trial in
          Self.score(trial, domains[index]).map {
            Point(trial: trial, damp: DampFamilies.damp(trial), evaluation: $0)
          }
        }
        guard points.count > 1 else { return nil }
        return Line(
          domain: index, points: points,
          rtn: companion.flatMap { Self.score($0, domains[index]) })
      }
      guard !lines.isEmpty else { return nil }
      return Panel(
        grid: first.config.quantize.gridName, name: DampFamilies.name(first, findings.names),
        lines: lines)
    }
    if panels.isEmpty { return nil }
  }

  private static func score(_ trial: TrialResult, _ domain: String) -> Evaluation? {
    guard let evaluation = trial.evaluation(on: domain), evaluation.kldMean > 0,
      evaluation.kldMean.isFinite
    else { return nil }
    return evaluation
  }

  /// The figure.
  var figure: Figure {
    let names = domains.enumerated().map { index, domain in
      LegendEntry(mark: "key-line-gptq dash-\(index)", text: Bilingual(domain))
    }
    let hasRTN = panels.contains { $0.lines.contains { $0.rtn != nil } }
    return Figure(
      id: "damp-domains", title: PlotWords.dampDomainTitle,
      reading: PlotWords.dampDomainReading + PlotWords.dampOmitted(panels.count - shown.count),
      legend: names
        + (hasRTN
          ? [LegendEntry(mark: "key-line-rtn", text: PlotWords.rtnSameLine)] : []),
      wide: drawing(width: Figure.wideWidth), narrow: drawing(width: Figure.narrowWidth),
      data: data)
  }

  private var shown: [Panel] { DampFamilies.shown(panels, grid: \.grid) }

  private func drawing(width: Double) -> String {
    let grid = PanelGrid(width: width, count: shown.count)
    var canvas = grid.canvas
    for (index, panel) in shown.enumerated() {
      let (frame, isFirst) = grid.frame(index)
      draw(panel, in: frame, isFirst: isFirst, on: &canvas)
    }
    return canvas.svg(label: PlotWords.dampDomainTitle)
  }

  private func draw(_ panel: Panel, in frame: Frame, isFirst: Bool, on canvas: inout Canvas) {
    let axis = DampAxis(panels.flatMap { $0.lines.flatMap { $0.points.map(\.damp) } }, frame)
    let values = panel.lines.flatMap { line in
      (line.points.map(\.evaluation) + [line.rtn].compactMap { $0 }).flatMap { score in
        Self.whisker(score).map { [$0.lowerBound, $0.upperBound] } ?? [score.kldMean]
      }
    }
    let y = Scale(.logarithmic, over: values, pixels: (frame.bottom, frame.top), margin: 0.08)
    canvas.text(panel.name, .init(x: frame.left - PanelGrid.left, y: frame.top - 30), "panel")
    frame.drawVerticalAxis(y, ticks: 4, title: isFirst ? PlotWords.kldUnitAxis : "", on: &canvas)
    axis.draw(isNamed: isFirst, on: &canvas)
    for line in panel.lines {
      if let rtn = line.rtn {
        canvas.line(
          .init(x: frame.left, y: y(rtn.kldMean)), .init(x: frame.right, y: y(rtn.kldMean)),
          "line rtn dash-\(line.domain)")
      }
      canvas.polyline(
        line.points.map { .init(x: axis($0.damp), y: y($0.evaluation.kldMean)) },
        "line gptq dash-\(line.domain)")
      for point in line.points {
        let at = Canvas.Point(x: axis(point.damp), y: y(point.evaluation.kldMean))
        canvas.group("mark gptq", title: tooltip(point, domains[line.domain])) { canvas in
          if let reach = Self.whisker(point.evaluation) {
            canvas.whisker(
              .init(x: at.x, y: y(reach.lowerBound)), .init(x: at.x, y: y(reach.upperBound)),
              of: at, radius: MarkShape.radius.dot)
          }
          canvas.path(MarkShape.dot(at: at), "dot")
        }
      }
    }
  }

  /// One standard error to both sides, where that has a place on a logarithmic axis.
  static func whisker(_ evaluation: Evaluation) -> ClosedRange<Double>? {
    let (value, stderr) = (evaluation.kldMean, evaluation.kldStderr)
    guard stderr.isFinite, stderr >= 0, value - stderr > value / 20, (value + stderr).isFinite
    else { return nil }
    return (value - stderr)...(value + stderr)
  }

  private func tooltip(_ point: Point, _ domain: String) -> String {
    PlotWords.tooltip(
      point.trial, findings.names,
      [
        ("kld_mean", point.evaluation.kldMean), ("kld_stderr", point.evaluation.kldStderr),
      ], domain: domain)
  }

  private var data: String {
    var csv = CSVText(columns: [
      "trial", "settings", "domain", "damp_percent", "kld_mean", "kld_stderr", "rtn_kld_mean",
    ])
    for panel in panels {
      for line in panel.lines {
        for point in line.points {
          csv.append([
            String(point.trial.number), panel.name, domains[line.domain],
            NumberText.shortest(point.damp), NumberText.shortest(point.evaluation.kldMean),
            NumberText.shortest(point.evaluation.kldStderr),
            line.rtn.map { NumberText.shortest($0.kldMean) } ?? "",
          ])
        }
      }
    }
    return csv.text
  }
}
