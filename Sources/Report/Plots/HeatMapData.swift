import Foundation
import Results

/// The held-out errors of every module in every trial, on one logarithmic scale.
struct HeatMapData: Sendable {
  /// One trial's errors, in the order of `cells`.
  struct TrialErrors: Sendable {
    let number: Int
    let name: String
    /// Relative held-out errors; NaN where there is none.
    let errors: [Double]

    /// The cell of the largest error.
    var worst: Int? {
      errors.indices.filter { errors[$0].isFinite }.max { errors[$0] < errors[$1] }
    }
  }

  /// One cell of the map.
  struct Cell: Sendable, Hashable {
    let layer: Int
    let module: String
    var path: String { "layers.\(layer).\(module)" }
  }

  /// Errors a page may carry; trials beyond are left to layers.csv.
  static let valueLimit = 120_000

  let cells: [Cell]
  /// The layers, ascending.
  let layers: [Int]
  /// The modules' names, in the order in which they are solved.
  let modules: [String]
  let trials: [TrialErrors]
  /// Trials whose errors did not fit.
  let omitted: Int
  /// log₁₀ of the error at the pale and at the deep end of the ramp.
  let logRange: ClosedRange<Double>

  /// Nil where no trial has a module. `first` are the trials to keep whatever is left out.
  init?(_ results: StudyResults, names: TrialNames, first: [Int]) {
    var seen: Set<Cell> = []
    var moduleOrder: [String] = []
    let measured = results.trials.filter { !$0.modules.isEmpty }
    for trial in measured {
      for module in trial.modules {
        seen.insert(Cell(layer: module.layer, module: module.module))
        if !moduleOrder.contains(module.module) { moduleOrder.append(module.module) }
      }
    }
    guard !seen.isEmpty else { return nil }
    let rank = Dictionary(
      moduleOrder.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    let sorted = seen.sorted {
      ($0.layer, rank[$0.module] ?? 0) < ($1.layer, rank[$1.module] ?? 0)
    }
    cells = sorted
    modules = moduleOrder
    layers = Set(sorted.map(\.layer)).sorted()

    let capacity = max(2, Self.valueLimit / sorted.count)
    let important = Set(first)
    let kept = Set(
      (measured.filter { important.contains($0.number) }
        + measured.filter { !important.contains($0.number) })
        .prefix(capacity).map(\.number))
    omitted = measured.count - kept.count
    trials = measured.filter { kept.contains($0.number) }.sorted { $0.number < $1.number }
      .map { trial in
        let errors = Dictionary(
          trial.modules.map {
            (Cell(layer: $0.layer, module: $0.module), $0.relativeErrorHeldout)
          }, uniquingKeysWith: { _, last in last })
        return TrialErrors(
          number: trial.number, name: names.label(trial),
          errors: sorted.map { errors[$0] ?? .nan })
      }
    logRange = Self.logRange(trials)
  }

  /// Half decades around every positive error.
  private static func logRange(_ trials: [TrialErrors]) -> ClosedRange<Double> {
    var smallest = Double.infinity
    var largest = -Double.infinity
    for trial in trials {
      for error in trial.errors where error.isFinite && error > 0 {
        smallest = min(smallest, error)
        largest = max(largest, error)
      }
    }
    guard smallest.isFinite, largest.isFinite else { return -4...0 }
    let low = (2 * log10(smallest)).rounded(.down) / 2
    let high = (2 * log10(largest)).rounded(.up) / 2
    return low...max(high, low + 1)
  }

  /// The ramp's step for `error`; nil where there is nothing to show.
  func step(_ error: Double) -> Int? {
    guard !error.isNaN, error >= 0 else { return nil }
    guard error > 0 else { return 0 }
    let share =
      (log10(error) - logRange.lowerBound) / (logRange.upperBound - logRange.lowerBound)
    return Int(min(max(share, 0), 0.999) * Double(ColorRamp.steps))
  }

  /// The errors for the page's script: hundredths of log₁₀, null where missing, −9999 for zero.
  var json: String {
    let trialObjects = trials.map { trial in
      let values = trial.errors.map { error -> String in
        guard error.isFinite, error >= 0 else { return "null" }
        return error > 0 ? String(Int((100 * log10(error)).rounded())) : "-9999"
      }
      return "{\"n\":\(trial.number),\"s\":\(trial.name.jsonQuoted),"
        + "\"v\":[\(values.joined(separator: ","))]}"
    }
    let low = Int((100 * logRange.lowerBound).rounded())
    let high = Int((100 * logRange.upperBound).rounded())
    return "{\"lo\":\(low),\"hi\":\(high),\"steps\":\(ColorRamp.steps),"
      + "\"cells\":[\(cells.map(\.path.jsonQuoted).joined(separator: ","))],"
      + "\"trials\":[\(trialObjects.joined(separator: ","))]}"
  }
}
