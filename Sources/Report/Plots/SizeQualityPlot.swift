import Analysis
import Foundation
import Results

/// Bits per weight against perplexity: what each size costs, and what is worth its size.
struct SizeQualityPlot {
  /// One trial's mark.
  struct Mark {
    let trial: TrialResult
    let role: TrialRole
    let perplexity: Double
    /// Perplexities one paired standard error below and above.
    let interval: ClosedRange<Double>
    let isHighlighted: Bool
  }

  private let findings: Findings
  private let marks: [Mark]
  private let base: Double?
  /// Perplexities above this are drawn at the upper edge, so that one ruined trial does not press
  /// all others flat.
  private let ceiling: Double

  /// Nil where no trial can be ranked.
  init?(_ findings: Findings) {
    self.findings = findings
    let results = findings.results
    let highlighted = Set(findings.highlighted)
    base = results.mainBase?.perplexity
    let isPaired = results.mainBase != nil
    marks = results.ranked.compactMap { trial in
      // As trials are compared, and as the findings quote them: by the mean of their repeats.
      guard let evaluation = findings.standings.evaluation(trial) else { return nil }
      return Mark(
        trial: trial, role: trial.look, perplexity: evaluation.perplexity,
        interval: Self.interval(evaluation, isPaired: isPaired),
        isHighlighted: highlighted.contains(trial.number))
    }
    let typical = marks.filter { $0.isHighlighted }.map(\.perplexity) + [base ?? 0]
    ceiling = (typical.max() ?? .infinity) * 1.6
    if marks.isEmpty { return nil }
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "size-quality", title: PlotWords.sizeQualityTitle(findings),
      reading: PlotWords.sizeQualityReading + PlotWords.repeated(findings),
      legend: legend, wide: drawing(width: Figure.wideWidth, height: 400),
      narrow: drawing(width: Figure.narrowWidth, height: 340), data: data)
  }

  private func drawing(width: Double, height: Double) -> String {
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: 46, top: 34, right: width - 14, bottom: height - 44)
    let shown = marks.flatMap { mark in
      [mark.perplexity, mark.interval.lowerBound, mark.interval.upperBound]
        .map { min($0, ceiling) }
    }
    let values = shown + (base.map { [$0] } ?? [])
    let isWide = (values.max() ?? 1) > 2.5 * (values.min() ?? 1)
    let x = Scale(
      .linear, over: marks.map(\.trial.bitsPerWeight), pixels: (frame.left + 8, frame.right),
      margin: 0.09)
    let y = Scale(isWide ? .logarithmic : .linear, over: values, pixels: (frame.bottom, frame.top))

    frame.drawVerticalAxis(
      y, ticks: 6, title: PlotWords.perplexityAxis(findings.results.mainDomain ?? ""),
      on: &canvas)
    frame.drawHorizontalAxis(
      x, ticks: width > 500 ? 8 : 4, title: PlotWords.bitsPerWeight, on: &canvas)
    drawBase(y, frame, on: &canvas)
    drawFront(x, y, on: &canvas)
    // Highlighted marks last, so that they lie on top.
    for mark in marks.filter({ !$0.isHighlighted }) + marks.filter(\.isHighlighted) {
      draw(mark, x, y, on: &canvas)
    }
    drawLabels(x, y, frame, on: &canvas)
    return canvas.svg(label: PlotWords.sizeQualityTitle(findings))
  }

  private func drawBase(_ y: Scale, _ frame: Frame, on canvas: inout Canvas) {
    guard let base else { return }
    canvas.line(.init(x: frame.left, y: y(base)), .init(x: frame.right, y: y(base)), "line base")
  }

  private func drawFront(_ x: Scale, _ y: Scale, on canvas: inout Canvas) {
    let points = findings.front.compactMap { number in
      marks.first { $0.trial.number == number }.map { point($0, x, y) }
    }
    if points.count > 1 { canvas.polyline(points, "front") }
  }

  private func draw(_ mark: Mark, _ x: Scale, _ y: Scale, on canvas: inout Canvas) {
    let point = point(mark, x, y)
    let style = "mark \(mark.role.rawValue)\(mark.isHighlighted ? " strong" : "")"
    canvas.group(style, title: tooltip(mark.trial)) { canvas in
      if mark.perplexity <= ceiling {
        canvas.whisker(
          .init(x: point.x, y: y(min(mark.interval.upperBound, ceiling))),
          .init(x: point.x, y: y(mark.interval.lowerBound)), of: point,
          radius: MarkShape.radius.mark)
      }
      canvas.path(
        MarkShape.path(mark.role, at: point, isBeyond: mark.perplexity > ceiling), "shape")
    }
  }

  private func tooltip(_ trial: TrialResult) -> String {
    PlotWords.tooltip(
      trial, findings, ["perplexity"] + (base == nil ? [] : ["nll_delta"]))
  }

  private func drawLabels(_ x: Scale, _ y: Scale, _ frame: Frame, on canvas: inout Canvas) {
    var obstacles = marks.map { mark in
      let point = point(mark, x, y)
      return LabelPlacement.Box(
        left: point.x - 5, top: point.y - 5, right: point.x + 5, bottom: point.y + 5)
    }
    if let base {
      obstacles.append(
        .init(left: frame.left, top: y(base) - 1, right: frame.right, bottom: y(base) + 1))
    }
    let front = findings.front.compactMap { number in
      marks.first { $0.trial.number == number }.map { point($0, x, y) }
    }
    obstacles += zip(front, front.dropFirst()).flatMap(LabelPlacement.boxes(from:to:))
    var labels = LabelPlacement(
      bounds: .init(left: frame.left, top: 18, right: frame.right + 12, bottom: frame.bottom - 2),
      obstacles: obstacles)
    let companions = Set(findings.bestCompanions)
    for mark in marks where mark.isHighlighted {
      let style = "label strong \(mark.role.rawValue)"
      let point = point(mark, x, y)
      // A short name near by is read more easily than a long one far off.
      for (text, reach) in [(label(mark), 26.0), ("#\(mark.trial.number)", 26), (label(mark), 110)]
      where labels.place(Bilingual(text), at: point, style: style, isBold: true, reach: reach) {
        break
      }
    }
    for mark in marks
    where !mark.isHighlighted
      && (companions.contains(mark.trial.number) || mark.perplexity > ceiling)
    {
      labels.place(
        Bilingual(label(mark)), at: point(mark, x, y), style: "label \(mark.role.rawValue)",
        reach: 16)
    }
    placeBaseLabel(y, frame, &labels)
    labels.draw(on: &canvas)
  }

  /// The base's name on its line, as far right as there is room.
  private func placeBaseLabel(_ y: Scale, _ frame: Frame, _ labels: inout LabelPlacement) {
    guard let base else { return }
    for share in stride(from: 1, through: 0, by: -0.05) {
      let x = frame.left + share * (frame.right - frame.left) - 8
      let point = Canvas.Point(x: x, y: y(base))
      if labels.place(PlotWords.baseLabel(base), at: point, style: "label base", reach: 9) {
        return
      }
    }
  }

  private func label(_ mark: Mark) -> String {
    let name = findings.names.label(mark.trial)
    return mark.perplexity > ceiling
      ? "\(name): \(NumberText.significant(mark.perplexity, 3))" : name
  }

  private func point(_ mark: Mark, _ x: Scale, _ y: Scale) -> Canvas.Point {
    .init(x: x(mark.trial.bitsPerWeight), y: y(min(mark.perplexity, ceiling)))
  }

  private static func interval(
    _ evaluation: Evaluation, isPaired: Bool
  ) -> ClosedRange<Double> {
    let stderr = isPaired ? evaluation.nllDeltaStderr : evaluation.nllStderr
    let factor = exp(stderr.isFinite ? abs(stderr) : 0)
    guard factor.isFinite else { return evaluation.perplexity...evaluation.perplexity }
    return (evaluation.perplexity / factor)...(evaluation.perplexity * factor)
  }

  private var legend: [LegendEntry] {
    let roles = Set(marks.map(\.role))
    return PlotWords.roles(roles) + (base == nil ? [] : [PlotWords.baseEntry])
      + (findings.front.count > 1 ? [PlotWords.frontEntry] : [])
  }

  private var data: String {
    var csv = CSVText(columns: [
      "trial", "settings", "bits_per_weight", "perplexity", "perplexity_low", "perplexity_high",
    ])
    if let base { csv.append(["base", "", "", NumberText.shortest(base), "", ""]) }
    for mark in marks {
      csv.append([
        String(mark.trial.number), findings.names.name(mark.trial),
        NumberText.shortest(mark.trial.bitsPerWeight), NumberText.shortest(mark.perplexity),
        NumberText.shortest(mark.interval.lowerBound),
        NumberText.shortest(mark.interval.upperBound),
      ])
    }
    return csv.text
  }
}
