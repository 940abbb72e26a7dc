import Basics
import Model
import Results

/// Stops clearly dominated trials at the rungs of an early termination; passes everything on.
struct EarlyTerminationObserver: PassObserver {
  let rule: EarlyTermination
  let model: ModelConfig
  let next: any PassObserver

  func titled(_ title: PassTitle) { next.titled(title) }

  func began(_ cost: PassCost) { next.began(cost) }

  func starting(after layer: Int) throws(InputError) { try next.starting(after: layer) }

  func saving(after layer: Int) throws(InputError) { try next.saving(after: layer) }

  func saved(after layer: Int) { next.saved(after: layer) }

  func advanced(_ who: PassMember, layer: Int, stage: Stage) {
    next.advanced(who, layer: layer, stage: stage)
  }

  func solved(_ trial: Int, layer: Int, modules: [SolvedModule]) throws(InputError) {
    try next.solved(trial, layer: layer, modules: modules)
  }

  func solvedHead(_ trial: Int, _ head: SolvedHead) throws(InputError) {
    try next.solvedHead(trial, head)
  }

  func scored(domain: String) { next.scored(domain: domain) }

  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    let asked = try next.layerFinished(layer, trials: trials)
    guard EarlyTermination.rungs(layers: model.layers).contains(layer + 1) else { return asked }
    let judged = trials.filter {
      $0.role == .search && $0.config.quantize.algorithm != .rtn && !asked.contains($0.number)
    }
    let stopped = rule.stopped(
      bitsPerWeight: judged.map { model.bitsPerWeight(of: $0.config) },
      hiddenErrors: judged.map { $0.hiddenErrors.last ?? .nan })
    return asked.union(stopped.map { judged[$0].number })
  }
}
