import Basics
import Foundation
import Results

/// Writes into the study when a pass, its layers and its trials began and ended. What it writes after each
/// layer is there even if the next one never ends.
final class ClockObserver: PassObserver {
  private let study: Study
  private var pass: TimedStep
  /// The trials that are on their way.
  private var trials: [TimedStep]
  private var layerBegan: Double

  /// Begins an attempt at the pass `title` with the trials of these numbers.
  init(_ study: Study, _ title: PassTitle, trials: [Int]) throws(InputError) {
    self.study = study
    let now = Self.now
    let attempt = try study.attempts() + 1
    pass = TimedStep(
      attempt: attempt, kind: .pass, number: title.number, what: title.what, began: now, ended: now)
    self.trials = trials.map {
      TimedStep(attempt: attempt, kind: .trial, number: $0, began: now, ended: now)
    }
    layerBegan = now
    try study.save([pass] + self.trials)
  }

  func starting(after layer: Int) throws(InputError) { layerBegan = Self.now }

  func layerFinished(_ layer: Int, trials running: [TrialResult]) throws(InputError) -> Set<Int> {
    let now = Self.now
    // A trial that was stopped after the last layer ended there.
    let numbers = Set(running.map(\.number))
    trials.removeAll { !numbers.contains($0.number) }
    try end(
      at: now,
      and: [
        TimedStep(
          attempt: pass.attempt, kind: .layer, number: layer, began: layerBegan, ended: now)
      ])
    layerBegan = now
    return []
  }

  /// What the pass found is stored: those of `finished` that were not stopped ended now.
  func finish(_ finished: [TrialResult]) throws(InputError) {
    let stopped = Set(finished.filter { $0.state == .pruned }.map(\.number))
    trials.removeAll { stopped.contains($0.number) }
    try end(at: Self.now)
  }

  private func end(at now: Double, and more: [TimedStep] = []) throws(InputError) {
    pass.ended = now
    for index in trials.indices { trials[index].ended = now }
    try study.save([pass] + trials + more)
  }

  private static var now: Double { Date.now.timeIntervalSince1970 }
}
