import Analysis
import Basics
import GPTQ
import Model
import Results

/// Measures how much the model suffers from an error in one part of it: each part quantized alone,
/// all in one pass, a trial each.
struct AllocationProbes {
  let parts: [AllocationPart]
  /// What they are quantized with.
  let config: TrialConfig

  /// At most `limit` of `parts`, quantized as `option` is: all parts of layers that lie evenly between
  /// the first and the last, where not all fit.
  init(_ parts: [AllocationPart], like option: TrialConfig, limit: Int) {
    self.parts = Self.chosen(parts, limit: limit)
    var config = option
    // One part alone reads what the base's reads.
    config.propagation = .shared
    config.quantize.errorPropagation = 0
    if config.quantize.algorithm == .gptaq { config.quantize.algorithm = .gptq }
    self.config = config
  }

  /// The trials of a pass.
  var trials: [PassTrial] {
    parts.enumerated().map { number, part in
      PassTrial(TrialResult(number: number, config: config, companion: nil)) {
        [config] layer, name in part.contains(layer, name) ? .solve(config) : .keep
      }
    }
  }

  /// What the finished trials of the pass say of the parts, in their order.
  func sensitivities(_ trials: [TrialResult]) throws(InputError) -> [Sensitivity] {
    var found: [Sensitivity] = []
    for (part, trial) in zip(parts, trials) {
      guard let divergence = trial.meanDivergence else {
        throw InputError(
          .badData, asked: "measure what layer \(part.layer) \(part.name) costs",
          found: "no finite divergence with it quantized as \(config.label)",
          hint: "leave it out with --keep, or give other trials with --options")
      }
      // Without a token that reaches it there is no error, and the model does not suffer.
      let error = part.error(trial.modules, \.relativeErrorHeldout) ?? 0
      found.append(
        Sensitivity(
          divergence: divergence.value, divergenceStderr: divergence.stderr, error: error))
    }
    return found
  }

  private static func chosen(_ parts: [AllocationPart], limit: Int) -> [AllocationPart] {
    guard parts.count > limit else { return parts }
    let alike = Dictionary(grouping: parts, by: \.name)
    let share = max(2, limit / alike.count)
    var layers: [String: Set<Int>] = [:]
    for (name, parts) in alike {
      let known = parts.map(\.layer).sorted()
      let count = min(share, known.count)
      let places = (0..<count).map { $0 * (known.count - 1) / max(1, count - 1) }
      layers[name] = Set(places.map { known[$0] })
    }
    return parts.filter { layers[$0.name]?.contains($0.layer) ?? false }
  }
}
