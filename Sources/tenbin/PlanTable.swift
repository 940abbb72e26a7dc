import Basics
import Foundation
import Report
import Sweep

/// How far the tasks of a plan are, for people and programs.
struct PlanTable {
  private let statuses: [TaskStatus]

  init(_ statuses: [TaskStatus]) { self.statuses = statuses }

  /// A row for each task.
  var table: Table {
    Table(
      columns: [
        .init("task"), .init("trials"), .init("state"), .init("done_percent", title: "done"),
        .init("seconds_left", title: "left"), .init("attempts"), .init("host"), .init("note"),
      ],
      rows: statuses.map { status in
        let record = status.record
        return [
          .integer(status.task.number),
          status.task.isFollowUp ? .text("follow-ups") : .integer(status.task.trials.count),
          .text(status.word), record.map { .integer(Int($0.share * 100)) } ?? .missing,
          secondsLeft(status).map { .number($0, unit: "s", .decimals(0)) } ?? .missing,
          record.map { .integer($0.attempts) } ?? .missing,
          record.map { .text($0.host) } ?? .missing, status.note.map { .text($0) } ?? .missing,
        ]
      })
  }

  /// All in one line.
  var sentence: String {
    let words = ["complete", "running", "waiting", "failed", "not submitted"]
    let counts = words.compactMap { word in
      let count = statuses.count { $0.word == word }
      return count > 0 ? "\(count) \(word)" : nil
    }
    let left = statuses.compactMap(secondsLeft).max()
    return "\(statuses.count) tasks: " + counts.joined(separator: ", ")
      + (left.map { "; about \(PassEstimate.duration($0)) left in those that run" } ?? "")
  }

  /// The share of all work that is done.
  var share: Double {
    let weights = statuses.map { max(1, $0.task.operations) }
    let done = zip(statuses, weights).reduce(0) { $0 + ($1.0.record?.share ?? 0) * $1.1 }
    return statuses.isEmpty ? 1 : done / weights.reduce(0, +)
  }

  /// Whether no task runs or is going to.
  var isOver: Bool { !statuses.contains { ["running", "waiting"].contains($0.word) } }

  /// Whether every task is complete.
  var isComplete: Bool { statuses.allSatisfy { $0.state == .complete } }

  private func secondsLeft(_ status: TaskStatus) -> Double? {
    guard status.state == .running, let record = status.record else { return nil }
    return ProgressText.secondsLeft(share: record.share, own: record.own, seconds: record.seconds)
  }
}

extension TaskStatus {
  /// Where it stands, in a word or two.
  fileprivate var word: String {
    switch state {
    case .complete: "complete"
    case .running: "running"
    case .waiting: "waiting"
    case .failed: "failed"
    case .idle: "not submitted"
    }
  }

  /// What there is to say beside the state.
  fileprivate var note: String? {
    switch state {
    case .complete, .idle: nil
    case .running: record?.doing
    case .waiting(let reason): reason == "None" || reason.isEmpty ? nil : reason
    case .failed(let what): what
    }
  }
}

extension ClusterPlan {
  /// What each task takes: operations, memory, and the time at `rate` operations a second.
  func estimateTable(rate: Double?) -> Table {
    Table(
      columns: [
        .init("task"), .init("trials"), .init("operations"), .init("memory"),
        .init("time on this machine"),
      ],
      rows: tasks.map { task in
        [
          .integer(task.number),
          task.isFollowUp ? .text("follow-ups") : .integer(task.trials.count),
          task.isFollowUp
            ? .missing : .text("\(Int((task.operations / 1e12).rounded(.up))) TFLOP"),
          .text(ByteText.size(task.memoryBytes)),
          rate.flatMap { rate in
            task.isFollowUp ? nil : .text("about \(PassEstimate.duration(task.operations / rate))")
          } ?? .missing,
        ]
      })
  }
}
