import Analysis
import Foundation
import Results

/// Bytes against KL divergence, on a logarithmic axis: what each size costs. The base, whose
/// divergence is 0, stands on the bottom line.
struct SizeDivergencePlot {
  /// One trial's mark.
  private struct Mark {
    let trial: TrialResult
    let kld: Double
    let stderr: Double
    let isNamed: Bool

    var low: Double { kld - stderr > kld / 20 ? kld - stderr : kld }
    var high: Double { stderr.isFinite ? kld + stderr : kld }
  }

  private let findings: Findings
  private let marks: [Mark]
  private let unit: (name: String, bytes: Double)
  private let baseBytes: Double?

  /// Nil where no trial has a divergence from the base.
  init?(_ findings: Findings) {
    let results = findings.results
    guard results.mainBase != nil else { return nil }
    self.findings = findings
    let picks = findings.picks
    let named = Set(picks.ship.map(\.trial) + [picks.avoid?.trial].compactMap { $0 })
    let companions = named.compactMap { results.trial($0)?.companion }
    marks = results.ranked.compactMap { trial in
      guard let evaluation = findings.standings.evaluation(trial), evaluation.kldMean > 0,
        evaluation.kldMean.isFinite, trial.sizeBytes > 0
      else { return nil }
      return Mark(
        trial: trial, kld: evaluation.kldMean, stderr: evaluation.kldStderr,
        isNamed: named.contains(trial.number) || companions.contains(trial.number))
    }
    guard let largest = marks.map(\.trial.sizeBytes).max() else { return nil }
    let bytes = max(largest, results.environment.baseSizeBytes)
    unit = bytes >= 2_000_000_000 ? ("GB", 1e9) : bytes >= 2_000_000 ? ("MB", 1e6) : ("kB", 1e3)
    baseBytes =
      results.environment.baseSizeBytes > 0 ? Double(results.environment.baseSizeBytes) : nil
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "size-divergence", title: PlotWords.sizeDivergenceTitle,
      reading: PlotWords.sizeDivergenceReading + PlotWords.repeated(findings),
      legend: PlotWords.roles(Set(marks.map(\.trial.look))),
      wide: drawing(width: 470, height: 300),
      narrow: drawing(width: Figure.narrowWidth, height: 320), data: data)
  }

  private func drawing(width: Double, height: Double) -> String {
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: 50, top: 30, right: width - 10, bottom: height - 42)
    let sizes = marks.map { Double($0.trial.sizeBytes) / unit.bytes }
    let x = Scale(
      .linear, over: sizes + (baseBytes.map { [$0 / unit.bytes] } ?? []),
      pixels: (frame.left + 6, frame.right - 6), margin: 0.07)
    let y = Scale(
      .logarithmic, over: marks.flatMap { [$0.low, $0.high] },
      pixels: (frame.bottom - 12, frame.top))
    frame.drawVerticalAxis(y, ticks: 5, title: PlotWords.kldShortAxis, on: &canvas)
    frame.drawHorizontalAxis(
      x, ticks: width > 400 ? 6 : 4, title: PlotWords.sizeAxis(unit.name), on: &canvas)
    let points = marks.map { mark in
      Canvas.Point(x: x(Double(mark.trial.sizeBytes) / unit.bytes), y: y(mark.kld))
    }
    for isNamed in [false, true] {
      for (mark, point) in zip(marks, points) where mark.isNamed == isNamed {
        draw(mark, point, y, on: &canvas)
      }
    }
    let base = baseBytes.map { Canvas.Point(x: x($0 / unit.bytes), y: frame.bottom) }
    if let base {
      canvas.group("mark base strong", title: "base\nkld_mean 0") { canvas in
        canvas.path(MarkShape.path(.gptq, at: base), "shape")
      }
    }
    drawLabels(points, base, frame, on: &canvas)
    return canvas.svg(label: PlotWords.sizeDivergenceTitle)
  }

  private func draw(_ mark: Mark, _ point: Canvas.Point, _ y: Scale, on canvas: inout Canvas) {
    let style = "mark \(mark.trial.look.rawValue)\(mark.isNamed ? " strong" : "")"
    let title = PlotWords.tooltip(mark.trial, findings, ["kld_mean"])
    canvas.group(style, title: title) { canvas in
      canvas.whisker(
        .init(x: point.x, y: y(mark.low)), .init(x: point.x, y: y(mark.high)), of: point,
        radius: MarkShape.radius.mark)
      canvas.path(MarkShape.path(mark.trial.look, at: point), "shape")
    }
  }

  private func drawLabels(
    _ points: [Canvas.Point], _ base: Canvas.Point?, _ frame: Frame, on canvas: inout Canvas
  ) {
    let obstacles = (points + (base.map { [$0] } ?? [])).filter(\.isFinite).map { point in
      LabelPlacement.Box(
        left: point.x - 5, top: point.y - 5, right: point.x + 5, bottom: point.y + 5)
    }
    var labels = LabelPlacement(
      bounds: .init(
        left: frame.left, top: 24, right: frame.right + 10, bottom: frame.bottom - 1),
      obstacles: obstacles)
    if let base {
      labels.place(PickWords.base, at: base, style: "label base", isBold: true, reach: 26)
    }
    for (mark, point) in zip(marks, points) where mark.isNamed {
      let style = "label \(mark.trial.isRTN ? "" : "strong ")\(mark.trial.look.rawValue)"
      let name = findings.names.label(mark.trial)
      for (text, reach) in [(name, 40.0), ("#\(mark.trial.number)", 26), (name, 110)]
      where labels.place(
        Bilingual(text), at: point, style: style, isBold: !mark.trial.isRTN, reach: reach)
      { break }
    }
    labels.draw(on: &canvas)
  }

  private var data: String {
    var csv = CSVText(columns: [
      "trial", "settings", "size_bytes", "bits_per_weight", "kld_mean", "kld_stderr",
    ])
    if let baseBytes { csv.append(["base", "", String(Int(baseBytes)), "", "0", ""]) }
    for mark in marks {
      csv.append([
        String(mark.trial.number), findings.names.name(mark.trial), String(mark.trial.sizeBytes),
        NumberText.shortest(mark.trial.bitsPerWeight), NumberText.shortest(mark.kld),
        NumberText.shortest(mark.stderr),
      ])
    }
    return csv.text
  }
}
