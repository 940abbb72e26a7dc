import Foundation
import Report
import Results

/// A study as it grows: drawn over on a terminal, a line for each layer elsewhere.
final class FollowedStudy {
  private var lines = 0
  private var said: String?

  /// Shows how far the study has come now.
  func show(_ progress: StudyProgress) {
    let summary = progress.summary(now: Date.now.timeIntervalSince1970)
    guard let size = Terminal.size else {
      let place = progress.pass.map { "\($0.number) \($0.layersDone) \($0.layers)" } ?? ""
      if place != said { Terminal.say(summary) }
      said = place
      return
    }
    let table = ProgressTable.table(progress, as: .table).text(within: size.columns)
    var shown = ["\(summary)"] + table.split(separator: "\n").map(String.init)
    let room = max(3, size.rows - 2)
    if shown.count > room {
      let left = shown.count - room + 1
      shown = shown.prefix(room - 1) + ["… \(left) more"]
    }
    // No line may wrap: the next drawing goes up by their number.
    let fitted = shown.map { $0.prefix(displayWidth: size.columns - 1) }
    Terminal.show(over(lines) + fitted.map { "\u{1B}[2K\($0)\n" }.joined() + "\u{1B}[J")
    lines = fitted.count
  }

  /// Takes it off the terminal again.
  func clear() {
    if lines > 0 { Terminal.show(over(lines) + "\u{1B}[J") }
    lines = 0
  }

  private func over(_ lines: Int) -> String { lines > 0 ? "\u{1B}[\(lines)A\r" : "" }
}
