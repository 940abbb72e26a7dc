import Foundation
import GPTQ
import Results

/// What quantization did to every module in every trial, each measure on one scale. The experts of a
/// layer stand together, by the mean of those linears that do the same: one by one they would be
/// thousands.
struct HeatMapData: Sendable {
  /// One trial's values, in the order of `cells`.
  struct TrialErrors: Sendable {
    let number: Int
    let name: String
    /// By measure, in the order of `measures`; NaN where there is none.
    let values: [[Double]]

    /// Relative held-out errors.
    var errors: [Double] { values[0] }

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

  /// Cells of all trials that a page may carry; trials beyond are left to layers.csv.
  static let valueLimit = 112_000
  /// The same where the page carries spectra and weight errors, too.
  static let valueLimitBesideSpectra = 72_000

  /// What may be shown: the error first, then whatever some trial has.
  let measures: [HeatMapMeasure]
  /// The colours of each measure.
  let ramps: [MeasureRamp]

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

    let limit = results.spectra.isEmpty ? Self.valueLimit : Self.valueLimitBesideSpectra
    let capacity = max(2, limit / sorted.count)
    let important = Set(first)
    let kept = Set(
      (measured.filter { important.contains($0.number) }
        + measured.filter { !important.contains($0.number) })
        .prefix(capacity).map(\.number))
    omitted = measured.count - kept.count
    let shown = measured.filter { kept.contains($0.number) }.sorted { $0.number < $1.number }
    let grouped = shown.map { Dictionary(grouping: $0.modules, by: Cell.init) }
    let all = HeatMapMeasure.allCases.map { measure in
      grouped.map { modules in sorted.map { measure.value(modules[$0] ?? []) } }
    }
    // What no trial has is no choice; the error is, whatever it is.
    let present = all.indices.filter { index in
      index == 0 || all[index].contains { $0.contains { $0.isFinite && $0 >= 0 } }
    }
    measures = present.map { HeatMapMeasure.allCases[$0] }
    ramps = present.map { HeatMapMeasure.allCases[$0].ramp(all[$0].lazy.joined()) }
    trials = zip(shown.indices, shown).map { index, trial in
      TrialErrors(
        number: trial.number, name: names.label(trial), values: present.map { all[$0][index] })
    }
  }

  /// The ramp's step for `error`; nil where there is nothing to show.
  func step(_ error: Double) -> Int? { ramps[0].step(error) }

  /// An error as the map says it, in three digits.
  static func text(_ error: Double) -> String { NumberText.significant(error, 3) }

  /// The values for the page's script, in the digits it shows: see `PackedNumbers`.
  var json: String {
    let formats = measures.indices.map { index -> PackedNumbers.Format in
      let values = trials.lazy.flatMap { $0.values[index] }
      let isOfFew = [.damp, .path].contains(measures[index])
      return (isOfFew ? .init(words: values) : nil) ?? .init(values)
    }
    let measureObjects = measures.indices.map { index -> String in
      let (measure, ramp, format) = (measures[index], ramps[index], formats[index])
      let ticks = ramp.legend.ticks.map {
        "[\(NumberText.fixed(100 * $0.share, 1)),\($0.label.jsonQuoted)]"
      }
      let words = format.words.map { value -> String in
        measure == .path
          ? SolverPath.allCases[Int(value)].rawValue.jsonQuoted : Self.text(value).jsonQuoted
      }
      let places = format.words.map(NumberText.shortest)
      return "{\"id\":\(measure.rawValue.jsonQuoted),\"column\":\(measure.column.jsonQuoted),"
        + "\"en\":\(measure.name.en.jsonQuoted),\"ja\":\(measure.name.ja.jsonQuoted),"
        + "\"lo\":\(ramp.range.lowerBound),\"hi\":\(ramp.range.upperBound),"
        + "\"log\":\(ramp.isLogarithmic),\"exponent\":\(format.exponent),"
        + "\"width\":\(format.width),\"ticks\":[\(ticks.joined(separator: ","))]"
        + (words.isEmpty
          ? ""
          : ",\"values\":[\(places.joined(separator: ","))],"
            + "\"words\":[\(words.joined(separator: ","))]")
        + (measure == .path ? ",\"isNamed\":true" : "") + "}"
    }
    let trialObjects = trials.map { trial -> String in
      let values = zip(trial.values, formats).map { PackedNumbers($0, $1).text.jsonQuoted }
      return "{\"n\":\(trial.number),\"s\":\(trial.name.jsonQuoted),"
        + "\"v\":[\(values.joined(separator: ","))]}"
    }
    return "{\"steps\":\(ColorRamp.steps),\"measures\":[\(measureObjects.joined(separator: ","))],"
      + "\"cells\":[\(cells.map(\.path.jsonQuoted).joined(separator: ","))],"
      + "\"trials\":[\(trialObjects.joined(separator: ","))]}"
  }
}

extension Double {
  /// log₁₀.
  var logarithm: Double { log10(self) }
}
