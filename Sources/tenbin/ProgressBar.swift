import Foundation
import Model
import Sweep

/// Progress of a pass with the time that is left: one line that is drawn over on a terminal, a line
/// every tenth elsewhere.
final class ProgressBar: PassObserver {
  private var cost: PassCost?
  private var total = 0.0
  private var done = 0.0
  private var skipped = 0.0
  private var running: [TrialResult] = []
  private var began = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var lastTenth = -1
  private let layers: Int
  private var layersDone = 0

  init(layers: Int) {
    self.layers = layers
  }

  func began(_ cost: PassCost) {
    self.cost = cost
    total = cost.total
    (done, skipped, running, lastTenth) = (0, 0, [], -1)
    began = .now
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
    done = total
    draw("scoring \(domain)")
  }

  /// Ends the line on a terminal.
  func finish() {
    if Terminal.isInteractive { Terminal.show("\u{1B}[2K\r") }
  }

  private func draw(_ text: String) {
    guard total > skipped else { return }
    let share = min(1, done / total)
    let now = ContinuousClock.now
    let elapsed = began.duration(to: now).seconds
    let mine = done - skipped
    let left = mine > 0 ? elapsed * max(0, total - done) / mine : 0
    let figures = "\(Int(share * 100)) %  \(clock(elapsed))  ETA \(clock(left))"
    if Terminal.isInteractive {
      if let lastDrawn, lastDrawn.duration(to: now).seconds < 0.1, share < 1 { return }
      lastDrawn = now
      let filled = Int(share * 24)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      Terminal.show("\u{1B}[2K\r\(bar) \(figures)  \(text)")
    } else if Int(share * 10) > lastTenth {
      lastTenth = Int(share * 10)
      Terminal.say("\(figures)  \(text)")
    }
  }

  private func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    let padded = whole % 60 < 10 ? "0\(whole % 60)" : "\(whole % 60)"
    return "\(whole / 60):\(padded)"
  }
}
