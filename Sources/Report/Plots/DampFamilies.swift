import Foundation
import Results

/// Trials that differ in damp_percent only, and the axis that they stand on.
enum DampFamilies {
  /// Exactly packed GPTQ trials in families, each by damp; those that `keeps` refuses are left out.
  static func all(
    _ results: StudyResults, keeps: (TrialResult) -> Bool = { _ in true }
  ) -> [[TrialResult]] {
    var order: [TrialConfig] = []
    var families: [TrialConfig: [TrialResult]] = [:]
    let trials = results.trials.filter {
      $0.state == .complete && $0.draw == 0 && !$0.isRTN && $0.config.packer == .exact
        && $0.config.quantize.dampPercent >= 0 && keeps($0)
    }.sorted { $0.number < $1.number }
    for trial in trials {
      var key = trial.config
      key.quantize.dampPercent = 0
      if families[key] == nil { order.append(key) }
      families[key, default: []].append(trial)
    }
    return order.compactMap { families[$0]?.sorted { damp($0) < damp($1) } }
      .filter { Set($0.map(damp)).count > 1 }
  }

  /// How many families of each plot are drawn; their CSVs hold all.
  static let drawn = 12

  /// Those that are drawn of `panels`, whose grids `grid` tells: one of every grid before the second of
  /// any.
  static func shown<Panel>(_ panels: [Panel], grid: (Panel) -> String) -> [Panel] {
    var seen: [String: Int] = [:]
    let turns = panels.map { panel in
      seen[grid(panel), default: 0] += 1
      return seen[grid(panel), default: 0]
    }
    let kept = panels.indices.sorted { (turns[$0], $0) < (turns[$1], $1) }.prefix(drawn)
    return kept.sorted().map { panels[$0] }
  }

  /// What a family is called: its grid, and what else tells it from others.
  static func name(_ first: TrialResult, _ names: TrialNames) -> String {
    let grid = first.config.quantize.gridName
    let details = names.details(first, omitting: "damp_percent")
    return details.isEmpty ? grid : "\(grid) \(details)"
  }

  /// A trial's damp_percent.
  static func damp(_ trial: TrialResult) -> Double { trial.config.quantize.dampPercent }
}

/// A logarithmic axis of damp_percent; zero stands left of a break.
struct DampAxis {
  private let damps: Set<Double>
  private let frame: Frame
  private let scale: Scale
  private let zero: Double?

  /// The axis below `frame` for `damps`.
  init(_ damps: [Double], _ frame: Frame) {
    self.damps = Set(damps)
    self.frame = frame
    zero = damps.contains(0) ? frame.left + 14 : nil
    scale = Scale(
      .logarithmic, over: damps, pixels: (zero == nil ? frame.left : frame.left + 46, frame.right),
      margin: 0.06)
  }

  /// The pixel of `damp`.
  func callAsFunction(_ damp: Double) -> Double { damp == 0 ? zero ?? .nan : scale(damp) }

  /// Draws it, with its name where `isNamed`.
  func draw(isNamed: Bool, on canvas: inout Canvas) {
    let bottom = frame.bottom
    if let zero {
      let gap = zero + 16
      canvas.line(.init(x: frame.left, y: bottom), .init(x: gap - 3, y: bottom), "rule")
      canvas.line(.init(x: gap + 3, y: bottom), .init(x: frame.right, y: bottom), "rule")
      for offset in [-3.0, 3.0] {
        canvas.line(
          .init(x: gap + offset - 3, y: bottom + 5), .init(x: gap + offset + 3, y: bottom - 5),
          "rule")
      }
    } else {
      canvas.line(.init(x: frame.left, y: bottom), .init(x: frame.right, y: bottom), "rule")
    }
    // The damps tried, powers of ten first: where there is no room, others lose their labels.
    let isPower = { (damp: Double) in log10(damp) == log10(damp).rounded() }
    let tried = damps.filter { $0 > 0 }.sorted()
    frame.drawTicks(
      (zero.map { [($0, "0")] } ?? [])
        + (tried.filter(isPower) + tried.filter { !isPower($0) })
        .map { (scale($0), Scale.label($0)) },
      on: &canvas)
    if isNamed {
      canvas.text("damp_percent", .init(x: frame.right, y: bottom + 34), "axis", anchor: .end)
    }
  }
}

/// Panels in rows, as many across as fit.
struct PanelGrid {
  /// Pixels across the drawing.
  let width: Double
  /// How many there are.
  let count: Int
  /// Pixels down a panel.
  var height = 244.0

  private var across: Int {
    if width < 500 { return 1 }
    switch count {
    case ...2: return 2
    case 4, 7...: return 4
    default: return 3
    }
  }

  /// An empty drawing for them.
  var canvas: Canvas {
    Canvas(width: width, height: Double((count + across - 1) / across) * height)
  }

  /// Pixels left of a panel's axes, for labels such as 2.5×10⁻⁴.
  static let left = 60.0

  /// Where the axes of the panel of that number stand, and whether it begins a row.
  func frame(_ index: Int) -> (frame: Frame, isFirst: Bool) {
    let gap = 28.0
    let panelWidth = (width - gap * Double(across - 1)) / Double(across)
    let x = Double(index % across) * (panelWidth + gap)
    let y = Double(index / across) * height
    return (
      Frame(
        left: x + Self.left, top: y + 46, right: x + panelWidth - 10, bottom: y + height - 46),
      index % across == 0
    )
  }
}
