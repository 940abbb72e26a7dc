import Analysis
import Results

/// How the KL divergence is spread over tokens: from the median to the worst per cent, one lane a
/// trial. A long tail is a model that is right on most tokens and far off on a few.
struct LadderPlot {
  /// A rung: a statistic's name, and where in the distribution it stands.
  private struct Rung {
    let name: String
    /// Per cent of the tokens below it; nil: the mean.
    let percentile: Double?
    var label: Bilingual {
      percentile.map { Bilingual("\(NumberText.brief($0)) %") } ?? PlotWords.mean
    }
  }

  private let findings: Findings
  private let rungs: [Rung]
  private let rows: [TrialResult]

  /// The lowest percentile that is drawn: far below it most tokens diverge by rounding alone.
  private static let lowest = 10.0

  /// Nil without a base, or where nothing was scored.
  init?(_ findings: Findings) {
    let results = findings.results
    guard results.mainBase != nil else { return nil }
    self.findings = findings
    var seen: Set<Int> = []
    let trials = (findings.highlighted + findings.bestCompanions)
      .filter { seen.insert($0).inserted }.compactMap { results.trial($0) }
    var names: Set<String> = []
    for trial in trials { names.formUnion(Self.statistics(trial, results).keys) }
    let rungs =
      names.compactMap { name in Self.percentile(name).map { Rung(name: name, percentile: $0) } }
      .filter { ($0.percentile ?? 0) >= Self.lowest }
      .sorted { ($0.percentile ?? 0) < ($1.percentile ?? 0) } + [
        Rung(name: "kld_mean", percentile: nil)
      ]
    self.rungs = rungs
    rows = trials.filter { trial in
      let statistics = Self.statistics(trial, results)
      return rungs.count { statistics[$0.name] != nil } > 1
    }
    if rows.isEmpty { return nil }
  }

  /// `kld_median` is 50, `kld_p99` 99, `kld_p99_9` 99.9.
  private static func percentile(_ name: String) -> Double? {
    if name == "kld_median" { return 50 }
    guard name.hasPrefix("kld_p") else { return nil }
    return Double(name.dropFirst(5).replacing("_", with: "."))
  }

  /// What is known of a trial's KL divergences that has a place on a logarithmic axis, by name.
  private static func statistics(
    _ trial: TrialResult, _ results: StudyResults
  ) -> [String: Double] {
    guard let evaluation = results.mainEvaluation(trial) else { return [:] }
    let known =
      EvaluationMetric.all.map { ($0.name, $0.value(evaluation)) }
      + (evaluation.divergence?.whole.lines ?? []).map { ($0.name, $0.value) }
    return Dictionary(known, uniquingKeysWith: { first, _ in first })
      .filter { $0.key.hasPrefix("kld_") && $0.value > 0 && $0.value.isFinite }
  }

  private func value(_ rung: Rung, _ trial: TrialResult) -> Double? {
    Self.statistics(trial, findings.results)[rung.name]
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "kl-ladder", title: PlotWords.ladderTitle, reading: PlotWords.ladderReading,
      legend: PlotWords.roles(Set(rows.map(\.look))),
      wide: drawing(width: Figure.wideWidth), narrow: drawing(width: Figure.narrowWidth),
      data: data)
  }

  private func drawing(width: Double) -> String {
    let isWide = width > 500
    let lane = isWide ? 30.0 : 44.0
    let names = rows.map { isWide ? findings.names.label($0) : "#\($0.number)" }
    let longest = names.map { Canvas.width(of: $0, size: Frame.textSize) }.max() ?? 0
    let left = min(longest + 14, width * 0.4)
    let height = 30 + Double(rows.count) * lane + 50
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: left, top: 22, right: width - 16, bottom: height - 46)
    let values = rows.flatMap { trial in rungs.compactMap { value($0, trial) } }
    let x = Scale(.logarithmic, over: values, pixels: (frame.left + 8, frame.right - 8))
    for tick in x.ticks(isWide ? 8 : 4) {
      canvas.line(
        .init(x: x(tick.value), y: frame.top), .init(x: x(tick.value), y: frame.bottom), "grid")
    }
    frame.drawHorizontalAxis(x, ticks: isWide ? 8 : 4, title: PlotWords.kldTokenAxis, on: &canvas)
    for (index, trial) in rows.enumerated() {
      let y = frame.top + (Double(index) + 0.6) * lane
      canvas.text(
        Canvas.fitted(names[index], in: left - 8), .init(x: left - 8, y: y + 4),
        "label \(trial.look.rawValue)", anchor: .end)
      drawLane(trial, y: y, x, isFirst: index == 0, on: &canvas)
    }
    return canvas.svg(label: PlotWords.ladderTitle)
  }

  private func drawLane(
    _ trial: TrialResult, y: Double, _ x: Scale, isFirst: Bool, on canvas: inout Canvas
  ) {
    let found = rungs.compactMap { rung in
      value(rung, trial).map { (rung: rung, value: $0) }
    }
    let style = trial.look.rawValue
    let tooltip = PlotWords.tooltip(
      trial, findings.names, found.map { ($0.rung.name, $0.value) },
      domain: findings.results.mainDomain)
    canvas.group("mark \(style)", title: tooltip) { canvas in
      let ends = found.filter { $0.rung.percentile != nil }.map { x($0.value) }
      if let low = ends.min(), let high = ends.max() {
        canvas.line(.init(x: low, y: y), .init(x: high, y: y), "line \(style)")
      }
      for (rung, value) in found {
        let at = Canvas.Point(x: x(value), y: y)
        if rung.percentile == nil {
          canvas.group("strong") {
            $0.path(MarkShape.path(.fault, at: at), "shape")
          }
        } else {
          canvas.line(.init(x: at.x, y: y - 6), .init(x: at.x, y: y + 6), "line \(style)")
        }
      }
    }
    guard isFirst else { return }
    // Names above the first lane, as far as each finds room beside the one before.
    var taken = -Double.infinity
    for (rung, value) in found.sorted(by: { $0.value < $1.value }) {
      let half = Canvas.width(of: rung.label.ja, size: Frame.textSize) / 2 + 7
      let at = min(max(x(value), taken + half), x.pixels.to + 16 - half)
      guard abs(at - x(value)) < 16, at - half >= taken else { continue }
      canvas.text(rung.label, .init(x: at, y: y - 10), "tick", anchor: .middle)
      taken = at + half
    }
  }

  private var data: String {
    var csv = CSVText(columns: ["trial", "settings", "domain", "statistic", "kld"])
    for trial in rows {
      for rung in rungs {
        guard let value = value(rung, trial) else { continue }
        csv.append([
          String(trial.number), findings.names.name(trial), findings.results.mainDomain ?? "",
          rung.name, NumberText.shortest(value),
        ])
      }
    }
    return csv.text
  }
}
