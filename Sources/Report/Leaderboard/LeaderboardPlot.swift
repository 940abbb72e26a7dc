import Analysis
import Foundation

/// The scores of a few models as a radar, and beside it their differences to one of them with 95 %
/// intervals.
struct LeaderboardPlot: Sendable {
  /// A model and its differences.
  private struct Series {
    var model: String
    var style: String
    /// By category.
    var values: [String: Double]
    /// To the base, by category; none of the base itself.
    var differences: [String: ScoreComparison]
  }

  /// How the models are drawn: the base, and up to three others.
  private static let styles = ["base", "gptq", "fault", "rtn"]

  /// Rules of its own.
  static let style = """
    svg .ring{fill:none;stroke:var(--grid);stroke-width:1}
    svg .hollow .shape{fill:var(--paper);fill-opacity:1;stroke-width:1.5}

    """

  private let base: String
  private let axes: [String]
  private let series: [Series]

  /// The plot of `table`, differences being to `base`; nil where no other model shares three categories
  /// with it. Of more models than it can tell apart, the first are drawn.
  init?(_ table: ScoreTable, base: String) {
    self.base = base
    func scores(_ model: String) -> [ScoreTable.Score] {
      table.scores.filter { $0.model == model && $0.group != "average" }
    }
    func values(_ model: String) -> [String: Double] {
      Dictionary(scores(model).map { ($0.category, $0.value) }, uniquingKeysWith: { a, _ in a })
    }
    let axes = scores(base).map(\.category)
    self.axes = axes
    var seen: Set = [base]
    let others = table.scores.map(\.model).filter { seen.insert($0).inserted }
      .filter { scores($0).count { axes.contains($0.category) } > 2 }
    guard axes.count > 2, !others.isEmpty else { return nil }
    series =
      [Series(model: base, style: Self.styles[0], values: values(base), differences: [:])]
      + zip(others, Self.styles.dropFirst()).map { model, style in
        let pair = ScoreTable(scores: (scores(model) + scores(base)).map(\.onOnePage))
        let found = pair.comparisons().map { ($0.first.category, $0) }
        return Series(
          model: model, style: style, values: values(model),
          differences: Dictionary(found, uniquingKeysWith: { a, _ in a }))
      }
  }

  var figure: Figure {
    Figure(
      id: "scores",
      title: Bilingual("Scores, and differences to \(base)", "スコアと \(base) との差"),
      reading: Bilingual(
        "Radar: 0 in the middle, 1 at the rim. With it the differences and their 95 % intervals, taking"
          + " the models as two independent samples; filled marks exceed them, hollow ones do not, or their error is not"
          + " known (no whisker).",
        "レーダーは中心が 0、外周が 1。もう一方は差と 95 % 区間（独立な 2 標本とみなす）。塗りつぶしは誤差を超える差、白抜きは"
          + "区別できないか誤差が不明な差（ひげなし）。"),
      legend: series.map { LegendEntry(mark: "key-\($0.style) block", text: Bilingual($0.model)) },
      wide: drawing(isWide: true), narrow: drawing(isWide: false), data: data)
  }

  private var data: String {
    var csv = CSVText(columns: [
      "model", "category", "score", "difference", "ci_low", "ci_high", "verdict",
    ])
    for series in series {
      for axis in axes {
        guard let value = series.values[axis] else { continue }
        let found = series.differences[axis]
        let numbers = [
          value, found?.difference, found?.interval?.lowerBound, found?.interval?.upperBound,
        ].map { $0.map(NumberText.shortest) ?? "" }
        csv.append([series.model, axis] + numbers + [found?.verdict.rawValue ?? ""])
      }
    }
    return csv.text
  }

  // MARK: Drawing

  private func drawing(isWide: Bool) -> String {
    let lane = 24.0
    let width = isWide ? Figure.wideWidth : Figure.narrowWidth
    let radar = isWide ? 460.0 : width
    let top = isWide ? 10.0 : radar + 30
    let bottom = top + lane * Double(axes.count)
    var canvas = Canvas(width: width, height: max(radar, bottom + 46))
    let labels = axes.map { Canvas.width(of: $0, size: Frame.textSize) }.max() ?? 0
    // The names at the rim stand beside it, and get at most a quarter of the width on each side.
    let room = min(labels + 16, radar / 4)
    drawRadar(
      center: .init(x: radar / 2, y: radar / 2), radius: radar / 2 - 14 - room, room: room,
      on: &canvas)
    let left = (isWide ? radar + 20 : 0) + min(labels, width / 3) + 12
    drawDifferences(
      Frame(left: left, top: top, right: width - 14, bottom: bottom), lane: lane, on: &canvas)
    return canvas.svg(
      label: Bilingual("Radar of scores and chart of differences", "スコアのレーダーと差のグラフ"))
  }

  private func drawRadar(
    center: Canvas.Point, radius: Double, room: Double, on canvas: inout Canvas
  ) {
    func point(_ axis: Int, _ value: Double) -> Canvas.Point {
      let angle = 2 * Double.pi * Double(axis) / Double(axes.count)
      return .init(
        x: center.x + radius * value * sin(angle), y: center.y - radius * value * cos(angle))
    }
    func ring(_ value: (Int) -> Double) -> [Canvas.Point] {
      (axes.indices + [0]).map { point($0, value($0)) }
    }
    for step in 1...5 { canvas.polyline(ring { _ in Double(step) / 5 }, "ring") }
    for (index, name) in axes.enumerated() {
      canvas.line(center, point(index, 1), "grid")
      let place = point(index, 1 + 14 / radius)
      let side = place.x - center.x
      let anchor: Canvas.Anchor = abs(side) < 8 ? .middle : side < 0 ? .end : .start
      canvas.text(
        Canvas.fitted(name, in: room), .init(x: place.x, y: place.y + 4), "tick", anchor: anchor)
    }
    for series in series {
      canvas.group(series.style, title: series.model) { canvas in
        // A category without a score breaks the line.
        canvas.polyline(ring { series.values[axes[$0]] ?? .nan }, "line \(series.style)")
      }
    }
  }

  private func drawDifferences(_ frame: Frame, lane: Double, on canvas: inout Canvas) {
    let others = series.dropFirst()
    let reach = others.flatMap { $0.differences.values }.flatMap { found in
      [found.difference] + (found.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
    let x = Scale(.linear, over: reach + [0], pixels: (frame.left, frame.right), margin: 0.02)
    for tick in x.ticks(6) {
      canvas.line(
        .init(x: x(tick.value), y: frame.top), .init(x: x(tick.value), y: frame.bottom), "grid")
    }
    canvas.line(.init(x: x(0), y: frame.top), .init(x: x(0), y: frame.bottom), "rule")
    // The base's name stands above the plot; a long one would not fit below the axis.
    frame.drawHorizontalAxis(
      x, ticks: 6, title: Bilingual("difference in score", "スコアの差"), on: &canvas)
    for (index, axis) in axes.enumerated() {
      let middle = frame.top + (Double(index) + 0.5) * lane
      canvas.text(
        Canvas.fitted(axis, in: frame.right / 3), .init(x: frame.left - 8, y: middle + 4), "tick",
        anchor: .end)
      for (place, series) in others.enumerated() {
        guard let found = series.differences[axis] else { continue }
        let y = middle + (Double(place) - Double(others.count - 1) / 2) * 6
        draw(found, at: .init(x: x(found.difference), y: y), series.style, x, on: &canvas)
      }
    }
  }

  private func draw(
    _ found: ScoreComparison, at: Canvas.Point, _ style: String, _ x: Scale,
    on canvas: inout Canvas
  ) {
    let shown = NumberText.fixed(found.difference, 4)
    let title = "\(found.first.category) \(shown): \(LeaderboardWords(.en).verdict(found.verdict))"
    canvas.group("mark \(style)", title: title) { canvas in
      if let interval = found.interval {
        canvas.line(
          .init(x: x(interval.lowerBound), y: at.y), .init(x: x(interval.upperBound), y: at.y),
          "whisker")
      }
      let isBeyond = found.verdict == .exceeds
      canvas.group(isBeyond ? "strong" : "hollow") { canvas in
        canvas.rectangle(x: at.x - 3, y: at.y - 3, width: 6, height: 6, "shape")
      }
    }
  }
}
