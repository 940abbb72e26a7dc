import GPTQ
import Results

/// What the cells of the heat map may show of a module.
enum HeatMapMeasure: String, CaseIterable, Sendable {
  /// Relative error on held-out text.
  case error
  /// The same over that of round-to-nearest on the same grid.
  case overRTN = "over_rtn"
  /// The loss of the column loop over what it is to be expected to be.
  case overExpected = "over_expected"
  /// Error on held-out over error on calibration text: what was fitted to the calibration text alone.
  case gap
  /// The damp the solve ended with.
  case damp
  /// How the solve ended up with its result.
  case path

  /// A module's value; NaN where it has none. A path is its place in `SolverPath.allCases`.
  func value(_ module: ModuleResult) -> Double {
    switch self {
    case .error: module.relativeErrorHeldout
    case .overRTN: Self.ratio(module.relativeErrorHeldout, module.rtnRelativeErrorHeldout)
    case .overExpected: Self.ratio(module.loss ?? .nan, module.expectedLoss ?? .nan)
    case .gap: Self.ratio(module.relativeErrorHeldout, module.relativeErrorCalibration)
    case .damp: module.dampPercentUsed
    case .path: Double(SolverPath.allCases.firstIndex(of: module.solverPath) ?? 0)
    }
  }

  private static func ratio(_ value: Double, _ other: Double) -> Double {
    other > 0 && other.isFinite ? value / other : .nan
  }

  /// What a cell shows of linears that stand together: their mean, or the path that most of them took.
  func value(_ modules: [ModuleResult]) -> Double {
    let values = modules.map(value).filter { !$0.isNaN }
    guard self == .path else { return values.reduce(0, +) / Double(values.count) }
    let counts = Dictionary(grouping: values, by: { $0 }).mapValues(\.count)
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? .nan
  }

  /// The column of layers.csv that holds it, or the two whose quotient it is.
  var column: String {
    switch self {
    case .error: "relative_error_heldout"
    case .overRTN: "relative_error_heldout/rtn_relative_error_heldout"
    case .overExpected: "loss/expected_loss"
    case .gap: "relative_error_heldout/relative_error_calibration"
    case .damp: "damp_percent_used"
    case .path: "solver_path"
    }
  }

  /// Its name for readers.
  var name: Bilingual {
    switch self {
    case .error: PlotWords.rampName
    case .overRTN: Bilingual("error over that of RTN", "RTN の誤差に対する比")
    case .overExpected: Bilingual("loss over expected loss", "損失の予想値に対する比")
    case .gap: Bilingual("held-out over calibration error", "評価誤差とキャリブレーション誤差の比")
    case .damp: Bilingual("damp_percent used", "実際に使った damp_percent")
    case .path: Bilingual("solver path", "解法の経路")
    }
  }

  /// The colours of `values`.
  func ramp(_ values: some Sequence<Double>) -> MeasureRamp {
    switch self {
    case .error, .damp: MeasureRamp(LogRamp(values), name)
    case .overRTN, .overExpected, .gap: MeasureRamp(ratios: values, name)
    case .path: MeasureRamp(paths: values, name)
    }
  }
}

/// The way from a measure's values to the steps of the colour ramp, and the ramp's legend.
struct MeasureRamp: Sendable {
  /// log₁₀ of the values at both ends; of paths their places.
  let range: ClosedRange<Double>
  /// Whether values are taken by their logarithms.
  let isLogarithmic: Bool
  /// What the steps mean.
  let legend: RampLegend

  /// Magnitudes, decade by decade.
  init(_ ramp: LogRamp, _ name: Bilingual) {
    range = ramp.range
    isLogarithmic = true
    legend = ramp.legend(name)
  }

  /// Quotients, from the least to the greatest.
  init(ratios values: some Sequence<Double>, _ name: Bilingual) {
    let scale = Scale(.logarithmic, over: Array(values), pixels: (0, 1), margin: 0)
    let ends = [scale.domain.lowerBound, scale.domain.upperBound].map(\.logarithm)
    range = ends[0]...max(ends[1], ends[0] + 1e-6)
    isLogarithmic = true
    legend = RampLegend(
      name: name,
      ticks: scale.ticks(5).map { RampLegend.Tick(share: scale($0.value), label: $0.label) }
        .filter { (0...1).contains($0.share) })
  }

  /// The paths that occur.
  init(paths values: some Sequence<Double>, _ name: Bilingual) {
    let last = Double(SolverPath.allCases.count - 1)
    range = 0...last
    isLogarithmic = false
    legend = RampLegend(
      name: name,
      ticks: Set(values.filter { !$0.isNaN }).sorted().map { place in
        RampLegend.Tick(
          share: (Double(Self.step(place / last)) + 0.5) / Double(ColorRamp.steps),
          label: SolverPath.allCases[Int(place)].rawValue)
      })
  }

  private static func step(_ share: Double) -> Int {
    Int(min(max(share, 0), 0.999) * Double(ColorRamp.steps))
  }

  /// The step for `value`, the palest for zero; nil where there is nothing to show.
  func step(_ value: Double) -> Int? {
    guard !value.isNaN, value >= 0 else { return nil }
    let (low, high) = (range.lowerBound, range.upperBound)
    if !isLogarithmic { return Self.step((value - low) / (high - low)) }
    return value > 0 ? Self.step((value.logarithm - low) / (high - low)) : 0
  }
}
