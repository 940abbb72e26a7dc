import Results

/// Where the run's time went: what each trial added to its pass, by what it was spent on.
struct TimePlot {
  /// What time is spent on, in the order in which bars are stacked.
  private static let parts: [(column: String, seconds: @Sendable (TrialSeconds) -> Double)] = [
    ("calibrate_seconds", { $0.calibrate }), ("factorise_seconds", { $0.factorise }),
    ("columns_seconds", { $0.columns }), ("evaluate_seconds", { $0.evaluate }),
  ]

  /// Trials that get a tooltip each.
  private static let tooltipLimit = 240

  private let findings: Findings
  private let rows: [TrialResult]

  /// Nil where no times were kept.
  init?(_ findings: Findings) {
    self.findings = findings
    rows = findings.results.trials.filter { trial in
      let seconds = Self.parts.map { $0.seconds(trial.seconds) }
      return seconds.allSatisfy { (0..<1e9).contains($0) } && seconds.contains { $0 > 0 }
    }.sorted { $0.number < $1.number }
    if rows.isEmpty { return nil }
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "times", title: PlotWords.timeTitle(total), reading: PlotWords.timeReading,
      legend: Self.parts.indices.map {
        LegendEntry(mark: "part-\($0) block", text: PlotWords.timePart($0))
      }, wide: drawing(width: Figure.wideWidth, height: 280),
      narrow: drawing(width: Figure.narrowWidth, height: 280), data: data)
  }

  private var total: Double {
    rows.reduce(0) { sum, trial in
      sum + Self.parts.reduce(0) { $0 + $1.seconds(trial.seconds) }
    }
  }

  private func drawing(width: Double, height: Double) -> String {
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: 50, top: 34, right: width - 10, bottom: height - 44)
    let totals = rows.map { trial in
      Self.parts.reduce(0) { $0 + $1.seconds(trial.seconds) }
    }
    let y = Scale(
      .linear, over: [0] + totals, pixels: (frame.bottom, frame.top), margin: 0)
    frame.drawVerticalAxis(y, ticks: 4, title: PlotWords.secondsAxis, on: &canvas)
    canvas.line(
      .init(x: frame.left, y: frame.bottom), .init(x: frame.right, y: frame.bottom), "rule")
    let step = (frame.right - frame.left) / Double(rows.count)
    let bar = max(step - (step > 3 ? 1 : 0), 0.5)
    frame.drawTicks(
      Frame.labelled(rows.count, space: step, needed: 30).map { index in
        (frame.left + (Double(index) + 0.5) * step, "#\(rows[index].number)")
      }, on: &canvas)
    canvas.text(
      PlotWords.trialAxis, .init(x: frame.right, y: frame.bottom + 36), "axis", anchor: .end)
    var paths = [String](repeating: "", count: Self.parts.count)
    for (index, trial) in rows.enumerated() {
      let x = frame.left + Double(index) * step + (step - bar) / 2
      var floor = 0.0
      for (part, kind) in Self.parts.enumerated() {
        let seconds = kind.seconds(trial.seconds)
        guard seconds > 0 else { continue }
        let (top, bottom) = (y(floor + seconds), y(floor))
        paths[part] +=
          "M\(Canvas.number(x)) \(Canvas.number(top))h\(Canvas.number(bar))"
          + "V\(Canvas.number(bottom))h\(Canvas.number(-bar))z"
        floor += seconds
      }
    }
    for (part, path) in paths.enumerated() { canvas.path(path, "part-\(part) fill") }
    for (index, trial) in rows.enumerated() where rows.count <= Self.tooltipLimit {
      canvas.rectangle(
        x: frame.left + Double(index) * step, y: frame.top, width: step,
        height: frame.bottom - frame.top, "touch", title: tooltip(trial))
    }
    return canvas.svg(label: PlotWords.timeTitle(total))
  }

  private func tooltip(_ trial: TrialResult) -> String {
    PlotWords.tooltip(
      trial, findings.names, Self.parts.map { ($0.column, $0.seconds(trial.seconds)) })
  }

  private var data: String {
    var csv = CSVText(columns: ["trial", "settings"] + Self.parts.map(\.column))
    for trial in rows {
      csv.append(
        [String(trial.number), findings.names.name(trial)]
          + Self.parts.map { NumberText.shortest($0.seconds(trial.seconds)) })
    }
    return csv.text
  }
}
