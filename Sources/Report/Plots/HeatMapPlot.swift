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
    grid.drawing(
      isWide: isWide, isHalfWidth: isHalfWidth, label: PlotWords.heatMapLabel(trial.name)
    ) { index in
      let error = trial.errors[index]
      return (
        data.step(error).map { "h\($0)" } ?? "hx",
        "\(data.cells[index].path) \(HeatMapData.text(error))"
      )
    }
  }

  private var grid: ModuleGrid {
    ModuleGrid(cells: data.cells, layers: data.layers, modules: data.modules)
  }

  /// Whether two panels stand side by side on a page.
  var isHalfWidth: Bool { data.layers.count <= 16 }

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
  var ramp: RampLegend { data.ramps[0].legend }
}
