import Foundation
import Model
import Sweep

/// Progress of a pass with the time that is left: one line that is drawn over on a terminal, a line
/// every tenth elsewhere.
final class ProgressBar: PassObserver {
  private var cost: PassCost?
  private var done = 0.0
  private var began = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var lastTenth = -1
  private let layers: Int

  init(layers: Int) {
    self.layers = layers
  }

  func began(_ cost: PassCost) {
    self.cost = cost
    began = .now
    done = 0
    lastTenth = -1
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
    draw("scoring \(domain)")
  }

  /// Ends the line on a terminal.
  func finish() {
    if Terminal.isInteractive { FileHandle.standardError.write(Data("\u{1B}[2K\r".utf8)) }
  }

  private func draw(_ text: String) {
    guard let cost, cost.total > 0 else { return }
    let share = min(1, done / cost.total)
    let now = ContinuousClock.now
    let elapsed = began.duration(to: now).seconds
    let left = share > 0 ? elapsed / share - elapsed : 0
    let figures = "\(Int(share * 100)) %  \(clock(elapsed))  ETA \(clock(left))"
    if Terminal.isInteractive {
      if let lastDrawn, lastDrawn.duration(to: now).seconds < 0.1, share < 1 { return }
      lastDrawn = now
      let filled = Int(share * 24)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      FileHandle.standardError.write(Data("\u{1B}[2K\r\(bar) \(figures)  \(text)".utf8))
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
