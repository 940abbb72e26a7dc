import Results

/// The error of the residual stream after each layer: what one layer hands on to the next.
struct DepthPlot {
  /// One trial's line.
  struct Line {
    let trial: TrialResult
    let points: [(layer: Int, error: Double)]
  }

  private let findings: Findings
  private let lines: [Line]

  /// Nil where no line would have two points.
  init?(_ findings: Findings) {
    self.findings = findings
    let results = findings.results
    var seen: Set<Int> = []
    let numbers = (findings.highlighted + findings.bestCompanions).filter {
      seen.insert($0).inserted
    }
    lines = numbers.compactMap { number in
      guard let trial = results.trial(number) else { return nil }
      let points = trial.errorsByDepth.filter { $0.error > 0 && $0.error.isFinite }
      return points.count > 1 ? Line(trial: trial, points: points) : nil
    }
    if lines.isEmpty { return nil }
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "depth", title: PlotWords.depthTitle, reading: PlotWords.depthReading,
      legend: PlotWords.roles(Set(lines.map(\.trial.look))),
      wide: drawing(width: Figure.wideWidth, height: 340),
      narrow: drawing(width: Figure.narrowWidth, height: 340), data: data)
  }

  private func drawing(width: Double, height: Double) -> String {
    let isWide = width > 500
    var canvas = Canvas(width: width, height: height)
    let names = lines.map {
      isWide ? findings.names.label($0.trial) : "#\($0.trial.number)"
    }
    let room = (names.map { Canvas.width(of: $0, size: Frame.textSize) }.max() ?? 0) + 14
    let frame = Frame(
      left: 46, top: 34, right: width - room - (isWide ? 20 : 6), bottom: height - 44)
    let layers = lines.flatMap { $0.points.map { Double($0.layer) } }
    let x = Scale(.linear, over: layers, pixels: (frame.left + 6, frame.right - 6), margin: 0)
    let y = Scale(
      .logarithmic, over: lines.flatMap { $0.points.map(\.error) },
      pixels: (frame.bottom, frame.top))
    frame.drawVerticalAxis(y, ticks: 5, title: PlotWords.hiddenErrorAxis, on: &canvas)
    canvas.line(
      .init(x: frame.left, y: frame.bottom), .init(x: frame.right, y: frame.bottom), "rule")
    // Layers are whole: no tick between two of them.
    frame.drawTicks(
      x.ticks(isWide ? 10 : 5).filter { $0.value == $0.value.rounded() }
        .map { (x($0.value), NumberText.fixed($0.value, 0)) }, on: &canvas)
    canvas.text(
      PlotWords.layerAxis, .init(x: frame.right, y: frame.bottom + 36), "axis", anchor: .end)

    let ends = lines.map { y($0.points.last?.error ?? .nan) }
    let heights = LabelPlacement.spread(ends, gap: 15, in: frame.top...frame.bottom)
    for (index, line) in lines.enumerated() {
      let role = line.trial.look.rawValue
      let points = line.points.map { Canvas.Point(x: x(Double($0.layer)), y: y($0.error)) }
      canvas.group("mark \(role)", title: PlotWords.depthTooltip(line, findings.names)) { canvas in
        canvas.polyline(points, "line \(role)\(role == "rtn" ? " dashed" : "")")
        for point in points where points.count <= 40 {
          canvas.path(MarkShape.dot(at: point), "dot")
        }
      }
      guard let end = points.last else { continue }
      canvas.line(
        .init(x: end.x + 4, y: end.y), .init(x: width - room + 2, y: heights[index]), "leader")
      canvas.text(
        names[index], .init(x: width - room + 6, y: heights[index] + 4), "label \(role)")
    }
    return canvas.svg(label: PlotWords.depthTitle)
  }

  private var data: String {
    var csv = CSVText(columns: ["trial", "settings", "layer", "hidden_error"])
    for line in lines {
      for point in line.points {
        csv.append([
          String(line.trial.number), findings.names.name(line.trial), String(point.layer),
          NumberText.shortest(point.error),
        ])
      }
    }
    return csv.text
  }
}
