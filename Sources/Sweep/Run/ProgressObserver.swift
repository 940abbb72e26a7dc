import Basics
import Foundation
import Model
import Results

/// Writes into the study how far a pass has come, for those who look on: after every layer, and
/// between layers every few seconds.
final class ProgressObserver: PassObserver {
  private let study: Study
  private var meter: PassMeter
  private var progress: PassProgress
  private var began = ContinuousClock.now
  private var written = ContinuousClock.now

  /// Seconds between two writes inside a layer, at least: each is a transaction on the disk.
  private static let interval = 5.0

  /// Watches the pass `title` of these trials through `layers`.
  init(_ study: Study, _ title: PassTitle, trials: [Int], layers: Int, domains: Int) {
    self.study = study
    meter = PassMeter(layers: layers, domains: domains)
    progress = PassProgress(
      number: title.number, count: title.count, what: title.what, layers: layers, trials: trials)
  }

  func began(_ cost: PassCost) {
    began = .now
    meter.began(cost)
  }

  func starting(after layer: Int) throws(InputError) {
    meter.starting(after: layer)
    try write()
  }

  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    progress.stopped += meter.layerFinished(layer, trials: trials)
    try write()
    return []
  }

  func advanced(_ who: PassMember, layer: Int, stage: Stage) {
    meter.advanced(who, layer: layer, stage: stage)
    writeSometimes()
  }

  func scored(domain: String) {
    meter.scored(domain: domain)
    writeSometimes()
  }

  private func writeSometimes() {
    guard written.duration(to: .now).seconds >= Self.interval else { return }
    // A courtesy: what the pass itself has to store will meet the same error.
    try? write()
  }

  private func write() throws(InputError) {
    written = .now
    progress.doing = meter.doing
    progress.layersDone = meter.layersDone
    (progress.share, progress.own) = (meter.share, meter.own)
    progress.seconds = began.duration(to: .now).seconds
    progress.updated = Date.now.timeIntervalSince1970
    try study.save(progress)
  }
}
