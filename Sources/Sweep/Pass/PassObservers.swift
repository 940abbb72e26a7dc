import Analysis
import Basics
import Model
import Results

/// The observers of a pass as one: each is called, in order; the first that throws ends the pass.
struct PassObservers: PassObserver {
  private let all: [any PassObserver]

  init(_ all: [any PassObserver]) {
    self.all = all
  }

  func titled(_ title: PassTitle) {
    for one in all { one.titled(title) }
  }

  func began(_ cost: PassCost) {
    for one in all { one.began(cost) }
  }

  func starting(after layer: Int) throws(InputError) {
    for one in all { try one.starting(after: layer) }
  }

  func spent(_ seconds: StageSeconds, by trial: Int, layer: Int, stage: Stage) {
    for one in all { one.spent(seconds, by: trial, layer: layer, stage: stage) }
  }

  func advanced(_ who: PassMember, layer: Int, stage: Stage) {
    for one in all { one.advanced(who, layer: layer, stage: stage) }
  }

  func solved(_ trial: Int, layer: Int, modules: [SolvedModule]) throws(InputError) {
    for one in all { try one.solved(trial, layer: layer, modules: modules) }
  }

  func measured(_ spectra: [StudySpectrum], layer: Int) throws(InputError) {
    for one in all { try one.measured(spectra, layer: layer) }
  }

  /// All that some observer wants stopped.
  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    var stopped = Set<Int>()
    for one in all { stopped.formUnion(try one.layerFinished(layer, trials: trials)) }
    return stopped
  }

  func solvedHead(_ trial: Int, _ head: SolvedHead) throws(InputError) {
    for one in all { try one.solvedHead(trial, head) }
  }

  func saving(after layer: Int) throws(InputError) {
    for one in all { try one.saving(after: layer) }
  }

  func saved(after layer: Int) {
    for one in all { one.saved(after: layer) }
  }

  func measured(_ trial: Int, domain: String, scores: WindowScores) {
    for one in all { one.measured(trial, domain: domain, scores: scores) }
  }

  func scored(domain: String) {
    for one in all { one.scored(domain: domain) }
  }
}
