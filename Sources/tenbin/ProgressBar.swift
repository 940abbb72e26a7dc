import Foundation
import Model
import Results
import Sweep

/// Progress of passes with the time that is left.
final class ProgressBar: PassObserver {
  private var meter: PassMeter
  private let line = ProgressLine()
  /// Told what is shown: the share of the work that is done, that of it since this run began, and by
  /// whom.
  var onProgress: ((_ share: Double, _ own: Double, _ doing: String) -> Void)?

  /// Progress through `layers`, and the scores on `domains` held-out texts.
  init(layers: Int, domains: Int = 1) {
    meter = PassMeter(layers: layers, domains: domains)
  }

  func titled(_ title: PassTitle) {
    line.complete()
    Terminal.say("pass \(title.number) of \(title.count): \(title.what)")
  }

  func began(_ cost: PassCost) {
    // One that was not finished would not have come to another.
    line.complete()
    meter.began(cost)
    line.start()
  }

  func starting(after layer: Int) {
    meter.starting(after: layer)
    if layer >= 0 { Terminal.say("going on after layer \(layer + 1) of \(meter.layers)") }
  }

  func layerFinished(_ layer: Int, trials: [TrialResult]) -> Set<Int> {
    meter.layerFinished(layer, trials: trials)
    line.detail(
      "layer \(layer + 1)/\(meter.layers) done, \(trials.count)"
        + " \(trials.count == 1 ? "trial" : "trials") on the way")
    return []
  }

  func advanced(_ who: PassMember, layer: Int, stage: Stage) {
    meter.advanced(who, layer: layer, stage: stage)
    draw()
  }

  func scored(domain: String) {
    meter.scored(domain: domain)
    draw()
  }

  /// The work has come to its end.
  func complete() { line.complete() }

  /// Ends the line on a terminal, whatever happened.
  func finish() { line.clear() }

  private func draw() {
    guard meter.hasWork else { return }
    line.show(share: meter.share, own: meter.own, meter.doing)
    onProgress?(meter.share, meter.own, meter.doing)
  }
}
