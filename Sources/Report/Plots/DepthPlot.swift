import Results

/// The error of the residual stream after each layer: what one layer hands on to the next. Trials
/// whose errors are alike all the way share one line.
struct DepthPlot {
  /// One trial's errors.
  struct Line {
    let trial: TrialResult
    let points: [(layer: Int, error: Double)]

    /// Whether two lines could not be told apart: within 10 % of each other after every layer.
    func isAlike(_ other: Line) -> Bool {
      points.count == other.points.count
        && zip(points, other.points).allSatisfy { one, two in
          one.layer == two.layer
            && max(one.error, two.error) <= DepthPlot.tolerance * min(one.error, two.error)
        }
    }
  }

  /// Trials of more sizes than this are not drawn: twice as many lines could not be told apart.
  static let sizeLimit = 8
  /// The factor within which two lines are drawn as one.
  static let tolerance = 1.1

  private let findings: Findings
  private let groups: [[Line]]

  /// Nil where no line would have two points.
  init?(_ findings: Findings) {
    self.findings = findings
    let results = findings.results
    var seen: Set<Int> = []
    let bests = Set(findings.sizes.prefix(Self.sizeLimit).flatMap(\.trials))
    let numbers = (findings.highlighted + findings.bestCompanions).filter {
      bests.contains($0) && seen.insert($0).inserted
    }
    let lines = numbers.compactMap { number -> Line? in
      guard let trial = results.trial(number) else { return nil }
      let points = trial.errorsByDepth.filter { $0.error > 0 && $0.error.isFinite }
      return points.count > 1 ? Line(trial: trial, points: points) : nil
    }
    var groups: [[Line]] = []
    for line in lines {
      let place = groups.firstIndex { group in
        group[0].trial.look == line.trial.look && group.allSatisfy(line.isAlike)
      }
      if let place { groups[place].append(line) } else { groups.append([line]) }
    }
    self.groups = groups
    if groups.isEmpty { return nil }
  }

  private var lines: [Line] { Array(groups.joined()) }

  /// What a group is called: its first trial, and the numbers of the others.
  private func name(_ group: [Line], isWide: Bool) -> String {
    let first = group[0].trial
    let others = group.dropFirst().map { "#\($0.trial.number)" }
    let more = others.count > 3 ? ["+\(others.count)"] : others
    return ([isWide ? findings.names.label(first) : "#\(first.number)"] + more)
      .joined(separator: " ")
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "depth", title: PlotWords.depthTitle, reading: PlotWords.depthReading,
      legend: PlotWords.roles(Set(lines.map(\.trial.look))),
      wide: drawing(width: Figure.wideWidth, height: 340),
      narrow: drawing(width: Figure.narrowWidth, height: 340), data: data)
  }

  private func drawing(width: Double, height: Double) -> String {
    let isWide = width > 500
    var canvas = Canvas(width: width, height: height)
    let names = groups.map { name($0, isWide: isWide) }
    let room = (names.map { Canvas.width(of: $0, size: Frame.textSize) }.max() ?? 0) + 14
    let frame = Frame(
      left: 46, top: 34, right: width - room - (isWide ? 20 : 6), bottom: height - 44)
    let layers = lines.flatMap { $0.points.map { Double($0.layer) } }
    let x = Scale(.linear, over: layers, pixels: (frame.left + 6, frame.right - 6), margin: 0)
    let y = Scale(
      .logarithmic, over: lines.flatMap { $0.points.map(\.error) },
      pixels: (frame.bottom, frame.top))
    frame.drawVerticalAxis(y, ticks: 5, title: PlotWords.hiddenErrorAxis, on: &canvas)
    canvas.line(
      .init(x: frame.left, y: frame.bottom), .init(x: frame.right, y: frame.bottom), "rule")
    // Layers are whole: no tick between two of them.
    frame.drawTicks(
      x.ticks(isWide ? 10 : 5).filter { $0.value == $0.value.rounded() }
        .map { (x($0.value), NumberText.fixed($0.value, 0)) }, on: &canvas)
    canvas.text(
      PlotWords.layerAxis, .init(x: frame.right, y: frame.bottom + 36), "axis", anchor: .end)

    let ends = groups.map { y($0[0].points.last?.error ?? .nan) }
    let heights = LabelPlacement.spread(ends, gap: 15, in: frame.top...frame.bottom)
    for (index, group) in groups.enumerated() {
      let role = group[0].trial.look.rawValue
      let points = group[0].points.map { Canvas.Point(x: x(Double($0.layer)), y: y($0.error)) }
      canvas.group("mark \(role)", title: PlotWords.depthTooltip(group, findings.names)) { canvas in
        canvas.polyline(points, "line \(role)\(role == "rtn" ? " dashed" : "")")
        for point in points where points.count <= 40 {
          canvas.path(MarkShape.dot(at: point), "dot")
        }
      }
      guard let end = points.last else { continue }
      canvas.line(
        .init(x: end.x + 4, y: end.y), .init(x: width - room + 2, y: heights[index]), "leader")
      canvas.text(
        names[index], .init(x: width - room + 6, y: heights[index] + 4), "label \(role)")
    }
    return canvas.svg(label: PlotWords.depthTitle)
  }

  // Names would be most of it: a row is a layer of a trial.
  private var data: String {
    var csv = CSVText(columns: ["trial", "layer", "hidden_error"])
    for line in lines {
      for point in line.points {
        csv.append([
          String(line.trial.number), String(point.layer), NumberText.shortest(point.error),
        ])
      }
    }
    return csv.text
  }
}
