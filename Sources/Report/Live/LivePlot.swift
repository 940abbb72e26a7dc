import Results

/// The error of the residual stream after each layer of trials that are still on their way: it grows to
/// the right as layers finish.
struct LivePlot {
  private struct Line {
    let trial: TrialResult
    let name: String
    let isDashed: Bool
    let points: [(layer: Int, error: Double)]
  }

  /// More lines than that have no names at their ends.
  private static let named = 18

  private let lines: [Line]
  private let layers: Int

  /// Nil where no trial has left two layers.
  init?(_ progress: StudyProgress, _ trials: [TrialResult]) {
    let names = TrialNames(progress.trials)
    lines = trials.compactMap { trial in
      let points = trial.errorsByDepth.filter { $0.error > 0 && $0.error.isFinite }
      guard points.count > 1 else { return nil }
      return Line(
        trial: trial, name: names.label(trial),
        isDashed: trial.isRTN || progress.state(of: trial) == .pruned, points: points)
    }
    layers = progress.layers
    if lines.isEmpty { return nil }
  }

  var figure: Figure {
    Figure(
      id: "live-depth", title: LiveWords.plotTitle, reading: LiveWords.plotReading,
      legend: PlotWords.roles(Set(lines.map(\.trial.look))),
      wide: drawing(width: Figure.wideWidth, height: 300),
      narrow: drawing(width: Figure.narrowWidth, height: 300), data: data)
  }

  private func drawing(width: Double, height: Double) -> String {
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: 46, top: 34, right: width - 52, bottom: height - 44)
    let x = Scale(
      .linear, over: [0, Double(max(1, layers - 1))],
      pixels: (frame.left + 6, frame.right - 6), margin: 0)
    let y = Scale(
      .logarithmic, over: lines.flatMap { $0.points.map(\.error) },
      pixels: (frame.bottom, frame.top))
    frame.drawVerticalAxis(y, ticks: 5, title: PlotWords.hiddenErrorAxis, on: &canvas)
    canvas.line(
      .init(x: frame.left, y: frame.bottom), .init(x: frame.right, y: frame.bottom), "rule")
    frame.drawTicks(
      x.ticks(width > 500 ? 10 : 5).filter { $0.value == $0.value.rounded() }
        .map { (x($0.value), NumberText.fixed($0.value, 0)) }, on: &canvas)
    canvas.text(
      PlotWords.layerAxis, .init(x: frame.right, y: frame.bottom + 36), "axis", anchor: .end)
    for line in lines {
      let role = line.trial.look.rawValue
      let points = line.points.map { Canvas.Point(x: x(Double($0.layer)), y: y($0.error)) }
      let last = line.points.last.map { NumberText.shortest($0.error) } ?? ""
      canvas.group("mark \(role)", title: "\(line.name): \(last)") { canvas in
        canvas.polyline(points, "line \(role)\(line.isDashed ? " dashed" : "")")
        if let end = points.last { canvas.path(MarkShape.dot(at: end), "dot") }
      }
    }
    guard lines.count <= Self.named else { return canvas.svg(label: LiveWords.plotTitle) }
    let heights = LabelPlacement.spread(
      lines.map { y($0.points.last?.error ?? .nan) }, gap: 14, in: frame.top...frame.bottom)
    for (line, height) in zip(lines, heights) {
      guard let end = line.points.last else { continue }
      let at = Canvas.Point(x: x(Double(end.layer)), y: y(end.error))
      canvas.line(.init(x: at.x + 4, y: at.y), .init(x: at.x + 12, y: height), "leader")
      canvas.text(
        "#\(line.trial.number)", .init(x: at.x + 14, y: height + 4),
        "label \(line.trial.look.rawValue)")
    }
    return canvas.svg(label: LiveWords.plotTitle)
  }

  private var data: String {
    var csv = CSVText(columns: ["trial", "layer", "hidden_error"])
    for line in lines {
      for point in line.points {
        csv.append([
          String(line.trial.number), String(point.layer), NumberText.shortest(point.error),
        ])
      }
    }
    return csv.text
  }
}
