import Analysis
import Codecs
import GPTQ
import Results

/// One panel a setting, and a size where it does not change the size: trials that differ in it alone,
/// joined by a line. Where the setting matters a line is solid, where its two trials tie it is dashed.
struct SlicePlot {
  /// A trial and the place of its value on the panel's axis.
  fileprivate typealias Member = (value: Int, trial: TrialResult)

  fileprivate struct Panel {
    let setting: TrialSetting
    let name: Bilingual
    /// The setting's values as they were typed, in order.
    let values: [String]
    /// Trials that differ in the setting alone, by value.
    let families: [[Member]]
    /// Their round-to-nearest companions.
    let companions: [Member]
    /// Families that found no room.
    let omitted: Int
  }

  /// Families that a panel holds, and panels that a page holds.
  private static let limits = (families: 12, panels: 12)

  private let findings: Findings
  private let panels: [Panel]
  private let omittedPanels: Int
  private let score: TrialScore

  /// Nil where no two trials differ in one setting alone.
  init?(_ findings: Findings) {
    let results = findings.results
    self.findings = findings
    let score = TrialScore(findings)
    self.score = score
    var sizes: [Int: Int] = [:]
    for (index, size) in findings.sizes.enumerated() {
      for trial in size.trials { sizes[trial] = index }
    }
    let trials = results.ranked.filter {
      !$0.isRTN && $0.role != .allocation && score.value($0) != nil
    }
    let all = TrialConfig.columns.flatMap { setting -> [Panel] in
      // What a packer breaks would hide what the other settings do.
      let families = Self.families(
        of: setting, setting.key == "packer" ? trials : trials.filter { $0.config.packer == .exact }
      )
      // A setting that leaves the size alone is looked at size by size.
      let staysInSize = families.allSatisfy { family in
        Set(family.map { sizes[$0.number] }).count == 1
      }
      let parts =
        staysInSize
        ? findings.sizes.indices.map { size in
          families.filter { sizes[$0[0].number] == size }
        } : [families]
      return parts.enumerated().compactMap { index, families in
        Panel(
          setting, families, results, score, limit: Self.limits.families,
          bits: staysInSize ? findings.sizes[index].middle : nil)
      }
    }
    panels = Array(all.prefix(Self.limits.panels))
    omittedPanels = all.count - panels.count
    if panels.isEmpty { return nil }
  }

  /// Trials that differ in `setting` alone, together.
  private static func families(
    of setting: TrialSetting, _ trials: [TrialResult]
  ) -> [[TrialResult]] {
    var order: [TrialConfig] = []
    var families: [TrialConfig: [TrialResult]] = [:]
    for trial in trials {
      var key = trial.config
      setting.reset(&key)
      if families[key] == nil { order.append(key) }
      families[key, default: []].append(trial)
    }
    return order.compactMap { families[$0] }.filter { family in
      Set(family.map { setting.value($0.config) }).count > 1
    }
  }

  /// The figure.
  var figure: Figure {
    let looks = panels.flatMap { panel in
      (panel.families.joined() + panel.companions).map(\.trial.look)
    }
    return Figure(
      id: "slices", title: PlotWords.sliceTitle,
      reading: PlotWords.sliceReading
        + PlotWords.sliceOmitted(
          lines: panels.reduce(0) { $0 + $1.omitted }, panels: omittedPanels),
      legend: PlotWords.roles(Set(looks)) + PlotWords.sliceLegend,
      wide: drawing(width: Figure.wideWidth), narrow: drawing(width: Figure.narrowWidth),
      data: data)
  }

  private func drawing(width: Double) -> String {
    let grid = PanelGrid(width: width, count: panels.count)
    var canvas = grid.canvas
    for (index, panel) in panels.enumerated() {
      let (frame, isFirst) = grid.frame(index)
      draw(panel, in: frame, isFirst: isFirst, on: &canvas)
    }
    return canvas.svg(label: PlotWords.sliceTitle)
  }

  private func draw(_ panel: Panel, in frame: Frame, isFirst: Bool, on canvas: inout Canvas) {
    let shown = panel.families.joined().map(\.trial) + panel.companions.map(\.trial)
    let y = Scale(
      .logarithmic, over: shown.flatMap(score.reach), pixels: (frame.bottom, frame.top),
      margin: 0.06)
    let step = (frame.right - frame.left) / Double(panel.values.count)
    let x = { (value: Int) in frame.left + (Double(value) + 0.5) * step }
    canvas.text(panel.name, .init(x: frame.left - PanelGrid.left, y: frame.top - 30), "panel")
    frame.drawVerticalAxis(y, ticks: 4, title: isFirst ? score.axis : "", on: &canvas)
    canvas.line(
      .init(x: frame.left, y: frame.bottom), .init(x: frame.right, y: frame.bottom), "rule")
    // Of very many values every so many have a label, which then has the room of those without.
    let every = max(1, Int((28 / step).rounded(.up)))
    frame.drawTicks(
      panel.values.enumerated().map { place, value in
        (
          x(place),
          place.isMultiple(of: every) ? Canvas.fitted(value, in: step * Double(every)) : ""
        )
      }, on: &canvas)
    guard hasTooltips else { return drawTogether(panel, x, y, on: &canvas) }
    for (value, trial) in panel.companions { drawMark(trial, x(value), y, on: &canvas) }
    for family in panel.families {
      for (first, second) in zip(family, family.dropFirst()) {
        guard let (from, to) = ends(first, second, x, y) else { continue }
        canvas.polyline([from, to], style(first, second))
      }
      for (value, trial) in family { drawMark(trial, x(value), y, on: &canvas) }
    }
  }

  /// The same marks and lines, those that look alike as one path: very many would make the page too large.
  private func drawTogether(
    _ panel: Panel, _ x: (Int) -> Double, _ y: Scale, on canvas: inout Canvas
  ) {
    /// What is drawn alike.
    struct Look: Hashable {
      var style: String
      var role: TrialRole
    }
    var paths: [Look: String] = [:]
    for family in panel.families {
      for (first, second) in zip(family, family.dropFirst()) {
        guard let (from, to) = ends(first, second, x, y), from.isFinite, to.isFinite else {
          continue
        }
        let look = Look(style: style(first, second), role: second.trial.look)
        paths[look, default: ""] += Canvas.lineCommands([from, to])
      }
    }
    for (value, trial) in panel.companions + panel.families.joined() {
      guard let height = score.value(trial).map({ y($0) }) else { continue }
      let at = Canvas.Point(x: x(value), y: height)
      paths[Look(style: trial.isRTN ? "shape" : "dot", role: trial.look), default: ""] +=
        trial.isRTN ? MarkShape.path(.rtn, at: at) : MarkShape.dot(at: at)
      let reach = score.reach(trial).map { y($0) }
      let radius = trial.isRTN ? MarkShape.radius.mark : MarkShape.radius.dot
      guard let low = reach.min(), let high = reach.max(), low.isFinite, high.isFinite,
        max(high - at.y, at.y - low) >= radius - 0.5
      else { continue }
      paths[Look(style: "whisker", role: trial.look), default: ""] += Canvas.lineCommands([
        .init(x: at.x, y: low), .init(x: at.x, y: high),
      ])
    }
    // Lines first, dots on top.
    let looks = paths.keys.sorted {
      ($0.style.count, $0.style, $0.role.rawValue) > ($1.style.count, $1.style, $1.role.rawValue)
    }
    for look in looks {
      canvas.group("mark \(look.role.rawValue)") { $0.path(paths[look] ?? "", look.style) }
    }
  }

  /// Where a line between two trials of a family begins and ends.
  private func ends(
    _ first: Member, _ second: Member, _ x: (Int) -> Double, _ y: Scale
  ) -> (Canvas.Point, Canvas.Point)? {
    guard let from = score.value(first.trial), let to = score.value(second.trial) else {
      return nil
    }
    return (.init(x: x(first.value), y: y(from)), .init(x: x(second.value), y: y(to)))
  }

  /// How that line looks: dashed where the two tie.
  private func style(_ first: Member, _ second: Member) -> String {
    "line thin \(second.trial.look.rawValue)"
      + (score.isTie(first.trial, second.trial) ? " dashed" : "")
  }

  /// Whether marks carry their numbers: very many would make the page too large, and the CSV has them.
  private var hasTooltips: Bool {
    panels.reduce(0) { $0 + $1.families.joined().count } <= 400
  }

  private func drawMark(
    _ trial: TrialResult, _ x: Double, _ y: Scale, on canvas: inout Canvas
  ) {
    guard let value = score.value(trial) else { return }
    let at = Canvas.Point(x: x, y: y(value))
    let title = hasTooltips ? score.tooltip(trial) : nil
    canvas.group("mark \(trial.look.rawValue)", title: title) { canvas in
      let reach = score.reach(trial)
      if let low = reach.min(), let high = reach.max() {
        canvas.whisker(
          .init(x: x, y: y(low)), .init(x: x, y: y(high)), of: at,
          radius: trial.isRTN ? MarkShape.radius.mark : MarkShape.radius.dot)
      }
      if trial.isRTN {
        canvas.path(MarkShape.path(.rtn, at: at), "shape")
      } else {
        canvas.path(MarkShape.dot(at: at), "dot")
      }
    }
  }

  private var data: String {
    var csv = CSVText(columns: [
      "trial", "settings", "setting", "value", "family", score.column, score.stderrColumn,
      "tie_with_previous",
    ])
    for panel in panels {
      for (number, family) in panel.families.enumerated() {
        for (index, member) in family.enumerated() {
          csv.append(
            [
              String(member.trial.number), findings.names.name(member.trial),
              panel.setting.key, panel.values[member.value], String(number),
            ] + score.fields(member.trial)
              + [index == 0 ? "" : String(score.isTie(family[index - 1].trial, member.trial))])
        }
      }
    }
    return csv.text
  }
}

extension SlicePlot.Panel {
  /// Nil without `families`; `bits` is the size of all of them, where they share one.
  fileprivate init?(
    _ setting: TrialSetting, _ groups: [[TrialResult]], _ results: StudyResults,
    _ score: TrialScore, limit: Int, bits: Double?
  ) {
    guard !groups.isEmpty else { return nil }
    name = bits.map { PlotWords.slice(setting.key, $0) } ?? Bilingual(setting.key)
    self.setting = setting
    var known: [(value: JSONValue, text: String)] = []
    for trial in groups.joined() {
      let value = setting.value(trial.config)
      guard !known.contains(where: { $0.value == value }) else { continue }
      known.append((value, setting.label(trial.config)))
    }
    let sorted = known.enumerated().sorted {
      ($0.element.value.number ?? 0, $0.offset) < ($1.element.value.number ?? 0, $1.offset)
    }.map(\.element)
    values = sorted.map(\.text)
    let place = { (trial: TrialResult) in
      sorted.firstIndex { $0.value == setting.value(trial.config) } ?? 0
    }
    self.families = groups.prefix(limit).map { group in
      group.map { (place($0), $0) }.sorted { ($0.0, $0.1.number) < ($1.0, $1.1.number) }
    }
    omitted = max(0, groups.count - limit)
    var seen: Set<[Int]> = []
    companions = self.families.joined().compactMap { member in
      guard let companion = member.trial.companion.flatMap({ results.trial($0) }),
        companion.state == .complete, score.value(companion) != nil,
        seen.insert([member.value, companion.number]).inserted
      else { return nil }
      return (member.value, companion)
    }
  }
}
