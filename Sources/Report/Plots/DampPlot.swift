import Foundation
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
    panels = Self.families(findings.results).compactMap { points in
      guard let first = points.first?.trial else { return nil }
      let grid = first.config.quantize.gridName
      let details = findings.names.details(first, omitting: "damp_percent")
      let rtn = first.mean(\.rtnRelativeErrorHeldout)
      return Panel(
        grid: grid, name: details.isEmpty ? grid : "\(grid) \(details)", points: points,
        rtn: rtn.flatMap { $0.isFinite && $0 > 0 ? $0 : nil })
    }
    if panels.isEmpty { return nil }
  }

  /// Exactly packed GPTQ trials that differ in damp_percent only, each family by damp.
  private static func families(_ results: StudyResults) -> [[Point]] {
    var order: [TrialConfig] = []
    var families: [TrialConfig: [Point]] = [:]
    let trials = results.trials.filter {
      $0.state == .complete && $0.draw == 0 && !$0.isRTN && $0.config.packer == .exact
    }.sorted { $0.number < $1.number }
    for trial in trials {
      guard let calibration = trial.mean(\.relativeErrorCalibration),
        let heldout = trial.mean(\.relativeErrorHeldout), calibration > 0, heldout > 0,
        calibration.isFinite, heldout.isFinite, trial.config.quantize.dampPercent >= 0
      else { continue }
      var key = trial.config
      key.quantize.dampPercent = 0
      if families[key] == nil { order.append(key) }
      families[key, default: []].append(
        Point(
          trial: trial, damp: trial.config.quantize.dampPercent, calibration: calibration,
          heldout: heldout))
    }
    return order.compactMap { families[$0]?.sorted { $0.damp < $1.damp } }
      .filter { Set($0.map(\.damp)).count > 1 }
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "damp", title: PlotWords.dampTitle(findings), reading: PlotWords.dampReading,
      legend: PlotWords.dampLegend, wide: drawing(width: Figure.wideWidth),
      narrow: drawing(width: Figure.narrowWidth), data: data)
  }

  private var panelsAcross: Int {
    switch panels.count {
    case ...2: 2
    case 4, 7...: 4
    default: 3
    }
  }

  private func drawing(width: Double) -> String {
    let across = width < 500 ? 1 : panelsAcross
    let gap = 28.0
    let panelWidth = (width - gap * Double(across - 1)) / Double(across)
    let panelHeight = 230.0
    let rows = (panels.count + across - 1) / across
    var canvas = Canvas(width: width, height: Double(rows) * panelHeight)
    for (index, panel) in panels.enumerated() {
      let x = Double(index % across) * (panelWidth + gap)
      let y = Double(index / across) * panelHeight
      draw(
        panel,
        in: Frame(
          left: x + 48, top: y + 36, right: x + panelWidth - 10, bottom: y + panelHeight - 46),
        isFirst: index % across == 0, on: &canvas)
    }
    return canvas.svg(label: PlotWords.dampTitle(findings))
  }

  private func draw(_ panel: Panel, in frame: Frame, isFirst: Bool, on canvas: inout Canvas) {
    let damps = panels.flatMap { $0.points.map(\.damp) }
    let hasZero = damps.contains(0)
    let zero = frame.left + 14
    let x = Scale(
      .logarithmic, over: damps, pixels: (hasZero ? frame.left + 46 : frame.left, frame.right),
      margin: 0.06)
    // Panels of one grid share a scale, so that their curves can be compared.
    let errors = panels.filter { $0.grid == panel.grid }.flatMap { other in
      other.points.flatMap { [$0.calibration, $0.heldout] } + (other.rtn.map { [$0] } ?? [])
    }
    let y = Scale(.logarithmic, over: errors, pixels: (frame.bottom, frame.top), margin: 0.1)

    canvas.text(panel.name, .init(x: frame.left - 48, y: frame.top - 20), "panel")
    frame.drawVerticalAxis(y, ticks: 4, title: "", on: &canvas)
    drawDampAxis(
      x, damps: Set(damps), zero: hasZero ? zero : nil, frame, isFirst: isFirst, on: &canvas)
    if let rtn = panel.rtn {
      canvas.line(.init(x: frame.left, y: y(rtn)), .init(x: frame.right, y: y(rtn)), "line rtn")
    }
    let places = panel.points.map { $0.damp == 0 ? zero : x($0.damp) }
    drawCurves(panel.points, places: places, y, on: &canvas)
  }

  private func drawDampAxis(
    _ x: Scale, damps: Set<Double>, zero: Double?, _ frame: Frame, isFirst: Bool,
    on canvas: inout Canvas
  ) {
    let bottom = frame.bottom
    if let zero {
      let gap = zero + 16
      canvas.line(.init(x: frame.left, y: bottom), .init(x: gap - 3, y: bottom), "rule")
      canvas.line(.init(x: gap + 3, y: bottom), .init(x: frame.right, y: bottom), "rule")
      for offset in [-3.0, 3.0] {
        canvas.line(
          .init(x: gap + offset - 3, y: bottom + 5), .init(x: gap + offset + 3, y: bottom - 5),
          "rule")
      }
    } else {
      canvas.line(.init(x: frame.left, y: bottom), .init(x: frame.right, y: bottom), "rule")
    }
    // The damps tried, powers of ten first: where there is no room, others lose their labels.
    let isPower = { (damp: Double) in log10(damp) == log10(damp).rounded() }
    let tried = damps.filter { $0 > 0 }.sorted()
    frame.drawTicks(
      (zero.map { [($0, "0")] } ?? [])
        + (tried.filter(isPower) + tried.filter { !isPower($0) }).map { (x($0), Scale.label($0)) },
      on: &canvas)
    if isFirst {
      canvas.text("damp_percent", .init(x: frame.right, y: bottom + 34), "axis", anchor: .end)
    }
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
          panel.rtn.map(NumberText.shortest) ?? "",
        ])
      }
    }
    return csv.text
  }
}
