import Foundation
import Model
import Results
import Sweep

/// Progress of passes with the time that is left.
final class ProgressBar: PassObserver {
  private var cost: PassCost?
  private var total = 0.0
  private var done = 0.0
  private var skipped = 0.0
  private var running: [TrialResult] = []
  private let line = ProgressLine()
  private let layers: Int
  private let domains: Int
  private var layersDone = 0
  private var scoredDomains = 0
  /// Told what is shown: the share of the work that is done, that of it since this run began, and by
  /// whom.
  var onProgress: ((_ share: Double, _ own: Double, _ doing: String) -> Void)?

  /// Progress through `layers`, and the scores on `domains` held-out texts.
  init(layers: Int, domains: Int = 1) {
    self.layers = layers
    self.domains = max(1, domains)
  }

  func titled(_ title: PassTitle) {
    line.complete()
    Terminal.say("pass \(title.number) of \(title.count): \(title.what)")
  }

  func began(_ cost: PassCost) {
    // One that was not finished would not have come to another.
    line.complete()
    self.cost = cost
    total = cost.total
    (done, skipped, running, layersDone, scoredDomains) = (0, 0, [], 0, 0)
    line.start()
  }

  func starting(after layer: Int) {
    guard layer >= 0, let cost else { return }
    // What an earlier run has done, and will not be timed.
    skipped = (total - cost.scoring) * Double(layer + 1) / Double(layers)
    done = skipped
    Terminal.say("going on after layer \(layer + 1) of \(layers)")
  }

  /// Trials that were stopped need no more work.
  func layerFinished(_ layer: Int, trials: [TrialResult]) -> Set<Int> {
    if let cost {
      let numbers = Set(trials.map(\.number))
      for stopped in running where !numbers.contains(stopped.number) {
        // It ran until the layer before this one.
        for missed in layersDone..<layers { total -= cost.operations(of: stopped, layer: missed) }
      }
      layersDone = layer + 1
      running = trials
    }
    return []
  }

  func advanced(_ who: PassMember, layer: Int, stage: Stage) {
    guard let cost else { return }
    done += cost.operations(of: who, stage)
    let name =
      switch who {
      case .base: "base"
      case .trial(let trial): "#\(trial.number) \(trial.config.label)"
      }
    draw("layer \(layer + 1)/\(layers)  \(name)")
  }

  func scored(domain: String) {
    scoredDomains += 1
    let left = Double(max(0, domains - scoredDomains)) / Double(domains)
    done = max(done, total - (cost?.scoring ?? 0) * left)
    draw("scored \(domain)")
  }

  /// The work has come to its end.
  func complete() { line.complete() }

  /// Ends the line on a terminal, whatever happened.
  func finish() { line.clear() }

  private func draw(_ text: String) {
    guard total > skipped else { return }
    line.show(share: done / total, own: (done - skipped) / total, text)
    onProgress?(done / total, (done - skipped) / total, text)
  }
}
