import Basics
import Codecs

/// The tasks of a sweep file: questions whose answers are a closed set, asked in the same pass.
public struct TaskFiles: Sendable, Equatable {
  /// llm-jp-eval's JSON, or JGLUE's JSON lines.
  public var files: [String] = []
  /// Solved examples in front of each question.
  public var shots = 0
  /// Questions of each file that are asked, the first ones.
  public var samples = 100

  /// No tasks.
  public init() {}

  /// Reads `tasks`, `task_shots` and `task_samples`.
  init(_ parameters: [String: SearchDomain], _ reader: SweepReader) throws(InputError) {
    for file in try reader.fixed(parameters, "tasks") ?? [] {
      files.append(try reader.string(file, "tasks"))
    }
    if let value = try reader.single(parameters, "task_shots") {
      shots = try reader.count(value, "task_shots", 0...100)
    }
    if let value = try reader.single(parameters, "task_samples") {
      samples = try reader.count(value, "task_samples", 2...1_000_000)
    }
  }
}
