import Basics
import Foundation
import Sweep

/// Writes down how far a task has come, for those who look on from other machines.
final class TaskProgress: PassObserver {
  private let task: Int
  private let folder: PlanFolder
  private var record: TaskRecord
  private var began = ContinuousClock.now
  private var written = ContinuousClock.now

  /// Seconds between two looks at the record, at least: it lies on a file system of many machines.
  private static let interval = 5.0

  init(_ task: Int, in folder: PlanFolder) {
    self.task = task
    self.folder = folder
    record = (folder.taskRecord(task) ?? TaskRecord()).begun()
  }

  /// The task has begun.
  func begin() throws(InputError) { try folder.write(record, of: task) }

  /// Writes down what `bar` shows.
  func follow(_ bar: ProgressBar) {
    bar.onProgress = { [weak self] in self?.note(share: $0, own: $1, doing: $2) }
  }

  /// The task is complete.
  func end() throws(InputError) {
    record.phase = .complete
    (record.share, record.doing) = (1, "")
    record.seconds = began.duration(to: .now).seconds
    try folder.write(record, of: task)
  }

  /// The task has ended with `error`.
  func end(_ error: InputError) {
    record.phase = error.kind == .interrupted ? .saved : .failed
    record.seconds = began.duration(to: .now).seconds
    record.error = [error.asked, error.found, error.hint]
    // The error itself says more than one that its record meets.
    try? folder.write(record, of: task)
  }

  private func note(share: Double, own: Double, doing: String) {
    (record.share, record.own, record.doing) = (share, own, doing)
    record.seconds = began.duration(to: .now).seconds
    guard written.duration(to: .now).seconds >= Self.interval else { return }
    written = .now
    // Progress is a courtesy: the work goes on.
    try? folder.write(record, of: task)
  }

  func began(_ cost: PassCost) { began = .now }
}
