import Foundation
import Results

/// The held-out errors of every module in every trial, on one logarithmic scale. The experts of a
/// layer stand together, by the mean of those linears that do the same: one by one they would be
/// thousands.
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

    /// The cell of a linear.
    init(_ result: ModuleResult) {
      layer = result.layer
      module = result.expert == nil ? result.module : result.kind
    }
  }

  /// Errors a page may carry; trials beyond are left to layers.csv.
  static let valueLimit = 120_000

  let cells: [Cell]
  /// The layers, ascending.
  let layers: [Int]
  /// The modules' names, in the order in which they are solved.
  let modules: [String]
  let trials: [TrialErrors]
  /// Whether some of them are those of experts.
  let hasExperts: Bool
  /// Trials whose errors did not fit.
  let omitted: Int
  /// The colours of the errors.
  let ramp: LogRamp

  /// Nil where no trial has a module. `first` are the trials to keep whatever is left out.
  init?(_ results: StudyResults, names: TrialNames, first: [Int]) {
    var seen: Set<Cell> = []
    var moduleOrder: [String] = []
    let measured = results.trials.filter { !$0.modules.isEmpty }
    for trial in measured {
      for module in trial.modules {
        let cell = Cell(module)
        guard seen.insert(cell).inserted else { continue }
        if !moduleOrder.contains(cell.module) { moduleOrder.append(cell.module) }
      }
    }
    guard !seen.isEmpty else { return nil }
    let rank = Dictionary(
      moduleOrder.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    let sorted = seen.sorted {
      ($0.layer, rank[$0.module] ?? 0) < ($1.layer, rank[$1.module] ?? 0)
    }
    cells = sorted
    hasExperts = measured.contains { $0.modules.contains { $0.expert != nil } }
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
        let errors = Dictionary(grouping: trial.modules, by: Cell.init).mapValues { modules in
          let known = modules.map(\.relativeErrorHeldout).filter { !$0.isNaN }
          return known.reduce(0, +) / Double(known.count)
        }
        return TrialErrors(
          number: trial.number, name: names.label(trial),
          errors: sorted.map { errors[$0] ?? .nan })
      }
    ramp = LogRamp(trials.lazy.flatMap(\.errors))
  }

  /// The ramp's step for `error`; nil where there is nothing to show.
  func step(_ error: Double) -> Int? { ramp.step(error) }

  /// An error as the map says it, in three digits.
  static func text(_ error: Double) -> String { NumberText.significant(error, 3) }

  /// The errors for the page's script, in the digits it shows; null where missing.
  var json: String {
    let trialObjects = trials.map { trial in
      let values = trial.errors.map { error -> String in
        guard error.isFinite, error >= 0 else { return "null" }
        return error > 0 ? Self.short(error) : "0"
      }
      return "{\"n\":\(trial.number),\"s\":\(trial.name.jsonQuoted),"
        + "\"v\":[\(values.joined(separator: ","))]}"
    }
    let (low, high) = (ramp.range.lowerBound, ramp.range.upperBound)
    return "{\"lo\":\(low),\"hi\":\(high),\"steps\":\(ColorRamp.steps),"
      + "\"cells\":[\(cells.map(\.path.jsonQuoted).joined(separator: ","))],"
      + "\"trials\":[\(trialObjects.joined(separator: ","))]}"
  }

  /// Three digits of a positive number in few characters: `123e-5`.
  private static func short(_ error: Double) -> String {
    let exponent = NumberText.decimalExponent(error) - 2
    guard abs(exponent) < 290 else { return NumberText.shortest(error) }
    return "\(Int((error / pow(10, Double(exponent))).rounded()))e\(exponent)"
  }
}
