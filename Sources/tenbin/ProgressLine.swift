import Foundation
import Report

/// A line of progress: drawn over on a terminal, said every tenth elsewhere.
final class ProgressLine {
  private var began = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?
  private var lastTenth = -1
  private var isOpen = false

  /// Begins new work.
  func start() {
    began = .now
    (lastDrawn, lastTenth, isOpen) = (nil, -1, true)
  }

  /// Shows that `share` of the work is done, `own` of it since `start`.
  func show(share: Double, own: Double, _ text: String) {
    guard Terminal.says(.usual) else { return }
    let now = ContinuousClock.now
    let elapsed = began.duration(to: now).seconds
    let figures = ProgressText.figures(share: share, own: own, seconds: elapsed)
    if Terminal.isInteractive {
      if let lastDrawn, lastDrawn.duration(to: now).seconds < 0.1, share < 1 { return }
      lastDrawn = now
      let filled = Int(min(1, share) * 24)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      Terminal.show("\u{1B}[2K\r\(bar) \(figures)  \(text)")
    } else if Int(share * 10) > lastTenth {
      lastTenth = Int(share * 10)
      Terminal.say("\(figures)  \(text)")
    }
  }

  /// The work has come to its end: 100 %, in whatever time it took.
  func complete() {
    guard isOpen else { return }
    isOpen = false
    guard Terminal.says(.usual) else { return }
    guard Terminal.isInteractive else {
      if lastTenth < 10 { show(share: 1, own: 1, "done") }
      return
    }
    let elapsed = began.duration(to: .now).seconds
    let figures = ProgressText.figures(share: 1, own: 1, seconds: elapsed)
    Terminal.show("\u{1B}[2K\r\(String(repeating: "█", count: 24)) \(figures)\n")
  }

  /// Clears the line on a terminal, where the work was broken off.
  func clear() {
    guard isOpen else { return }
    isOpen = false
    if Terminal.isInteractive, Terminal.says(.usual) { Terminal.show("\u{1B}[2K\r") }
  }

  /// Says a line of its own above the progress, where `--verbose` asks for it.
  func detail(_ text: String) {
    guard Terminal.says(.verbose) else { return }
    if Terminal.isInteractive { Terminal.show("\u{1B}[2K\r") }
    Terminal.detail(text)
  }
}
