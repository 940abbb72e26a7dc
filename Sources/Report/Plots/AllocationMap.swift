import Results

/// Layer × part: the bits of each part of one mixed model.
struct AllocationMap {
  private let allocation: Allocation
  private let mix: Allocation.Mix
  private let trials: [TrialResult]
  private let layers: [Int]
  private let kinds: [String]

  /// A map of each mixed model of a study, the smallest first.
  static func all(_ results: StudyResults) -> [AllocationMap] {
    guard let allocation = results.allocation else { return [] }
    var seen: [[Int]] = []
    return allocation.mixes.compactMap { mix in
      guard !seen.contains(mix.choices) else { return nil }
      seen.append(mix.choices)
      return AllocationMap(allocation, mix, results.trials)
    }
  }

  private init(_ allocation: Allocation, _ mix: Allocation.Mix, _ trials: [TrialResult]) {
    self.allocation = allocation
    self.mix = mix
    self.trials = trials
    layers = Set(allocation.parts.map(\.layer)).sorted()
    kinds = allocation.parts.reduce(into: [String]()) { kinds, part in
      if !kinds.contains(part.name) { kinds.append(part.name) }
    }
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "allocation-map-\(mix.trial.map(String.init) ?? "unmeasured")",
      title: PlotWords.allocationMapTitle(mix), reading: PlotWords.allocationMapReading,
      legend: [], ramp: ramp, wide: drawing(isWide: true), narrow: drawing(isWide: false),
      data: data)
  }

  /// The colour of an option: the smallest has the palest.
  private func step(_ option: Int) -> Int {
    let last = max(1, allocation.options.count - 1)
    return option * (ColorRamp.steps - 1) / last
  }

  private var ramp: RampLegend {
    RampLegend(
      name: PlotWords.options,
      // Names of more than six would run into each other.
      ticks: stride(
        from: 0, to: allocation.options.count, by: (allocation.options.count + 5) / 6
      ).map { option in
        .init(
          share: Double(step(option)) / Double(ColorRamp.steps - 1), label: grid(option))
      })
  }

  private func drawing(isWide: Bool) -> String {
    let (across, down) = isWide ? (layers.count, kinds.count) : (kinds.count, layers.count)
    let width = isWide ? Figure.wideWidth : Figure.narrowWidth
    let left = isWide ? 190.0 : 34.0
    let top = isWide ? 4.0 : 22.0
    let cellWidth = min(80, (width - left) / Double(max(1, across)))
    let cellHeight = down > 24 ? 10.0 : 22.0
    let bottom = top + Double(down) * cellHeight
    var canvas = Canvas(width: width, height: bottom + (isWide ? 22 : 4))
    for (row, kind) in kinds.enumerated() where isWide {
      canvas.text(
        kind, .init(x: left - 8, y: top + (Double(row) + 0.5) * cellHeight + 4), "tick",
        anchor: .end)
    }
    for column in kinds.indices where !isWide {
      canvas.text(
        "\(column + 1)", .init(x: left + (Double(column) + 0.5) * cellWidth, y: top - 6), "tick",
        anchor: .middle)
    }
    let labelled = Set(
      isWide
        ? Frame.labelled(layers.count, space: cellWidth, needed: 24)
        : Frame.labelled(layers.count, space: cellHeight, needed: 14))
    for index in layers.indices where labelled.contains(index) {
      let place =
        isWide
        ? Canvas.Point(x: left + (Double(index) + 0.5) * cellWidth, y: bottom + 16)
        : Canvas.Point(x: left - 6, y: top + (Double(index) + 0.5) * cellHeight + 4)
      canvas.text("\(layers[index])", place, "tick", anchor: isWide ? .middle : .end)
    }
    for (index, part) in allocation.parts.enumerated() {
      guard let layer = layers.firstIndex(of: part.layer),
        let kind = kinds.firstIndex(of: part.name)
      else { continue }
      let (column, row) = isWide ? (layer, kind) : (kind, layer)
      let choice = mix.choices[index]
      canvas.rectangle(
        x: left + Double(column) * cellWidth, y: top + Double(row) * cellHeight,
        width: max(1, cellWidth - 1), height: max(1, cellHeight - 1), "h\(step(choice))",
        title: PlotWords.allocationCell(part, grid(choice), part.damages[choice]))
    }
    return canvas.svg(label: PlotWords.allocationMapTitle(mix))
  }

  private func grid(_ option: Int) -> String {
    let number = allocation.options[option].trial
    return trials.first { $0.number == number }?.config.quantize.gridName ?? "#\(number)"
  }

  private var data: String {
    var csv = CSVText(columns: [
      "layer", "part", "option", "sensitivity", "damage", "next_megabyte",
    ])
    for (index, part) in allocation.parts.enumerated() {
      let choice = mix.choices[index]
      csv.append([
        String(part.layer), part.name, grid(choice), NumberText.shortest(part.sensitivity),
        NumberText.shortest(part.damages[choice]),
        NumberText.shortest(allocation.marginal(part: index, in: mix)),
      ])
    }
    return csv.text
  }
}
