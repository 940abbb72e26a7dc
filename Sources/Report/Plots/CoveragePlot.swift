import Results

/// Layer × expert: how many calibration tokens each expert was sent. Experts without enough stand out.
struct CoveragePlot {
  private let trial: Int
  private let coverage: ExpertCoverage
  private let layers: [Int]
  private let expertCount: Int
  private let ramp: LogRamp

  /// Nil where no expert was quantized.
  init?(_ findings: Findings) {
    guard let (trial, coverage) = findings.expertCoverage else { return nil }
    self.trial = trial
    self.coverage = coverage
    layers = Set(coverage.experts.map(\.layer)).sorted()
    expertCount = (coverage.experts.map(\.expert).max() ?? 0) + 1
    ramp = LogRamp(
      coverage.experts.lazy.map(\.tokens).filter { $0 >= coverage.minTokens }.map(Double.init))
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "coverage", title: PlotWords.coverageTitle(coverage),
      reading: PlotWords.coverageReading(trial),
      legend: PlotWords.coverageLegend(coverage), ramp: ramp.legend(PlotWords.coverageRamp),
      wide: drawing(isWide: true), narrow: drawing(isWide: false), data: data)
  }

  /// The longer axis across a page, down on a telephone. Whole pixels keep the drawing crisp and short.
  private func drawing(isWide: Bool) -> String {
    let isLayersAcross = isWide == (layers.count > expertCount)
    let (across, down) =
      isLayersAcross ? (layers.count, expertCount) : (expertCount, layers.count)
    let (left, top) = (34.0, 20.0)
    let space = (isWide ? Figure.wideWidth : Figure.narrowWidth) - left
    let width = Self.whole(min(36, space / Double(across)))
    let height = Self.whole(min(20, max(isWide ? 6 : 4, 360 / Double(down))))
    let (right, bottom) = (left + width * Double(across), top + height * Double(down))
    var canvas = Canvas(
      width: isWide ? Figure.wideWidth : Figure.narrowWidth, height: bottom + 36)

    let axes = [PlotWords.layerAxis, PlotWords.expertAxis]
    canvas.text(isLayersAcross ? axes[1] : axes[0], .init(x: 0, y: 12), "axis")
    canvas.text(
      isLayersAcross ? axes[0] : axes[1], .init(x: max(right, left + 80), y: bottom + 32), "axis",
      anchor: .end)
    let names = (layers.map(String.init), (0..<expertCount).map(String.init))
    let (acrossNames, downNames) = isLayersAcross ? names : (names.1, names.0)
    for column in Frame.labelled(across, space: width, needed: 26) {
      canvas.text(
        acrossNames[column], .init(x: left + (Double(column) + 0.5) * width, y: bottom + 15),
        "tick", anchor: .middle)
    }
    for row in Frame.labelled(down, space: height, needed: 13) {
      canvas.text(
        downNames[row], .init(x: left - 6, y: top + (Double(row) + 0.5) * height + 4), "tick",
        anchor: .end)
    }
    let experts = Dictionary(grouping: coverage.experts, by: \.layer)
    for (index, layer) in layers.enumerated() {
      let experts = experts[layer] ?? []
      canvas.group("cells", title: PlotWords.coverageTooltip(layer, experts, coverage.minTokens)) {
        canvas in
        let styles = Dictionary(grouping: experts, by: style)
        for (style, experts) in styles.sorted(by: { $0.key < $1.key }) {
          let boxes = experts.map { expert in
            let (column, row) =
              isLayersAcross ? (index, expert.expert) : (expert.expert, index)
            return Self.box(
              x: left + width * Double(column), y: top + height * Double(row), width, height)
          }
          canvas.path(boxes.joined(), style)
        }
      }
    }
    return canvas.svg(label: PlotWords.coverageTitle(coverage))
  }

  private func style(_ expert: ExpertCoverage.Expert) -> String {
    if expert.tokens == 0 { return "cell unseen" }
    if expert.tokens < coverage.minTokens { return "cell cold" }
    return "h\(ramp.step(Double(expert.tokens)) ?? 0)"
  }

  /// A size of cells in whole pixels, or in halves where cells are tiny.
  private static func whole(_ size: Double) -> Double {
    size >= 4 ? size.rounded(.down) : max(0.5, (2 * size).rounded(.down) / 2)
  }

  /// The commands of one cell, less the gap to its neighbours.
  private static func box(x: Double, y: Double, _ width: Double, _ height: Double) -> String {
    let (w, h) = (width > 3 ? width - 1 : width, height > 3 ? height - 1 : height)
    return "M\(Canvas.number(x)) \(Canvas.number(y))h\(Canvas.number(w))v\(Canvas.number(h))"
      + "h-\(Canvas.number(w))z"
  }

  private var data: String {
    var csv = CSVText(columns: [
      "trial", "layer", "expert", "expert_tokens", "expert_share", "in_features",
    ])
    for expert in coverage.experts {
      csv.append([
        String(trial), String(expert.layer), String(expert.expert), String(expert.tokens),
        NumberText.shortest(expert.share), String(expert.inFeatures),
      ])
    }
    return csv.text
  }
}
