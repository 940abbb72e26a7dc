import Results

/// damp_percent against mean relative error on calibration and on held-out text, one panel a grid:
/// the gap between the lines is what the solve learnt of the calibration text alone.
struct DampPlot {
  /// One trial on a curve.
  struct Point {
    let trial: TrialResult
    let damp: Double
    let calibration: Double
    let heldout: Double

    /// Nil where an error is not known, or has no place on a logarithmic axis.
    init?(_ trial: TrialResult) {
      guard let calibration = trial.mean(\.relativeErrorCalibration),
        let heldout = trial.mean(\.relativeErrorHeldout), calibration > 0, heldout > 0,
        calibration.isFinite, heldout.isFinite
      else { return nil }
      self.trial = trial
      self.calibration = calibration
      self.heldout = heldout
      damp = DampFamilies.damp(trial)
    }
  }

  /// Trials that differ in damp_percent only.
  struct Panel {
    let grid: String
    let name: String
    let points: [Point]
    /// Round-to-nearest's mean held-out error on this grid.
    let rtn: Double?
  }

  private let findings: Findings
  private let panels: [Panel]

  /// Nil where no two trials differ in damp_percent only.
  init?(_ findings: Findings) {
    self.findings = findings
    panels = DampFamilies.all(findings.results) { Point($0) != nil }.compactMap { trials in
      guard let first = trials.first else { return nil }
      let rtn = first.mean(\.rtnRelativeErrorHeldout)
      return Panel(
        grid: first.config.quantize.gridName, name: DampFamilies.name(first, findings.names),
        points: trials.compactMap(Point.init),
        rtn: rtn.flatMap { $0.isFinite && $0 > 0 ? $0 : nil })
    }
    if panels.isEmpty { return nil }
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "damp", title: PlotWords.dampTitle(findings),
      reading: PlotWords.dampReading + PlotWords.dampOmitted(panels.count - shown.count),
      legend: PlotWords.dampLegend, wide: drawing(width: Figure.wideWidth),
      narrow: drawing(width: Figure.narrowWidth), data: data)
  }

  private var shown: [Panel] { DampFamilies.shown(panels, grid: \.grid) }

  private func drawing(width: Double) -> String {
    let grid = PanelGrid(width: width, count: shown.count)
    var canvas = grid.canvas
    for (index, panel) in shown.enumerated() {
      let (frame, isFirst) = grid.frame(index)
      draw(panel, in: frame, isFirst: isFirst, on: &canvas)
    }
    return canvas.svg(label: PlotWords.dampTitle(findings))
  }

  private func draw(_ panel: Panel, in frame: Frame, isFirst: Bool, on canvas: inout Canvas) {
    let axis = DampAxis(panels.flatMap { $0.points.map(\.damp) }, frame)
    // Panels of one grid share a scale, so that their curves can be compared.
    let errors = panels.filter { $0.grid == panel.grid }.flatMap { other in
      other.points.flatMap { [$0.calibration, $0.heldout] } + (other.rtn.map { [$0] } ?? [])
    }
    let y = Scale(.logarithmic, over: errors, pixels: (frame.bottom, frame.top), margin: 0.1)

    canvas.text(panel.name, .init(x: frame.left - PanelGrid.left, y: frame.top - 30), "panel")
    frame.drawVerticalAxis(
      y, ticks: 4, title: isFirst ? PlotWords.rampName : "", on: &canvas)
    axis.draw(isNamed: isFirst, on: &canvas)
    if let rtn = panel.rtn {
      canvas.line(.init(x: frame.left, y: y(rtn)), .init(x: frame.right, y: y(rtn)), "line rtn")
    }
    drawCurves(panel.points, places: panel.points.map { axis($0.damp) }, y, on: &canvas)
  }

  private func drawCurves(
    _ points: [Point], places: [Double], _ y: Scale, on canvas: inout Canvas
  ) {
    let calibration = zip(points, places).map { Canvas.Point(x: $1, y: y($0.calibration)) }
    let heldout = zip(points, places).map { Canvas.Point(x: $1, y: y($0.heldout)) }
    canvas.band(heldout, calibration, "band gptq")
    canvas.polyline(calibration, "line gptq dashed")
    canvas.polyline(heldout, "line gptq")
    let best = points.min { $0.heldout < $1.heldout }
    for (point, at) in zip(points, heldout) {
      let isBest = point.trial.number == best?.trial.number
      canvas.group(
        "mark gptq\(isBest ? " strong" : "")", title: PlotWords.dampTooltip(point, findings.names)
      ) { canvas in
        if isBest {
          canvas.path(MarkShape.path(.gptq, at: at), "shape")
        } else {
          canvas.path(MarkShape.dot(at: at), "dot")
        }
      }
    }
  }

  private var data: String {
    var csv = CSVText(columns: [
      "trial", "settings", "damp_percent", "relative_error_calibration_mean",
      "relative_error_heldout_mean", "rtn_relative_error_heldout_mean",
    ])
    for panel in panels {
      for point in panel.points {
        csv.append([
          String(point.trial.number), panel.name, NumberText.shortest(point.damp),
          NumberText.shortest(point.calibration), NumberText.shortest(point.heldout),
          point.trial.mean(\.rtnRelativeErrorHeldout).map(NumberText.shortest) ?? "",
        ])
      }
    }
    return csv.text
  }
}
