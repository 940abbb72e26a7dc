import Analysis
import GPTQ
import Results

/// Which settings explain the spread of the metric within a size: the numbers of `sweep importance`.
struct ImportancePlot {
  private let findings: Findings
  private let sizes: [(bits: ClosedRange<Double>, rows: [ParameterImportance])]

  /// Nil where no setting varies within a size of enough trials.
  init?(_ findings: Findings) {
    let results = findings.results
    self.findings = findings
    let searched = results.trials.filter { $0.role == .search && $0.state == .complete }
    let metric = results.environment.rankingMetric
    let all = ParameterImportance.all(
      of: searched.sorted { $0.number < $1.number },
      settings: TrialConfig.settings.filter { setting in
        Set(searched.map { setting.value($0.config) }).count > 1
      }, in: findings.standings
    ) { trial in
      guard let value = results.mainEvaluation(trial).map(metric.value), !value.isNaN else {
        return .infinity
      }
      return metric.isMaximized ? -value : value
    }
    var sizes: [(bits: ClosedRange<Double>, rows: [ParameterImportance])] = []
    for importance in all {
      if let last = sizes.indices.last, sizes[last].bits == importance.bitsPerWeight {
        sizes[last].rows.append(importance)
      } else {
        sizes.append((importance.bitsPerWeight, [importance]))
      }
    }
    self.sizes = sizes
    if sizes.isEmpty { return nil }
  }

  private var metric: String {
    let results = findings.results
    return "\(results.mainDomain ?? "").\(results.environment.rankingMetric.name)"
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "importance", title: PlotWords.importanceTitle,
      reading: PlotWords.importanceReading(metric), legend: PlotWords.importanceLegend,
      wide: drawing(width: Figure.wideWidth), narrow: drawing(width: Figure.narrowWidth),
      data: data)
  }

  private func drawing(width: Double) -> String {
    let isWide = width > 500
    let (lane, header) = (20.0, 26.0)
    let keys = sizes.flatMap { $0.rows.map(\.setting.key) }
    let longest = keys.map { Canvas.width(of: $0, size: Frame.textSize) }.max() ?? 0
    let left = min(longest + 14, width * 0.45)
    let height = Double(keys.count) * lane + Double(sizes.count) * header + 54
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(
      left: left, top: 4, right: isWide ? min(width - 16, 760) : width - 16, bottom: height - 46)
    let x = Scale(.linear, over: [0, 1], pixels: (frame.left, frame.right), margin: 0)
    for tick in x.ticks(5) {
      canvas.line(
        .init(x: x(tick.value), y: frame.top), .init(x: x(tick.value), y: frame.bottom), "grid")
    }
    frame.drawHorizontalAxis(x, ticks: 5, title: PlotWords.shareAxis, on: &canvas)
    var y = frame.top
    for size in sizes {
      canvas.text(PlotWords.size(size.bits), .init(x: 0, y: y + 17), "panel")
      y += header
      for row in size.rows {
        draw(row, y: y, left: left, x, on: &canvas)
        y += lane
      }
    }
    return canvas.svg(label: PlotWords.importanceTitle)
  }

  private func draw(
    _ row: ParameterImportance, y: Double, left: Double, _ x: Scale, on canvas: inout Canvas
  ) {
    canvas.text(
      Canvas.fitted(row.setting.key, in: left - 8), .init(x: left - 8, y: y + 12), "tick",
      anchor: .end)
    let title =
      "\(row.setting.key)\nshare \(NumberText.shortest(row.share))\n"
      + "noise \(NumberText.shortest(row.noise))\ntrials \(row.trials)"
    canvas.group("mark \(row.isBeyondNoise ? "gptq" : "base")", title: title) { canvas in
      canvas.rectangle(
        x: left, y: y + 3, width: max(1, x(min(row.share, 1)) - left), height: 12,
        row.isBeyondNoise ? "bar-fill" : "bar-fill hollow")
      let noise = x(min(row.noise, 1))
      canvas.line(.init(x: noise, y: y + 1), .init(x: noise, y: y + 17), "noise")
    }
  }

  private var data: String {
    var csv = CSVText(columns: [
      "setting", "bits_per_weight_low", "bits_per_weight_high", "trials", "share", "noise",
      "beyond_noise", "best_value",
    ])
    for size in sizes {
      for row in size.rows {
        csv.append([
          row.setting.key, NumberText.shortest(size.bits.lowerBound),
          NumberText.shortest(size.bits.upperBound), String(row.trials),
          NumberText.shortest(row.share),
          NumberText.shortest(row.noise), String(row.isBeyondNoise), "\(row.best)",
        ])
      }
    }
    return csv.text
  }
}
