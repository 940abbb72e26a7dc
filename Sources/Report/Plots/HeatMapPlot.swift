import Results

/// Layer × module: where a trial's error sits. Two trials side by side on one scale; the page's
/// script can put any trial in either place.
struct HeatMapPlot {
  let data: HeatMapData
  /// The two trials shown first.
  let shown: [HeatMapData.TrialErrors]

  /// Nil where no trial has modules. The first panel shows the best trial of the smallest size, or
  /// the twin of one that its packer damaged; the second that one, or the worst trial.
  init?(_ findings: Findings) {
    let results = findings.results
    guard
      let data = HeatMapData(results, names: findings.names, first: findings.highlighted)
    else { return nil }
    self.data = data
    let measured = Set(data.trials.map(\.number))
    let pair = Self.pair(findings).filter { measured.contains($0) }
    let numbers = pair.count == 2 ? pair : Array(data.trials.prefix(2).map(\.number))
    shown = numbers.compactMap { number in data.trials.first { $0.number == number } }
  }

  private static func pair(_ findings: Findings) -> [Int] {
    if let worst = findings.packerRegressions.first { return [worst.twin, worst.trial] }
    guard let smallest = findings.sizes.first, let worst = smallest.trials.last else { return [] }
    return smallest.best == worst
      ? findings.sizes.prefix(2).map(\.best) : [smallest.best, worst]
  }

  /// One panel's drawing: layers across on a page, down on a telephone.
  func drawing(_ trial: HeatMapData.TrialErrors, isWide: Bool) -> String {
    isWide ? wideDrawing(trial) : narrowDrawing(trial)
  }

  /// Whether two panels stand side by side on a page.
  var isHalfWidth: Bool { data.layers.count <= 16 }

  private func wideDrawing(_ trial: HeatMapData.TrialErrors) -> String {
    let left = 46.0
    let width = isHalfWidth ? 480 : Figure.wideWidth
    let cellWidth = min(80, (width - left) / Double(max(1, data.layers.count)))
    let cellHeight = data.modules.count > 12 ? 14.0 : 20.0
    let bottom = Double(data.modules.count) * cellHeight
    var canvas = Canvas(width: width, height: bottom + 22)
    for (row, module) in data.modules.enumerated() {
      canvas.text(
        Canvas.fitted(Self.shortName(module), in: left),
        .init(x: left - 6, y: (Double(row) + 0.5) * cellHeight + 4), "tick",
        anchor: .end)
    }
    for column in Frame.labelled(data.layers.count, space: cellWidth, needed: 24) {
      let layer = data.layers[column]
      canvas.text(
        column == 0 ? PlotWords.layer(layer) : Bilingual(String(layer)),
        .init(x: left + (Double(column) + 0.5) * cellWidth, y: bottom + 15), "tick",
        anchor: .middle)
    }
    drawCells(trial, on: &canvas) { layer, module in
      (left + Double(layer) * cellWidth, Double(module) * cellHeight, cellWidth, cellHeight)
    }
    return canvas.svg(label: PlotWords.heatMapLabel(trial.name))
  }

  private func narrowDrawing(_ trial: HeatMapData.TrialErrors) -> String {
    let left = 26.0
    let cellWidth = min(64, (Figure.narrowWidth - left) / Double(max(1, data.modules.count)))
    let cellHeight = data.layers.count > 24 ? 9.0 : 18.0
    let top = 18.0
    var canvas = Canvas(
      width: Figure.narrowWidth, height: top + Double(data.layers.count) * cellHeight + 2)
    for (column, module) in data.modules.enumerated() where cellWidth > 30 {
      canvas.text(
        Canvas.fitted(Self.shortName(module), in: max(cellWidth, 36)),
        .init(x: left + (Double(column) + 0.5) * cellWidth, y: 12), "tick",
        anchor: .middle)
    }
    for row in Frame.labelled(data.layers.count, space: cellHeight, needed: 14) {
      canvas.text(
        String(data.layers[row]), .init(x: left - 5, y: top + (Double(row) + 0.5) * cellHeight + 4),
        "tick",
        anchor: .end)
    }
    drawCells(trial, on: &canvas) { layer, module in
      (left + Double(module) * cellWidth, top + Double(layer) * cellHeight, cellWidth, cellHeight)
    }
    return canvas.svg(label: PlotWords.heatMapLabel(trial.name))
  }

  /// Every cell in the order of `data.cells`: the script counts on it.
  private func drawCells(
    _ trial: HeatMapData.TrialErrors, on canvas: inout Canvas,
    place: (_ layer: Int, _ module: Int) -> (x: Double, y: Double, width: Double, height: Double)
  ) {
    let layerIndex = Dictionary(
      data.layers.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    let moduleIndex = Dictionary(
      data.modules.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    for (cell, error) in zip(data.cells, trial.errors) {
      let box = place(layerIndex[cell.layer] ?? 0, moduleIndex[cell.module] ?? 0)
      canvas.rectangle(
        x: box.x, y: box.y, width: box.width - 1, height: box.height - 1,
        data.step(error).map { "h\($0)" } ?? "hx",
        title: "\(cell.path) \(HeatMapData.text(error))")
    }
  }

  /// `q` of `self_attn.q_proj`, `up*` of `mlp.experts.*.up_proj`.
  static func shortName(_ module: String) -> String {
    let parts = module.split(separator: ".")
    let last = parts.last.map(String.init) ?? module
    return (last.hasSuffix("_proj") ? String(last.dropLast(5)) : last)
      + (parts.contains("*") ? "*" : "")
  }

  /// What both panels show, as CSV.
  var csv: String {
    var csv = CSVText(columns: ["trial", "module", "relative_error_heldout"])
    for trial in shown {
      for (cell, error) in zip(data.cells, trial.errors) {
        csv.append([String(trial.number), cell.path, NumberText.shortest(error)])
      }
    }
    return csv.text
  }

  /// What its colours mean.
  var ramp: RampLegend { data.ramp.legend(PlotWords.rampName) }
}
