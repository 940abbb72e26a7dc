import Analysis
import Results

/// Paired differences in KL, each with what it must exceed to be one: a lane a pair or a domain.
struct DifferencePlot {
  private let rows: [(name: String, found: Comparison)]
  private let words: ComparisonWords

  /// Lanes that a page holds; the table and the CSV hold the others, too.
  private static let limit = 60

  /// Nil where no difference may be taken. Without divergences it is of likelihoods.
  init?(_ differences: ComparisonDifferences, _ words: ComparisonWords) {
    self.words = words
    let hasKLD = differences.rows.contains { $0.kld != nil }
    let all = differences.rows.compactMap { row in
      (hasKLD ? row.kld : row.nll).map { (name: differences.name(row), found: $0) }
    }
    rows = Array(
      all.filter { $0.found.difference.isFinite && abs($0.found.difference) < 1e12 }
        .prefix(Self.limit))
    if rows.isEmpty { return nil }
  }

  private var metric: DiagnosisMetric { rows[0].found.metric }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "difference", title: words.plotTitle(metric), reading: words.plotReading,
      legend: words.plotLegend, wide: drawing(width: Figure.wideWidth),
      narrow: drawing(width: Figure.narrowWidth), data: data)
  }

  private func drawing(width: Double) -> String {
    let lane = 24.0
    let longest = rows.map { Canvas.width(of: $0.name, size: Frame.textSize) }.max() ?? 0
    let left = min(longest + 14, width * 0.42)
    let height = Double(rows.count) * lane + 54
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: left, top: 6, right: width - 16, bottom: height - 46)
    let values = rows.flatMap { row -> [Double] in
      let reach = row.found.noise.isFinite ? row.found.noise : 0
      return [row.found.difference - reach, row.found.difference + reach].map { 1000 * $0 }
    }
    let x = Scale(.linear, over: values + [0], pixels: (frame.left + 8, frame.right - 8))
    for tick in x.ticks(width > 500 ? 8 : 4) {
      canvas.line(
        .init(x: x(tick.value), y: frame.top), .init(x: x(tick.value), y: frame.bottom), "grid")
    }
    canvas.line(.init(x: x(0), y: frame.top), .init(x: x(0), y: frame.bottom), "rule")
    frame.drawHorizontalAxis(
      x, ticks: width > 500 ? 8 : 4, title: ComparisonWords.plotAxis(metric), on: &canvas)
    for (index, row) in rows.enumerated() {
      let y = frame.top + (Double(index) + 0.5) * lane
      canvas.text(
        Canvas.fitted(row.name, in: left - 8), .init(x: left - 8, y: y + 4), "tick", anchor: .end)
      draw(row.found, row.name, y: y, x, on: &canvas)
    }
    return canvas.svg(label: words.plotTitle(metric))
  }

  private func draw(
    _ found: Comparison, _ name: String, y: Double, _ x: Scale, on canvas: inout Canvas
  ) {
    let look =
      switch found.verdict {
      case .better: "gptq"
      case .worse: "fault"
      case .tie: "base"
      }
    let title =
      "\(name)\ndifference \(NumberText.shortest(found.difference))\n"
      + "stderr \(NumberText.shortest(found.stderr))\nnoise \(NumberText.shortest(found.noise))"
    canvas.group("mark \(look)\(found.verdict == .tie ? "" : " strong")", title: title) { canvas in
      if found.noise.isFinite {
        canvas.line(
          .init(x: x(1000 * (found.difference - found.noise)), y: y),
          .init(x: x(1000 * (found.difference + found.noise)), y: y), "whisker")
      }
      canvas.path(
        MarkShape.path(
          found.verdict == .worse ? .fault : .gptq, at: .init(x: x(1000 * found.difference), y: y)),
        "shape")
    }
  }

  private var data: String {
    var csv = CSVText(columns: ["row", "metric", "difference", "stderr", "noise", "verdict"])
    for (name, found) in rows {
      csv.append([
        name, metric.rawValue, NumberText.shortest(found.difference),
        NumberText.shortest(found.stderr), NumberText.shortest(found.noise), "\(found.verdict)",
      ])
    }
    return csv.text
  }
}
