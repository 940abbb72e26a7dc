import Results

/// When the passes of a study ran, by the clock: a lane for each pass with its layers, and below it one for
/// the trials that began and ended together. What was broken off and gone on with shows the gap.
struct TimelinePlot {
  /// A bar: steps that began and ended together.
  private struct Bar {
    let steps: [TimedStep]
    let style: String

    var tooltip: String {
      guard let first = steps.first else { return "" }
      let numbers = steps.map { String($0.number) }.joined(separator: " ")
      return "attempt \(first.attempt) \(first.kind.rawValue) \(numbers)\n"
        + "began \(ClockText.exact(first.began))\nended \(ClockText.exact(first.ended))"
    }
  }

  private struct Lane {
    let label: Bilingual
    let isTrials: Bool
    let bars: [Bar]
  }

  private let steps: [TimedStep]
  private let passes: [TimedStep]
  private let lanes: [Lane]
  /// Groups of trials that have no lane.
  private let omitted: Int
  /// Whether a pass was gone on with.
  private let wasBrokenOff: Bool

  /// Lanes of trials below a pass.
  private static let groupLimit = 10

  /// Nil where no times were kept.
  init?(_ results: StudyResults) {
    steps = results.times.filter { step in
      ClockText.writable.contains(step.began) && ClockText.writable.contains(step.ended)
        && step.began <= step.ended
    }
    passes = steps.filter { $0.kind == .pass }
    if passes.isEmpty { return nil }
    // Attempts at the same pass have one lane, those of another shard at the same time another.
    var rows: [[TimedStep]] = []
    for pass in passes.sorted(by: { ($0.began, $0.attempt) < ($1.began, $1.attempt) }) {
      let row = rows.firstIndex { row in
        row.contains { $0.number == pass.number && $0.what == pass.what }
          && row.allSatisfy { $0.ended <= pass.began }
      }
      if let row { rows[row].append(pass) } else { rows.append([pass]) }
    }
    let byAttempt = Dictionary(grouping: steps, by: \.attempt)
    var lanes: [Lane] = []
    var omitted = 0
    for row in rows {
      let own = row.flatMap { byAttempt[$0.attempt] ?? [] }
      let layers = own.filter { $0.kind == .layer }.map {
        Bar(steps: [$0], style: $0.number.isMultiple(of: 2) ? "even" : "odd")
      }
      lanes.append(
        Lane(
          label: PlotWords.pass(row[0]), isTrials: false,
          bars: row.map { Bar(steps: [$0], style: "pass") } + layers))
      let groups = Self.groups(own.filter { $0.kind == .trial })
      omitted += max(0, groups.count - Self.groupLimit)
      lanes += groups.prefix(Self.groupLimit)
    }
    (self.lanes, self.omitted) = (lanes, omitted)
    wasBrokenOff = rows.contains { $0.count > 1 }
  }

  /// Lanes of trials that began and ended together in every attempt, the first to end last.
  private static func groups(_ steps: [TimedStep]) -> [Lane] {
    var groups: [(spans: [TimedStep], numbers: [Int])] = []
    var places: [[Double]: Int] = [:]
    for (number, own) in Dictionary(grouping: steps, by: \.number).sorted(by: { $0.key < $1.key }) {
      let key = own.flatMap { [Double($0.attempt), $0.began, $0.ended] }
      if let place = places[key] {
        groups[place].numbers.append(number)
      } else {
        places[key] = groups.count
        groups.append((own, [number]))
      }
    }
    return groups.map { spans, numbers in
      Lane(
        label: PlotWords.trials(numbers), isTrials: true,
        bars: spans.map { span in
          Bar(
            steps: numbers.map { number in
              var step = span
              step.number = number
              return step
            }, style: "ran")
        })
    }
  }

  /// The figure.
  var figure: Figure {
    let ends = (passes.map(\.began).min() ?? 0, passes.map(\.ended).max() ?? 0)
    return Figure(
      id: "timeline", title: PlotWords.timelineTitle(ends.0, ends.1),
      reading: PlotWords.timelineReading(
        hasGaps: !clock((0, Figure.wideWidth)).gaps.isEmpty, wasBrokenOff: wasBrokenOff)
        + PlotWords.timelineOmitted(omitted),
      legend: PlotWords.timelineLegend, wide: drawing(isWide: true),
      narrow: drawing(isWide: false), data: data)
  }

  private func clock(_ pixels: (Double, Double)) -> ClockScale {
    ClockScale(passes.map { $0.began...$0.ended }, pixels: pixels)
  }

  /// Room for the longest label, up to two fifths of the page.
  private var labelWidth: Double {
    let widths = lanes.flatMap { lane in
      [lane.label.en, lane.label.ja].map { Canvas.width(of: $0, size: 13, isBold: !lane.isTrials) }
    }
    return min(max(widths.max() ?? 0, 120), 400) + 14
  }

  private func drawing(isWide: Bool) -> String {
    let lane = isWide ? 24.0 : 36.0
    let width = isWide ? Figure.wideWidth : Figure.narrowWidth
    let top = 22.0
    let height = top + Double(lanes.count) * lane + 44
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(
      left: isWide ? labelWidth : 4, top: top, right: width - (isWide ? 20 : 8), bottom: height - 44
    )
    let x = clock((frame.left, frame.right))
    for gap in x.gaps {
      let (from, to) = gap.pixels
      canvas.rectangle(
        x: from, y: frame.top, width: to - from, height: frame.bottom - frame.top, "hx")
      canvas.text(
        NumberText.duration(gap.to - gap.from), .init(x: (from + to) / 2, y: 14), "tick",
        anchor: .middle)
    }
    for (index, row) in lanes.enumerated() {
      let y = frame.top + Double(index) * lane
      if isWide {
        canvas.text(
          row.label.map { Canvas.fitted($0, in: frame.left - 14, size: row.isTrials ? 13 : 14.3) },
          .init(x: frame.left - 10, y: y + 16), row.isTrials ? "tick" : "panel", anchor: .end)
      } else {
        canvas.text(
          row.label.map { Canvas.fitted($0, in: width - 8) }, .init(x: 4, y: y + 14),
          row.isTrials ? "tick" : "panel")
      }
      let offset = isWide ? 4.0 : 18.0
      let thickness = row.isTrials ? 10.0 : 16.0
      for bar in row.bars {
        guard let step = bar.steps.first else { continue }
        let (from, to) = (x(step.began), x(step.ended))
        canvas.rectangle(
          x: from, y: y + offset + (row.isTrials ? 3 : 0), width: max(to - from, 1),
          height: thickness, "time-\(bar.style)", title: bar.tooltip)
      }
    }
    canvas.line(
      .init(x: frame.left, y: frame.bottom), .init(x: frame.right, y: frame.bottom), "rule")
    frame.drawTicks(x.ticks, on: &canvas)
    canvas.text(
      PlotWords.clockAxis, .init(x: frame.right, y: frame.bottom + 36), "axis", anchor: .end)
    return canvas.svg(label: PlotWords.timelineName)
  }

  private var data: String {
    var csv = CSVText(columns: ["attempt", "kind", "number", "what", "began", "ended"])
    for step in steps {
      csv.append(
        [String(step.attempt), step.kind.rawValue, String(step.number), step.what]
          + [step.began, step.ended].map(ClockText.exact))
    }
    return csv.text
  }
}
