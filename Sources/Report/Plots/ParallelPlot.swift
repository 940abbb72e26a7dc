import Analysis
import Codecs
import GPTQ
import Results

/// Every trial as a line through its settings to its size and its score. With the script its reader
/// brushes an axis, and the lines that pass there stay.
struct ParallelPlot {
  /// An axis: its name, what is written along it, and where each trial crosses it.
  private struct Axis {
    let name: Bilingual
    /// Marks along it; 0 is the bottom, 1 the top.
    let ticks: [(place: Double, label: String)]
    /// By trial, in the order of the plot's trials.
    let places: [Double]
  }

  private let findings: Findings
  private let score: TrialScore
  private let trials: [TrialResult]
  private let settings: [TrialSetting]

  /// Settings that a page and a telephone have room for.
  private static let settingLimits = (wide: 7, narrow: 3)
  /// Trials whose lines carry a tooltip each.
  private static let tooltipLimit = 300

  /// Nil where nothing varies among three trials.
  init?(_ findings: Findings) {
    self.findings = findings
    let score = TrialScore(findings)
    self.score = score
    trials = findings.results.ranked.filter { trial in
      score.value(trial) != nil && trial.role != .allocation
    }
    let trials = trials
    settings = TrialConfig.columns.filter { setting in
      Set(trials.filter { !$0.isRTN || setting.scope != .solving }.map { setting.value($0.config) })
        .count > 1
    }
    if trials.count < 3 || settings.isEmpty { return nil }
  }

  /// The figure.
  var figure: Figure {
    var figure = Figure(
      id: "parallel", title: PlotWords.parallelTitle,
      reading: PlotWords.parallelReading
        + PlotWords.parallelOmitted(settings.dropFirst(Self.settingLimits.wide).map(\.key)),
      legend: [], ramp: ramp,
      wide: drawing(
        width: Figure.wideWidth, height: 380, settings: settings.prefix(Self.settingLimits.wide)),
      narrow: drawing(
        width: Figure.narrowWidth, height: 380,
        settings: settings.prefix(Self.settingLimits.narrow)),
      data: data)
    figure.isBrushed = true
    return figure
  }

  private var ramp: RampLegend {
    RampLegend(
      name: PlotWords.parallelRamp,
      ticks: [
        .init(share: 0.28, label: String(trials.count)), .init(share: 0.97, label: "1"),
      ])
  }

  /// Trials by their scores, the best first, as places in `trials`.
  private var ranking: [Int] {
    trials.indices.sorted {
      (score.value(trials[$0]) ?? .infinity, $0) < (score.value(trials[$1]) ?? .infinity, $1)
    }
  }

  // MARK: Axes

  private func axis(_ setting: TrialSetting) -> Axis {
    let asked = trials.map { !$0.isRTN || setting.scope != .solving }
    var known: [(value: JSONValue, text: String)] = []
    for (trial, counts) in zip(trials, asked) where counts {
      let value = setting.value(trial.config)
      guard !known.contains(where: { $0.value == value }) else { continue }
      known.append((value, setting.label(trial.config)))
    }
    known = known.enumerated().sorted {
      ($0.element.value.number ?? 0, $0.offset) < ($1.element.value.number ?? 0, $1.offset)
    }.map(\.element)
    // Round-to-nearest does not have every setting: it passes below the values.
    let hasNone = asked.contains(false)
    let slots = known.count + (hasNone ? 1 : 0)
    let height = 1 / Double(slots)
    let middle = { (slot: Int) in (Double(slot) + 0.5) * height }
    var places = [Double](repeating: 0, count: trials.count)
    var members: [Int: [Int]] = [:]
    for index in ranking {
      let value = setting.value(trials[index].config)
      let slot = asked[index] ? known.firstIndex { $0.value == value } ?? 0 : -1
      members[slot + (hasNone ? 1 : 0), default: []].append(index)
    }
    // Trials of one value stand side by side by rank, so that their lines do not coincide.
    for (slot, members) in members {
      for (rank, index) in members.enumerated() {
        let share = members.count == 1 ? 0.5 : Double(rank) / Double(members.count - 1)
        places[index] = middle(slot) + (0.5 - share) * height * 0.5
      }
    }
    let ticks = known.enumerated().map { (middle($0.offset + (hasNone ? 1 : 0)), $0.element.text) }
    return Axis(
      name: Bilingual(setting.key),
      ticks: (hasNone ? [(middle(0), "RTN")] : []) + ticks, places: places)
  }

  private func axis(
    _ name: Bilingual, _ kind: Scale.Kind, _ value: (TrialResult) -> Double
  ) -> Axis {
    let scale = Scale(kind, over: trials.map(value), pixels: (0, 1), margin: 0.03)
    return Axis(
      name: name, ticks: scale.ticks(5).map { (scale($0.value), $0.label) },
      places: trials.map { scale(value($0)) })
  }

  // MARK: Drawing

  private func drawing(
    width: Double, height: Double, settings: ArraySlice<TrialSetting>
  ) -> String {
    let axes =
      settings.map { axis($0) } + [
        axis(PlotWords.bitsPerWeight, .linear) { $0.bitsPerWeight },
        axis(Bilingual(score.column), .logarithmic) { score.value($0) ?? .nan },
      ]
    var canvas = Canvas(width: width, height: height)
    let frame = Frame(left: 12, top: 44, right: width - 54, bottom: height - 12)
    let step = (frame.right - frame.left) / Double(axes.count - 1)
    let x = { (index: Int) in frame.left + Double(index) * step }
    let y = { (place: Double) in frame.bottom - place * (frame.bottom - frame.top) }
    let ranking = ranking
    for (rank, index) in ranking.enumerated().reversed() {
      let share = Double(rank) / Double(max(1, ranking.count - 1))
      // The palest steps would not be seen on the page.
      let shade = ColorRamp.steps - 1 - Int(share * Double(ColorRamp.steps - 5))
      let title = ranking.count <= Self.tooltipLimit ? score.tooltip(trials[index]) : nil
      canvas.group("through s\(shade)\(trials[index].isRTN ? " rounded" : "")", title: title) {
        $0.polyline(
          axes.enumerated().map { .init(x: x($0.offset), y: y($0.element.places[index])) }, "way")
      }
    }
    for (index, axis) in axes.enumerated() {
      canvas.group("axis-of") {
        draw(axis, x: x(index), room: step - 8, index: index, y, frame, on: &$0)
      }
    }
    return canvas.svg(label: PlotWords.parallelTitle)
  }

  private func draw(
    _ axis: Axis, x: Double, room: Double, index: Int, _ y: (Double) -> Double, _ frame: Frame,
    on canvas: inout Canvas
  ) {
    canvas.line(.init(x: x, y: frame.top), .init(x: x, y: frame.bottom), "rule")
    canvas.text(
      axis.name.map { Canvas.fitted($0, in: room + 40) },
      .init(x: max(0, x - 10), y: frame.top - (index.isMultiple(of: 2) ? 26 : 10)), "axis")
    var last = Double.infinity
    for tick in axis.ticks where tick.place.isFinite && last - y(tick.place) > 13 {
      last = y(tick.place)
      canvas.text(
        Canvas.fitted(tick.label, in: min(room, 120)), .init(x: x + 6, y: last + 4), "label")
    }
    canvas.rectangle(
      x: x - 9, y: frame.top, width: 18, height: frame.bottom - frame.top, "axis-touch")
  }

  private var data: String {
    var csv = CSVText(
      columns: ["trial", "state"] + settings.map(\.key)
        + ["bits_per_weight", score.column, score.stderrColumn])
    for trial in trials {
      csv.append(
        [String(trial.number), trial.state.rawValue]
          + settings.map { TrialsCSV.field($0, of: trial) } + [
            NumberText.shortest(trial.bitsPerWeight)
          ] + score.fields(trial))
    }
    return csv.text
  }
}
