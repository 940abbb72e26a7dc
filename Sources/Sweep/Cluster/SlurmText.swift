import Foundation

/// What a scheduler says of one task.
public enum QueueState: Sendable, Equatable {
  /// It waits, for this reason.
  case waiting(String)
  /// It runs on this machine.
  case running(String)
  /// It is over, in this state.
  case ended(String)
}

/// What Slurm's commands print, read.
public enum SlurmText {
  /// A task of a job array.
  public struct Element: Sendable, Hashable {
    /// The job's number.
    public var job: String
    /// The task's index in the array.
    public var task: Int

    /// Task `task` of `job`.
    public init(job: String, task: Int) { (self.job, self.task) = (job, task) }
  }

  /// The fields that `queue` reads, for squeue's `--format`. The reason is the last one: of all of them
  /// only it may hold anything.
  public static let queueFormat = "%i|%T|%N|%r"
  /// The fields that `accounting` reads, for sacct's `--format`.
  public static let accountingFormat = "JobID,State,ExitCode,NodeList"

  /// The number of the job that sbatch --parsable has submitted; nil where it says something else.
  public static func submittedJob(_ text: String) -> String? {
    // A cluster of several adds its name behind a semicolon.
    let number = text.split(whereSeparator: \.isNewline).last?.prefix { $0 != ";" } ?? ""
    return !number.isEmpty && number.allSatisfy(\.isASCIIDigit) ? String(number) : nil
  }

  /// The tasks in the output of squeue.
  public static func queue(_ text: String) -> [Element: QueueState] {
    var states: [Element: QueueState] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let fields = line.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false)
      guard fields.count == 4 else { continue }
      let state = state(fields[1], node: fields[2], reason: fields[3])
      for element in elements(fields[0]) { states[element] = state }
    }
    return states
  }

  /// The tasks in the output of sacct --parsable2; of a task that was requeued the last line counts.
  public static func accounting(_ text: String) -> [Element: QueueState] {
    var states: [Element: QueueState] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      guard fields.count == 4 else { continue }
      // Who cancelled it follows the state.
      let word = fields[1].prefix { $0 != " " }
      let code = fields[2] == "0:0" ? "" : ", exit code \(fields[2])"
      let state: QueueState =
        switch state(word, node: fields[3], reason: "") {
        case .ended(let word): .ended(word + code)
        case let other: other
        }
      for element in elements(fields[0]) { states[element] = state }
    }
    return states
  }

  private static let waiting: Set<String> = [
    "PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD",
  ]
  private static let over: Set<String> = [
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "LAUNCH_FAILED", "NODE_FAIL",
    "OUT_OF_MEMORY", "PREEMPTED", "RECONFIG_FAIL", "REVOKED", "TIMEOUT",
  ]

  /// A state that is not known is not over: nothing is done twice for a word that is new.
  private static func state(
    _ word: Substring, node: Substring, reason: Substring
  ) -> QueueState {
    let word = String(word)
    if waiting.contains(word) { return .waiting(String(reason)) }
    return over.contains(word) ? .ended(word) : .running(String(node))
  }

  /// The tasks that a job's name stands for: `12_3`, `12_[1-3,7%2]`, `12_[1-9:2]`; none for `12`, and
  /// for a step of a job.
  public static func elements(_ name: some StringProtocol) -> [Element] {
    let parts = name.split(separator: "_", maxSplits: 1)
    guard parts.count == 2, parts[0].allSatisfy(\.isASCIIDigit) else { return [] }
    let job = String(parts[0])
    if let task = Int(parts[1]) { return [Element(job: job, task: task)] }
    guard parts[1].hasPrefix("["), parts[1].hasSuffix("]") else { return [] }
    let list = parts[1].dropFirst().dropLast().prefix { $0 != "%" }
    return list.split(separator: ",").flatMap { range -> [Element] in
      let step = range.split(separator: ":")
      let ends = (step.first ?? "").split(separator: "-").compactMap { Int($0) }
      let stride = step.count > 1 ? Int(step[1]) ?? 1 : 1
      guard let first = ends.first, let last = ends.last, first <= last, stride > 0 else {
        return []
      }
      return Swift.stride(from: first, through: last, by: stride).map {
        Element(job: job, task: $0)
      }
    }
  }

  /// Numbers as a job array has them: `1-3,7`.
  public static func list(_ numbers: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
      if let last = ranges.last, last.upperBound + 1 == number {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else if ranges.last?.upperBound != number {
        ranges.append(number...number)
      }
    }
    return ranges.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }.joined(separator: ",")
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
