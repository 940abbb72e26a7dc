import Basics
import Foundation

/// Where a task of a plan stands, from what the task itself has written down and what the scheduler says.
public struct TaskStatus: Sendable, Equatable {
  /// Where it stands.
  public enum State: Sendable, Equatable {
    /// It has everything that was asked of it.
    case complete
    /// It runs.
    case running
    /// It is in the queue, for this reason.
    case waiting(String)
    /// It is over without being complete: what happened.
    case failed(String)
    /// It was never submitted.
    case idle
  }

  /// The task.
  public let task: ClusterPlan.Task
  /// Where it stands.
  public let state: State
  /// What it has written down; nil where it has not begun.
  public let record: TaskRecord?

  /// The status of `task`.
  /// - Parameters:
  ///   - queued: what the scheduler says of it; nil where it knows nothing.
  ///   - isSubmitted: whether it was given to a scheduler.
  public init(
    _ task: ClusterPlan.Task, record: TaskRecord?, queued: QueueState?, isSubmitted: Bool
  ) {
    self.task = task
    self.record = record
    // What a task says of its own end is the last word: a queue forgets, and may lag behind.
    if record?.phase == .complete {
      state = .complete
      return
    }
    switch queued {
    case .waiting(let reason): state = .waiting(reason)
    case .running: state = .running
    case .ended(let word): state = .failed(Self.end(word, record))
    case nil where isSubmitted: state = .failed(Self.end(nil, record))
    case nil: state = .idle
    }
  }

  /// Whether it is to be submitted again by `--retry`.
  public var isToRetry: Bool {
    switch state {
    case .failed, .idle: true
    case .complete, .running, .waiting: false
    }
  }

  /// How it ended, by the scheduler's word and by its own.
  private static func end(_ word: String?, _ record: TaskRecord?) -> String {
    switch record?.phase {
    case .failed: [record?.error?.dropFirst().first ?? "an error", word].compactMap { $0 }[0]
    case .saved: "stopped, its work saved" + (word.map { " (\($0))" } ?? "")
    case .running: word.map { "ended as \($0)" } ?? "killed, or its machine is gone"
    case .complete, nil: word.map { "ended as \($0) before it began" } ?? "gone before it began"
    }
  }
}

extension PlanFolder {
  /// Where each task of `plan` stands, given what the scheduler says of those that it knows.
  public func statuses(
    of plan: ClusterPlan, queued: [Int: QueueState]
  ) throws(InputError) -> [TaskStatus] {
    let submitted = Set(try submissions().flatMap(\.tasks))
    let statuses = plan.tasks.map { task in
      TaskStatus(
        task, record: taskRecord(task.number), queued: queued[task.number],
        isSubmitted: submitted.contains(task.number))
    }
    let isOpen = statuses.contains { !$0.task.isFollowUp && $0.state != .complete }
    return statuses.map { status in
      // Taken out of the queue since what it waits for has failed: that is not its own failure.
      guard isOpen, status.task.isFollowUp, status.record == nil, status.isToRetry else {
        return status
      }
      return TaskStatus(status.task, record: nil, queued: nil, isSubmitted: false)
    }
  }

  /// The last lines of what a task has said, `count` of them at most; none where there is no log.
  public func lastLines(of task: Int, _ count: Int = 10) -> [String] {
    guard let handle = try? FileHandle(forReadingFrom: log(of: task)),
      let size = try? handle.seekToEnd()
    else { return [] }
    let length = min(size, 16_384)
    try? handle.seek(toOffset: size - length)
    let text = String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).suffix(count).map(String.init)
  }
}
