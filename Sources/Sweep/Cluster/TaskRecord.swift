import Basics
import Foundation

/// How far a task has come, as the task itself writes it down while it runs: `tasks/N.json`.
public struct TaskRecord: Sendable, Codable, Equatable {
  /// Where a task stands.
  public enum Phase: String, Sendable, Codable {
    /// At work, unless it was killed.
    case running
    /// Stopped from outside, its work saved.
    case saved
    /// Ended with an error.
    case failed
    /// Has everything that was asked of it.
    case complete
  }

  /// Where it stands.
  public var phase = Phase.running
  /// The share of its work that is done, 0 to 1.
  public var share = 0.0
  /// The share that this attempt has done itself.
  public var own = 0.0
  /// Seconds of this attempt.
  public var seconds = 0.0
  /// How often it was begun.
  public var attempts = 0
  /// What it is at, for people.
  public var doing = ""
  /// The machine it runs on.
  public var host = ""
  /// Its process.
  public var process: Int32 = 0
  /// The three parts of the error that it ended with.
  public var error: [String]?

  /// A task that has not begun.
  public init() {}

  /// The same task, begun once more by this process.
  public func begun() -> TaskRecord {
    var record = TaskRecord()
    record.attempts = attempts + 1
    record.share = share
    record.host = ProcessInfo.processInfo.hostName
    record.process = getpid()
    record.doing = "opening the model"
    return record
  }
}
