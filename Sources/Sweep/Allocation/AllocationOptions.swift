import Basics
import GPTQ
import Model
import Results

/// The options that a study offers: uniform trials that differ in nothing but what `dynamic` can say of
/// a single module.
struct AllocationOptions {
  /// The trials, the smallest first.
  let trials: [TrialResult]

  /// The trials of the numbers `asked`; where none are, the one of the least divergence of each grid.
  init(_ results: StudyResults, asked: [Int]) throws(InputError) {
    let found = try asked.isEmpty ? Self.best(results) : Self.trials(asked, of: results)
    guard found.count > 1 else {
      throw InputError(
        .usage, asked: "allocate bits between the trials of a study",
        found: "\(found.count) of its trials can be an option of a module",
        hint: "sweep several bits or group_size in one study; the other settings must agree")
    }
    trials = found.sorted { ($0.bitsPerWeight, $0.number) < ($1.bitsPerWeight, $1.number) }
  }

  /// What an option is without what a rule of `dynamic` can change, and whose activations it saw.
  private static func frame(_ trial: TrialResult) -> TrialConfig {
    var frame = trial.config
    frame.quantize = QuantizeOverrides(from: frame.quantize, to: QuantizeConfig())
      .applied(to: frame.quantize)
    frame.propagation = .quantized
    return frame
  }

  private static func refusal(_ trial: TrialResult) -> String? {
    if trial.state != .complete { return "it is not complete: \(trial.state.rawValue)" }
    if trial.draw != 0 { return "it is a repeat on another calibration draw" }
    if !trial.config.dynamic.isEmpty { return "its modules differ already: it has dynamic rules" }
    if trial.modules.isEmpty { return "the study has no errors of its modules" }
    return nil
  }

  private static func trials(
    _ numbers: [Int], of results: StudyResults
  ) throws(InputError) -> [TrialResult] {
    var trials: [TrialResult] = []
    for number in numbers where !trials.contains(where: { $0.number == number }) {
      let asked = "allocate bits with trial \(number) as an option"
      guard let trial = results.trial(number) else {
        throw InputError(
          .usage, asked: asked, found: "no such trial",
          hint: "the study has \(results.numberRange.map { "trials \($0)" } ?? "no trials")")
      }
      if let found = refusal(trial) {
        throw InputError(
          .usage, asked: asked, found: found,
          hint:
            "`tenbin sweep status` lists the trials; leave --options out for the best of each grid")
      }
      if let first = trials.first, frame(first) != frame(trial) {
        let setting = TrialConfig.settings.first {
          $0.value(frame(first)) != $0.value(frame(trial))
        }
        throw InputError(
          .usage, asked: asked,
          found:
            "its \(setting?.key ?? "settings") is another than trial \(first.number)'s, and no rule"
            + " of dynamic says that of a single module",
          hint: "give trials that differ in settings of single modules: "
            + QuantizeOverrides.allowed.map(\.key).joined(separator: ", "))
      }
      trials.append(trial)
    }
    return trials
  }

  /// The trial of the least divergence of each grid, of those that agree in all else: of the largest
  /// such family, or the better one of two.
  private static func best(_ results: StudyResults) -> [TrialResult] {
    struct Grid: Hashable {
      var bits: Int
      var groupSize: Int
      var sym: Bool
    }
    // A confirmation has the settings of another trial, and may come later.
    let candidates = results.ranked.filter {
      $0.role == .search && !$0.isRTN && refusal($0) == nil
    }
    let families = Dictionary(grouping: candidates, by: frame).values.map { family in
      Dictionary(grouping: family) { trial in
        let quantize = trial.config.quantize
        return Grid(bits: quantize.bits, groupSize: quantize.groupSize, sym: quantize.sym)
      }.values.compactMap { same in
        same.min {
          ($0.meanDivergence?.value ?? .infinity, $0.number)
            < ($1.meanDivergence?.value ?? .infinity, $1.number)
        }
      }
    }
    func least(_ family: [TrialResult]) -> Double {
      family.compactMap { $0.meanDivergence?.value }.min() ?? .infinity
    }
    return families.min { (-$0.count, least($0)) < (-$1.count, least($1)) } ?? []
  }
}

extension TrialResult {
  /// The KL divergence from the base, nats per token, and its standard error: the mean over the
  /// domains; nil where a domain has no number.
  var meanDivergence: (value: Double, stderr: Double)? {
    guard !evaluations.isEmpty, evaluations.allSatisfy({ $0.kldMean.isFinite }) else { return nil }
    let count = Double(evaluations.count)
    let squares = evaluations.reduce(0) { $0 + $1.kldStderr * $1.kldStderr }
    return (evaluations.reduce(0) { $0 + $1.kldMean } / count, squares.squareRoot() / count)
  }
}
