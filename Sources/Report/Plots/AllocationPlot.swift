import Results

/// Size against divergence of mixed models, measured and as predicted, beside the uniform models that
/// they are made of.
struct AllocationPlot {
  private let allocation: Allocation
  private let names: TrialNames
  private let trials: [TrialResult]

  /// Nil where no bits were allocated, or nothing of it was measured.
  init?(_ results: StudyResults) {
    guard let allocation = results.allocation, !allocation.mixes.isEmpty,
      allocation.options.contains(where: { $0.measured != nil })
    else { return nil }
    self.allocation = allocation
    trials = results.trials
    names = TrialNames(results.trials)
  }

  /// The figure.
  var figure: Figure {
    Figure(
      id: "allocation", title: PlotWords.allocationTitle(allocation),
      reading: PlotWords.allocationReading, legend: PlotWords.allocationLegend,
      wide: drawing(width: Figure.wideWidth, height: 340),
      narrow: drawing(width: Figure.narrowWidth, height: 320), data: data)
  }

  private func drawing(width: Double, height: Double) -> String {
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: 52, top: 34, right: width - 14, bottom: height - 44)
    let mixes = allocation.mixes
    let uniform = allocation.options.filter { $0.measured != nil }
    let x = Scale(
      .linear, over: uniform.map(\.bitsPerWeight) + mixes.map(\.bitsPerWeight),
      pixels: (frame.left + 8, frame.right - 8), margin: 0.04)
    let y = Scale(
      .logarithmic,
      over: uniform.compactMap(\.measured)
        + mixes.flatMap { [$0.predicted] + [$0.measured, $0.low, $0.high].compactMap(\.self) },
      pixels: (frame.bottom, frame.top))
    frame.drawVerticalAxis(y, ticks: 5, title: PlotWords.kldAxis, on: &canvas)
    frame.drawHorizontalAxis(
      x, ticks: width > 500 ? 8 : 4, title: PlotWords.bitsPerWeight, on: &canvas)
    for option in uniform {
      guard let measured = option.measured else { continue }
      let point = Canvas.Point(x: x(option.bitsPerWeight), y: y(measured))
      canvas.group("mark rtn", title: PlotWords.uniformTooltip(name(option), option)) {
        $0.path(MarkShape.path(.rtn, at: point, isBeyond: false), "shape")
      }
      canvas.text(name(option), .init(x: point.x + 8, y: point.y - 6), "label rtn")
    }
    for mix in mixes {
      let place = x(mix.bitsPerWeight)
      canvas.group("mark gptq", title: PlotWords.mixTooltip(mix)) { canvas in
        if let low = mix.low, let high = mix.high {
          canvas.line(.init(x: place, y: y(low)), .init(x: place, y: y(high)), "whisker")
        }
        canvas.line(
          .init(x: place - 5, y: y(mix.predicted)), .init(x: place + 5, y: y(mix.predicted)),
          "line gptq")
        if let measured = mix.measured {
          canvas.path(
            MarkShape.path(.gptq, at: .init(x: place, y: y(measured)), isBeyond: false), "shape")
        }
      }
    }
    return canvas.svg(label: PlotWords.allocationTitle(allocation))
  }

  private func name(_ option: Allocation.Option) -> String {
    guard let trial = trials.first(where: { $0.number == option.trial }) else {
      return "#\(option.trial)"
    }
    return trial.config.quantize.gridName
  }

  private var data: String {
    var csv = CSVText(columns: [
      "model", "trial", "bits_per_weight", "size_bytes", "predicted_kld", "predicted_low",
      "predicted_high", "bound_kld", "measured_kld",
    ])
    func number(_ value: Double?) -> String { value.map(NumberText.shortest) ?? "" }
    for option in allocation.options {
      csv.append([
        name(option), String(option.trial), number(option.bitsPerWeight),
        String(option.sizeBytes), "", "", "", "", number(option.measured),
      ])
    }
    for mix in allocation.mixes {
      csv.append([
        "mixed", mix.trial.map(String.init) ?? "", number(mix.bitsPerWeight),
        String(mix.sizeBytes), number(mix.predicted), number(mix.low), number(mix.high),
        number(mix.bound), number(mix.measured),
      ])
    }
    return csv.text
  }
}
