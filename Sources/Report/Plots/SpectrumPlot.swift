import Analysis
import Foundation
import Results

/// The eigenvalues of the Hessians of each input, layer by layer, with the damps that were tried as lines
/// across them: what lies below a line, that damp decides rather than the calibration tokens.
struct SpectrumPlot {
  /// What some linears of one layer read; of experts, those of the layer that were decomposed, together.
  struct Place {
    let layer: Int
    let spectra: [StudySpectrum]

    /// The quantile at `level`: of several spectra the outermost, and the middle one of their medians.
    func quantile(_ level: Double) -> Double {
      let all = spectra.compactMap { $0.spectrum.quantile(level) }.sorted()
      if all.isEmpty { return .nan }
      return level < 0.5 ? all[0] : level > 0.5 ? all[all.count - 1] : all[all.count / 2]
    }

    /// The share of eigenvalues below `damp`: of several spectra the largest.
    func share(below damp: Double) -> Double? {
      spectra.compactMap { $0.spectrum.share(below: damp) }.max()
    }

    var deadColumns: Int { spectra.map(\.spectrum.deadColumns).max() ?? 0 }
    var conditionNumber: Double? { spectra.compactMap(\.spectrum.conditionNumber).max() }
    var effectiveRank: Double? { spectra.compactMap(\.spectrum.effectiveRank).min() }
  }

  /// One input of every layer.
  struct Site {
    let kinds: [String]
    let places: [Place]

    /// What its linears are called in a sentence.
    var linears: String {
      kinds.map { kind in
        kind.split(separator: ".").last.map(String.init) ?? kind
      }.joined(separator: ", ")
    }

    /// What its linears are called in a drawing.
    var name: String { kinds.map(ModuleGrid.shortName).joined(separator: " ") }
  }

  let sites: [Site]
  /// The damps that are drawn, ascending, and the one that the text speaks of.
  let damps: [Double]
  let mainDamp: Double?
  /// The trial that asks for it.
  let mainTrial: Int?
  /// Hessians that were not decomposed.
  let missing: Int
  /// Whether some are of a trial's own inputs: whose.
  let trial: Int?
  let hasExperts: Bool

  /// The levels of the quantiles that are drawn; spectra.csv has more.
  private static let levels = [0, 0.01, 0.1, 0.5, 0.9, 0.99, 1]

  /// More lines across a panel would be a grid of their own.
  private static let mostDamps = 4

  /// Nil where no Hessian of the study's own calibration set was decomposed.
  init?(_ findings: Findings) {
    let own = findings.results.spectra.filter { $0.draw == 0 }
    let known = own.filter { $0.spectrum.method != .none && !$0.spectrum.quantiles.isEmpty }
    guard !known.isEmpty else { return nil }
    missing = own.count - known.count
    trial = known.lazy.compactMap(\.trial).first
    hasExperts = known.contains { $0.expert != nil }
    var order: [[String]] = []
    for one in known where !order.contains(one.kinds) { order.append(one.kinds) }
    sites = order.map { kinds in
      let layers = Dictionary(grouping: known.filter { $0.kinds == kinds }, by: \.layer)
      return Site(
        kinds: kinds,
        places: layers.keys.sorted().map { Place(layer: $0, spectra: layers[$0] ?? []) })
    }
    let best = findings.highlighted.lazy.compactMap(findings.results.trial)
      .first { !$0.isRTN && DampFamilies.damp($0) > 0 }
    mainDamp = best.map(DampFamilies.damp)
    mainTrial = best?.number
    let tried = Set(findings.results.trials.filter { !$0.isRTN }.map(DampFamilies.damp))
      .filter { $0 > 0 && $0.isFinite }.sorted()
    let picked = [tried.first, tried.last, mainDamp].compactMap(\.self)
    let shown = tried.count <= Self.mostDamps ? tried : Array(Set(picked)).sorted()
    damps = shown
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "spectrum", title: PlotWords.spectrumTitle(self),
      reading: PlotWords.spectrumReading(self), legend: PlotWords.spectrumLegend(self),
      wide: drawing(width: Figure.wideWidth), narrow: drawing(width: Figure.narrowWidth), data: data
    )
  }

  /// An eigenvalue where it is drawn: what float32 has rounded away stands at the edge of what it tells
  /// apart.
  private func drawn(_ value: Double, of place: Place) -> Double {
    max(value, Self.resolution * place.quantile(1))
  }

  /// Half a unit in the last place of float32.
  static let resolution = 6e-8

  private func drawing(width: Double) -> String {
    let grid = PanelGrid(width: width, count: sites.count)
    var canvas = grid.canvas
    let values = sites.flatMap { site in
      site.places.flatMap { place in [0, 1].map { drawn(place.quantile($0), of: place) } }
    }
    for (index, site) in sites.enumerated() {
      let (frame, isFirst) = grid.frame(index)
      let y = Scale(
        .logarithmic, over: values + damps, pixels: (frame.bottom, frame.top), margin: 0.04)
      draw(site, y, in: frame, isFirst: isFirst, on: &canvas)
    }
    return canvas.svg(label: PlotWords.spectrumTitle(self))
  }

  private func draw(
    _ site: Site, _ y: Scale, in frame: Frame, isFirst: Bool, on canvas: inout Canvas
  ) {
    let room = 34.0
    let right = frame.right - room
    let x = Scale(
      .linear, over: site.places.map { Double($0.layer) }, pixels: (frame.left + 5, right - 5),
      margin: 0)
    canvas.text(
      Canvas.fitted(site.name, in: frame.right - frame.left + PanelGrid.left, size: 13),
      .init(x: frame.left - PanelGrid.left, y: frame.top - 30), "panel")
    frame.drawVerticalAxis(
      y, ticks: 5, title: isFirst ? PlotWords.eigenvalueAxis : "", on: &canvas)
    canvas.line(
      .init(x: frame.left, y: frame.bottom), .init(x: frame.right, y: frame.bottom), "rule")
    frame.drawTicks(
      x.ticks(5).filter { $0.value == $0.value.rounded() }
        .map { (x($0.value), NumberText.fixed($0.value, 0)) }, on: &canvas)
    if isFirst {
      canvas.text(
        PlotWords.layerAxis, .init(x: frame.right, y: frame.bottom + 36), "axis", anchor: .end)
    }
    func line(_ level: Double) -> [Canvas.Point] {
      site.places.map {
        Canvas.Point(x: x(Double($0.layer)), y: y(drawn($0.quantile(level), of: $0)))
      }
    }
    canvas.band(line(0.99), line(0.01), "band gptq")
    canvas.band(line(0.9), line(0.1), "band gptq")
    for level in [0.0, 1] { canvas.polyline(line(level), "line thin gptq dash-2") }
    canvas.polyline(line(0.5), "line gptq")
    drawDamps(y, in: frame, on: &canvas)
    drawPlaces(site, x, y, in: frame, isWide: canvas.width > 500, on: &canvas)
  }

  private func drawDamps(_ y: Scale, in frame: Frame, on canvas: inout Canvas) {
    let heights = LabelPlacement.spread(damps.map { y($0) }, gap: 12, in: frame.top...frame.bottom)
    for (damp, height) in zip(damps, heights) {
      canvas.line(
        .init(x: frame.left, y: y(damp)), .init(x: frame.right - 34, y: y(damp)),
        damp == mainDamp ? "noise main dash-1" : "noise thin dash-1")
      canvas.text(
        NumberText.brief(damp), .init(x: frame.right - 31, y: height + 4),
        damp == mainDamp ? "label strong" : "tick")
    }
  }

  /// What rests under the pointer, and the layers with inputs that are always 0.
  private func drawPlaces(
    _ site: Site, _ x: Scale, _ y: Scale, in frame: Frame, isWide: Bool,
    on canvas: inout Canvas
  ) {
    let step =
      (frame.right - 34 - frame.left) / Double(max(site.places.count, 1))
    for place in site.places {
      let middle = x(Double(place.layer))
      if place.deadColumns > 0 {
        canvas.path(
          MarkShape.path(.fault, at: .init(x: middle, y: frame.top + 8)), "fill fault")
      }
      if site.places.count == 1 {
        for level in [0, 0.1, 0.5, 0.9, 1] {
          canvas.path(
            MarkShape.dot(at: .init(x: middle, y: y(drawn(place.quantile(level), of: place)))),
            "dot gptq")
        }
      }
      // A telephone shows no tooltips.
      guard isWide else { continue }
      canvas.rectangle(
        x: middle - step / 2, y: frame.top, width: step, height: frame.bottom - frame.top, "touch",
        title: PlotWords.spectrumTooltip(place, site, damps))
    }
  }

  private func values(_ place: Place) -> [(name: String, value: Double?)] {
    [("effective_rank", place.effectiveRank), ("condition_number", place.conditionNumber)]
      + Self.levels.map {
        ("quantile_\(NumberText.brief($0))", place.quantile($0))
      }
      + damps.map { ("share_below_\(NumberText.brief($0))", place.share(below: $0)) }
  }

  private var data: String {
    let names = sites.first?.places.first.map { values($0).map(\.name) } ?? []
    var csv = CSVText(
      columns: ["layer", "modules", "trial", "hessians", "in_features", "dead_columns"] + names)
    for site in sites {
      for place in site.places {
        csv.append(
          [
            String(place.layer), site.kinds.joined(separator: " "),
            place.spectra.lazy.compactMap(\.trial).first.map(String.init) ?? "",
            String(place.spectra.count), String(place.spectra.first?.spectrum.inFeatures ?? 0),
            String(place.deadColumns),
          ]
            + values(place).map { $0.value.map(NumberText.shortest) ?? "" })
      }
    }
    return csv.text
  }
}
