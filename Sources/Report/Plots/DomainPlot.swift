import Analysis
import Results

/// KL divergence from the base by domain: whether a trial does worse on text unlike its
/// calibration set.
struct DomainPlot {
  /// One trial on one domain.
  struct Mark {
    let trial: TrialResult
    let domain: String
    let kld: Double
    let stderr: Double
  }

  private let findings: Findings
  private let domains: [String]
  private let rows: [(trial: TrialResult, marks: [Mark])]

  /// Nil where there are not two domains, or no base to diverge from.
  init?(_ findings: Findings) {
    let results = findings.results
    self.findings = findings
    domains = results.allDomains
    guard domains.count > 1, results.mainBase != nil else { return nil }
    rows = findings.highlighted.compactMap { number in
      guard let trial = results.trial(number) else { return nil }
      let marks = results.allDomains.compactMap { domain -> Mark? in
        guard let evaluation = trial.evaluation(on: domain), evaluation.kldMean.isFinite,
          evaluation.kldMean > 0
        else { return nil }
        return Mark(
          trial: trial, domain: domain, kld: evaluation.kldMean, stderr: evaluation.kldStderr)
      }
      return marks.isEmpty ? nil : (trial, marks)
    }
    if rows.isEmpty { return nil }
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "domains", title: PlotWords.domainTitle, reading: PlotWords.domainReading,
      legend: PlotWords.roles(Set(rows.map(\.trial.look))),
      wide: drawing(width: Figure.wideWidth), narrow: drawing(width: Figure.narrowWidth),
      data: data)
  }

  private func drawing(width: Double) -> String {
    let isWide = width > 500
    let lane = 20.0
    let header = 24.0
    let longest = domains.map { Canvas.width(of: $0, size: Frame.textSize) }.max() ?? 0
    let left = min(longest + 14, width * 0.35)
    let laneCount = rows.reduce(0) { $0 + $1.marks.count }
    let height = Double(laneCount) * lane + Double(rows.count) * header + 50
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: left, top: 4, right: width - 16, bottom: height - 46)
    let values = rows.flatMap { $0.marks.flatMap { [$0.kld, $0.kld + $0.stderr] } }
    let x = Scale(.logarithmic, over: values, pixels: (frame.left + 8, frame.right))
    for tick in x.ticks(isWide ? 8 : 4) {
      canvas.line(
        .init(x: x(tick.value), y: frame.top), .init(x: x(tick.value), y: frame.bottom), "grid")
    }
    frame.drawHorizontalAxis(
      x, ticks: isWide ? 8 : 4, title: PlotWords.kldAxis, on: &canvas)
    var y = frame.top
    for row in rows {
      let role = row.trial.look
      canvas.text(
        findings.names.label(row.trial), .init(x: 0, y: y + 15), "label strong \(role.rawValue)")
      y += header
      for mark in row.marks {
        drawLane(mark, role, y: y + lane / 2 - 2, left: left, x, on: &canvas)
        y += lane
      }
    }
    return canvas.svg(label: PlotWords.domainTitle)
  }

  private func drawLane(
    _ mark: Mark, _ role: TrialRole, y: Double, left: Double, _ x: Scale, on canvas: inout Canvas
  ) {
    canvas.text(
      Canvas.fitted(mark.domain, in: left - 6), .init(x: left - 6, y: y + 4), "tick", anchor: .end)
    canvas.group(
      "mark \(role.rawValue) strong", title: PlotWords.domainTooltip(mark, findings.names)
    ) { canvas in
      let low = x(max(mark.kld - mark.stderr, x.domain.lowerBound))
      let high = x(mark.kld + mark.stderr)
      if low.isFinite, high.isFinite {
        canvas.line(.init(x: low, y: y), .init(x: high, y: y), "whisker")
      }
      canvas.path(MarkShape.path(role, at: .init(x: x(mark.kld), y: y)), "shape")
    }
  }

  private var data: String {
    var csv = CSVText(columns: ["trial", "settings", "domain", "kld_mean", "kld_stderr"])
    for row in rows {
      for mark in row.marks {
        csv.append([
          String(mark.trial.number), findings.names.name(mark.trial), mark.domain,
          NumberText.shortest(mark.kld), NumberText.shortest(mark.stderr),
        ])
      }
    }
    return csv.text
  }
}
