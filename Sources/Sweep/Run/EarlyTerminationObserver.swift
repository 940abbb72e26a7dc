import Basics
import Model
import Results

/// Stops clearly dominated trials at the rungs of an early termination.
struct EarlyTerminationObserver: PassObserver {
  let rule: EarlyTermination
  let model: ModelConfig

  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    guard EarlyTermination.rungs(layers: model.layers).contains(layer + 1) else { return [] }
    let judged = trials.filter { $0.role == .search && $0.config.quantize.algorithm != .rtn }
    let stopped = rule.stopped(
      bitsPerWeight: judged.map { model.bitsPerWeight(of: $0.config) },
      hiddenErrors: judged.map { $0.hiddenErrors.last ?? .nan })
    return Set(stopped.map { judged[$0].number })
  }
}
