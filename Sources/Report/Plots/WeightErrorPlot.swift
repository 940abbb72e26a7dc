import Foundation
import GPTQ
import Results

/// How far a trial's weights are from the base's, in steps of their grid, kind by kind, beside
/// round-to-nearest of the same grid. The page's script can show any trial.
struct WeightErrorPlot {
  private let findings: Findings
  /// Trials with such counts that the page carries: the shown ones and their companions first.
  let trials: [TrialResult]
  /// Trials whose counts did not fit.
  let omitted: Int
  /// Every kind, as they are solved.
  let kinds: [String]
  /// The trial that is shown first, and its companion.
  let shown: TrialResult
  let companion: TrialResult?

  /// Bins of all trials that a page may carry, those of clipped weights counted, too.
  static let valueLimit = 24_000

  /// Nil where no trial has counts. The first pick is shown; without one the first trial that is not
  /// round-to-nearest.
  init?(_ findings: Findings) {
    let measured = findings.results.trials.filter { trial in
      trial.weightErrors.contains { $0.errors.weights > 0 }
    }
    let byNumber = Dictionary(
      measured.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    let picks = findings.picks.ship.map(\.trial) + findings.highlighted
    guard
      let shown = picks.lazy.compactMap({ byNumber[$0] }).first ?? measured.first(where: {
        !$0.isRTN
      })
        ?? measured.first
    else { return nil }
    self.findings = findings
    self.shown = shown
    companion = shown.companion.flatMap { byNumber[$0] }
    var kinds: [String] = []
    for trial in measured {
      for kind in trial.weightErrors.map(\.kind) where !kinds.contains(kind) { kinds.append(kind) }
    }
    self.kinds = kinds
    let most = max(2, Self.valueLimit / (2 * WeightErrorShares.bins * kinds.count))
    let first =
      [shown.number, companion?.number].compactMap(\.self) + picks
      + picks.compactMap { byNumber[$0]?.companion }
    var kept = Set<Int>()
    for number in first + measured.map(\.number)
    where byNumber[number] != nil && kept.count < most { kept.insert(number) }
    trials = measured.filter { kept.contains($0.number) }.sorted { $0.number < $1.number }
    omitted = measured.count - trials.count
  }

  /// Whether a trial that can be shown has a symmetric grid.
  var isSymmetric: Bool { trials.contains { $0.config.quantize.sym } }

  /// The label of a trial in lists.
  func label(_ trial: TrialResult) -> String { findings.names.label(trial) }

  /// Where the panels of a drawing stand, one a kind.
  func frames(width: Double) -> [Frame] {
    let grid = PanelGrid(width: width, count: kinds.count, height: 220)
    return kinds.indices.map { grid.frame($0).frame }
  }

  /// The drawing of the shown trial.
  func drawing(width: Double) -> String {
    let grid = PanelGrid(width: width, count: kinds.count, height: 220)
    var canvas = grid.canvas
    for (index, kind) in kinds.enumerated() {
      let frame = grid.frame(index).frame
      draw(kind, in: frame, isNamed: index == 0, isWide: width > 500, on: &canvas)
    }
    return canvas.svg(label: PlotWords.weightErrorTitle)
  }

  private func draw(
    _ kind: String, in frame: Frame, isNamed: Bool, isWide: Bool, on canvas: inout Canvas
  ) {
    let mine = WeightErrorShares(shown, kind)
    let rtn = companion.flatMap { WeightErrorShares($0, kind) }
    let axis = WeightErrorAxis(frame)
    canvas.text(
      ModuleGrid.shortName(kind), .init(x: frame.left - PanelGrid.left, y: frame.top - 30), "panel")
    // Three texts, always, which the script writes anew.
    canvas.group("stats") { canvas in
      for (text, language) in zip([mine?.summary.en, mine?.summary.ja], ["en", "ja"]) {
        canvas.text(
          text ?? "", .init(x: frame.right, y: frame.top - 30), "tick \(language)", anchor: .end)
      }
      canvas.text(
        rtn?.companionSummary ?? "", .init(x: frame.right, y: frame.top - 14), "tick", anchor: .end)
    }
    for exponent in stride(from: WeightErrorAxis.least, through: 0, by: 2) {
      let y = axis.y(pow(10, Double(exponent)))
      canvas.line(.init(x: frame.left, y: y), .init(x: frame.right, y: y), "grid")
      canvas.text(
        Scale.power(exponent), .init(x: frame.left - 6, y: y + 4), "tick", anchor: .end)
    }
    if isNamed { canvas.text(PlotWords.weightShareAxis, .init(x: 0, y: frame.top - 12), "axis") }
    canvas.line(
      .init(x: frame.left, y: frame.bottom), .init(x: frame.right, y: frame.bottom), "rule")
    frame.drawTicks([-3, -2, -1, 0, 1, 2, 3].map { (axis.x($0), String(Int($0))) }, on: &canvas)
    if isNamed {
      canvas.text(
        PlotWords.stepsAxis, .init(x: frame.right, y: frame.bottom + 34), "axis", anchor: .end)
    }
    for half in [-0.5, 0.5] {
      canvas.line(
        .init(x: axis.x(half), y: frame.top), .init(x: axis.x(half), y: frame.bottom),
        "noise thin dash-2")
    }
    canvas.group("errors") { canvas in
      // Four paths, always, which the script draws anew.
      canvas.path(axis.steps(mine?.shares ?? []) + "Z", "band gptq")
      canvas.path(axis.steps(mine?.shares ?? []), "line thin gptq")
      canvas.path(axis.bars(mine?.clipped ?? []), "fill fault")
      canvas.path(axis.steps(rtn?.all ?? []), "line rtn dashed")
    }
    // A telephone shows no tooltips.
    guard isWide else { return }
    canvas.group("bins") { canvas in
      for bin in 0..<WeightErrorShares.bins {
        canvas.rectangle(
          x: axis.left(bin), y: frame.top, width: axis.width, height: frame.bottom - frame.top,
          "touch", title: tooltip(bin, mine, rtn))
      }
    }
  }

  private func tooltip(_ bin: Int, _ mine: WeightErrorShares?, _ rtn: WeightErrorShares?) -> String
  {
    let (low, high) = WeightErrors.ends(of: bin)
    func line(_ trial: TrialResult, _ share: Double, _ clipped: Double) -> String {
      let more = clipped > 0 ? ", clipped_share \(NumberText.shortest(clipped))" : ""
      return "#\(trial.number): share \(NumberText.shortest(share))\(more)"
    }
    var lines = ["steps \(NumberText.shortest(low)) … \(NumberText.shortest(high))"]
    if let mine { lines.append(line(shown, mine.shares[bin], mine.clipped[bin])) }
    if let rtn, let companion { lines.append(line(companion, rtn.shares[bin], rtn.clipped[bin])) }
    return lines.joined(separator: "\n")
  }

  /// The shown trial and its companion, as CSV.
  var csv: String {
    var csv = CSVText(columns: [
      "trial", "module", "steps_from", "steps_to", "share", "clipped_share",
    ])
    for trial in [shown] + (companion.map { [$0] } ?? []) {
      for kind in kinds {
        guard let shares = WeightErrorShares(trial, kind) else { continue }
        for bin in 0..<WeightErrorShares.bins where shares.all[bin] > 0 {
          let (low, high) = WeightErrors.ends(of: bin)
          csv.append(
            [String(trial.number), kind]
              + [low, high, shares.shares[bin], shares.clipped[bin]].map(NumberText.shortest))
        }
      }
    }
    return csv.text
  }

  /// Every carried trial's shares for the page's script, packed.
  var json: String {
    let all = trials.map { trial in kinds.map { WeightErrorShares(trial, $0) } }
    let format = PackedNumbers.Format(
      all.lazy.joined().compactMap(\.self).flatMap { $0.shares + $0.clipped })
    let entries = zip(trials, all).map { trial, shares in
      let packed = shares.map { one in
        one.map { PackedNumbers($0.shares + $0.clipped, format).text.jsonQuoted } ?? "\"\""
      }
      let companion = trial.companion.map(String.init) ?? "null"
      return "{\"n\":\(trial.number),\"s\":\(label(trial).jsonQuoted),\"c\":\(companion),"
        + "\"v\":[\(packed.joined(separator: ","))]}"
    }
    func boxes(_ width: Double) -> String {
      frames(width: width).map {
        "[\(Canvas.number($0.left)),\(Canvas.number($0.top)),\(Canvas.number($0.right)),"
          + "\(Canvas.number($0.bottom))]"
      }.joined(separator: ",")
    }
    return "{\"width\":\(format.width),\"exponent\":\(format.exponent),"
      + "\"bins\":\(WeightErrorShares.bins),\"least\":\(WeightErrorAxis.least),"
      + "\"kinds\":[\(kinds.map(\.jsonQuoted).joined(separator: ","))],"
      + "\"wide\":[\(boxes(Figure.wideWidth))],\"narrow\":[\(boxes(Figure.narrowWidth))],"
      + "\"trials\":[\(entries.joined(separator: ","))]}"
  }
}

/// The weights of one kind in one trial as shares of all, bin by bin.
struct WeightErrorShares: Sendable {
  /// Those in their grid.
  let shares: [Double]
  /// Those that are clipped.
  let clipped: [Double]
  /// Both.
  var all: [Double] { zip(shares, clipped).map(+) }
  /// The share beyond half a step inside the grid, and of what is clipped.
  let moved: Double
  let clippedShare: Double

  static let bins = WeightErrors.bounds.count + 1

  /// Nil where the trial has no weights of that kind in bins.
  init?(_ trial: TrialResult, _ kind: String) {
    guard let errors = trial.weightErrors.first(where: { $0.kind == kind })?.errors,
      errors.weights > 0
    else { return nil }
    let whole = Double(errors.weights)
    shares = errors.counts.map { Double($0) / whole }
    clipped = errors.clipped.map { Double($0) / whole }
    moved = Double(errors.movedWeights) / whole
    clippedShare = Double(errors.clippedWeights) / whole
  }

  /// Moved and clipped, as a panel says it.
  var summary: Bilingual {
    PlotWords.movedAndClipped(NumberText.percent(moved, 3), NumberText.percent(clippedShare))
  }

  /// The same of round-to-nearest, below it.
  var companionSummary: String {
    "RTN \(NumberText.percent(moved, 3)) / \(NumberText.percent(clippedShare))"
  }
}

/// The way from bins and shares to pixels of one panel: the same for all trials, so that they can be
/// compared.
struct WeightErrorAxis {
  private let frame: Frame

  /// The power of ten of the least share that is told apart.
  static let least = -8

  init(_ frame: Frame) { self.frame = frame }

  /// Pixels across a bin; tails are as wide as others.
  var width: Double { (frame.right - frame.left) / Double(WeightErrorShares.bins) }

  /// The left edge of a bin.
  func left(_ bin: Int) -> Double { frame.left + Double(bin) * width }

  /// The pixel of an error.
  func x(_ steps: Double) -> Double {
    let first = (WeightErrors.bounds.firstIndex(of: steps) ?? 0) + 1
    return left(first)
  }

  /// The pixel of a share; what is less than can be told apart stands on the line below.
  func y(_ share: Double) -> Double {
    guard share > 0 else { return frame.bottom }
    let part = 1 - log10(share) / Double(Self.least)
    return frame.bottom - min(max(part, 0), 1) * (frame.bottom - frame.top)
  }

  /// A line over all bins, from the bottom and back to it.
  func steps(_ shares: [Double]) -> String {
    guard !shares.isEmpty else { return "M0 0" }
    let bottom = Canvas.number(frame.bottom)
    let steps = shares.enumerated().map { bin, share in
      "V\(Canvas.number(y(share)))H\(Canvas.number(left(bin + 1)))"
    }
    return "M\(Canvas.number(frame.left)) \(bottom)\(steps.joined())V\(bottom)"
  }

  /// A bar for each bin that has some, half as wide.
  func bars(_ shares: [Double]) -> String {
    let bottom = Canvas.number(frame.bottom)
    let bars = shares.enumerated().filter { $0.element > 0 }.map { bin, share in
      "M\(Canvas.number(left(bin) + width / 4)) \(bottom)V\(Canvas.number(y(share)))"
        + "H\(Canvas.number(left(bin) + 0.75 * width))V\(bottom)Z"
    }
    return bars.isEmpty ? "M0 0" : bars.joined()
  }
}
