import Analysis

/// From the baseline to the suspect, one cause a step.
struct WaterfallPlot: Sendable {
  /// A bar: a level of one side, or a step between two levels.
  private struct Bar {
    /// What the CSV calls it.
    let key: String
    let label: String
    let detail: String
    let from: Double
    let to: Double
    /// The interval of its end; nil for levels.
    let interval: ClosedRange<Double>?
    let style: String
    let value: String
    /// The columns that its tooltip shows, and the CSV holds.
    let numbers: [(column: String, value: Double)]

    var tooltip: String {
      ([detail.isEmpty ? label : "\(label) \(detail)"]
        + numbers.map { "\($0.column) \(NumberText.shortest($0.value))" }).joined(separator: "\n")
    }
  }

  private let words: DiagnosisWords
  private let metric: DiagnosisMetric
  private let bars: [Bar]

  /// Nil where nothing was attributed.
  init?(_ diagnosis: Diagnosis, _ words: DiagnosisWords) {
    guard !diagnosis.causes.isEmpty, let theirs = diagnosis.baseline.main,
      diagnosis.suspect.main != nil
    else { return nil }
    self.words = words
    metric = diagnosis.metric
    let colon = words.pick(": ", "：")
    let level = metric == .nll ? theirs.nllDelta : theirs.kldMean
    // The mean over the draws, as the parts are: the suspect's own score is that of one draw.
    let end = level + diagnosis.difference.value
    guard level.isFinite, end.isFinite else { return nil }
    var bars = [
      Bar(
        key: "baseline", label: words.baseline + colon + diagnosis.baseline.name, detail: "",
        from: 0, to: level, interval: nil, style: "level",
        value: NumberText.significant(level, 3), numbers: [("part", level)])
    ]
    var at = level
    for cause in diagnosis.causes {
      let part = cause.value(metric)
      guard part.value.isFinite else { continue }
      let details = diagnosis.factors.filter { cause.factors.contains($0.key) }.map {
        "\($0.key) \($0.baseline) → \($0.suspect)"
      }
      let style = !cause.isBeyondNoise ? "unsure" : part.value > 0 ? "worse" : "better"
      bars.append(
        Bar(
          key: cause.kind.rawValue, label: words.cause(cause.kind), detail: words.list(details),
          from: at, to: at + part.value,
          interval: part.low.isFinite && part.high.isFinite && part.low <= part.high
            ? at + part.low...at + part.high : nil,
          style: style, value: words.signed(part.value),
          numbers: [("part", part.value), ("low", part.low), ("high", part.high)]))
      at += part.value
    }
    bars.append(
      Bar(
        key: "suspect", label: words.suspect + colon + diagnosis.suspect.name, detail: "", from: 0,
        to: end, interval: nil, style: "level", value: NumberText.significant(end, 3),
        numbers: [("part", end)]))
    self.bars = bars
  }

  var figure: Figure {
    Figure(
      id: "waterfall",
      title: words.both("What makes the difference?", "何が差を生んでいるか"),
      reading: words.both(
        "From the baseline's distance to the base to the suspect's, in \(words.metric(metric)), nats "
          + "per token. Each bar starts where the one above ends; whiskers are 95 % intervals of its "
          + "part.",
        "比較元の損失（元モデルとの差）に各要因の寄与を順に足し、対象モデルの損失に至るまでを示します"
          + "（\(words.metric(metric))、nat/トークン）。ひげは 95 % 区間。"),
      legend: [
        LegendEntry(mark: "key-fault block", text: words.both("makes it worse", "悪化させる")),
        LegendEntry(mark: "key-gptq block", text: words.both("makes it better", "改善する")),
        LegendEntry(mark: "key-base block", text: words.both("within noise", "誤差の範囲内")),
      ],
      wide: drawing(width: Figure.wideWidth), narrow: drawing(width: Figure.narrowWidth),
      data: data)
  }

  private func drawing(width: Double) -> String {
    let isWide = width > 500
    let lane = isWide ? 40.0 : 56.0
    let left = isWide ? 330.0 : 4.0
    let height = Double(bars.count) * lane + 50
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: left, top: 4, right: width - 60, bottom: height - 44)
    let reach = bars.flatMap { bar in
      [bar.from, bar.to] + (bar.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
    }
    let x = Scale(.linear, over: reach + [0], pixels: (frame.left, frame.right), margin: 0.02)
    for tick in x.ticks(isWide ? 8 : 4) {
      canvas.line(
        .init(x: x(tick.value), y: frame.top), .init(x: x(tick.value), y: frame.bottom), "grid")
    }
    frame.drawHorizontalAxis(
      x, ticks: isWide ? 8 : 4,
      title: words.both(
        metric == .nll ? "ΔNLL from the base, nats per token" : "KL from the base, nats per token",
        metric == .nll ? "元モデルとの ΔNLL、nat/トークン" : "元モデルとの KL、nat/トークン"), on: &canvas)
    for (index, bar) in bars.enumerated() {
      let top = frame.top + Double(index) * lane
      draw(bar, top: top, isWide: isWide, left: left, x, on: &canvas)
      guard index + 1 < bars.count else { continue }
      let next = top + lane + (isWide ? 8 : 26)
      canvas.line(
        .init(x: x(bar.to), y: top + (isWide ? 8 : 26)), .init(x: x(bar.to), y: next), "leader")
    }
    return canvas.svg(
      label: words.both("Parts of the difference by cause", "原因ごとの差の内訳"))
  }

  private func draw(
    _ bar: Bar, top: Double, isWide: Bool, left: Double, _ x: Scale, on canvas: inout Canvas
  ) {
    let y = top + (isWide ? 8 : 26)
    let room = isWide ? left - 14 : Figure.narrowWidth - 8
    if isWide {
      let middle = bar.detail.isEmpty ? y + 16 : y + 8
      canvas.text(
        Canvas.fitted(bar.label, in: room, size: 14.5), .init(x: left - 12, y: middle), "panel",
        anchor: .end)
      canvas.text(
        Canvas.fitted(bar.detail, in: room), .init(x: left - 12, y: y + 24), "tick", anchor: .end)
    } else {
      let text = bar.detail.isEmpty ? bar.label : bar.label + words.pick(": ", "：") + bar.detail
      canvas.text(Canvas.fitted(text, in: room, size: 14.5), .init(x: 2, y: top + 18), "panel")
    }
    let (low, high) = (min(x(bar.from), x(bar.to)), max(x(bar.from), x(bar.to)))
    canvas.group("bar \(bar.style)", title: bar.tooltip) { canvas in
      canvas.rectangle(x: low, y: y, width: max(high - low, 1.5), height: 20, "fill")
      if let interval = bar.interval {
        let ends = (x(interval.lowerBound), x(interval.upperBound))
        canvas.line(.init(x: ends.0, y: y + 10), .init(x: ends.1, y: y + 10), "whisker")
        for end in [ends.0, ends.1] {
          canvas.line(.init(x: end, y: y + 6), .init(x: end, y: y + 14), "whisker")
        }
      }
    }
    let right = max(high, bar.interval.map { x($0.upperBound) } ?? high)
    canvas.text(bar.value, .init(x: right + 6, y: y + 14), "label")
  }

  private var data: String {
    var csv = CSVText(columns: ["cause", "part", "low", "high"])
    for bar in bars {
      let numbers = bar.numbers.map { NumberText.shortest($0.value) }
      csv.append([bar.key] + numbers + Array(repeating: "", count: 3 - numbers.count))
    }
    return csv.text
  }
}
