import Basics
import Foundation
import Results

/// The script that runs any task of a plan: a job array of Slurm, or processes of one machine, which set
/// the same variable.
///
/// tenbin takes the place of the shell (`exec`), so that a signal of the scheduler meets one process, and
/// once. Nothing that a user named stands above the first command, where sbatch looks for its options,
/// nor anywhere unquoted.
public struct BatchScript: Sendable {
  private let plan: ClusterPlan
  private let folder: PlanFolder

  /// Seconds before the end of a task's time at which it is asked to save itself.
  static let notice = 120

  /// The script of `plan` in `folder`.
  public init(_ plan: ClusterPlan, in folder: PlanFolder) {
    self.plan = plan
    self.folder = folder
  }

  /// The script.
  public var text: String {
    (["#!/bin/bash"] + directives + [""] + comments + [""] + commands).joined(separator: "\n")
      + "\n"
  }

  private var directives: [String] {
    let last = plan.tasks.last?.number ?? 1
    // Of the plan's own where the user does not say otherwise.
    let usual = [
      BatchOption(name: "job-name", value: "tenbin"),
      BatchOption(name: "array", value: "1-\(last)"),
      BatchOption(name: "output", value: "/dev/null"),
      BatchOption(name: "signal", value: "B:USR1@\(Self.notice)"),
      BatchOption(name: "requeue", value: nil),
    ]
    let given = Set(plan.options.map { $0.name == "no-requeue" ? "requeue" : $0.name })
    return (usual.filter { !given.contains($0.name) } + plan.options).map(\.directive)
  }

  private var comments: [String] {
    ([
      "Written by tenbin sweep submit; tenbin sweep collect tells how far the tasks are, and joins their",
      "studies. A task that is stopped goes on where it was when it is run again.",
    ] + plan.tasks.map(describe)).map { "# " + ShellComment.line($0) }
  }

  private func describe(_ task: ClusterPlan.Task) -> String {
    let memory = ByteText.size(
      plan.memoryBudget.map { min($0, task.memoryBytes) } ?? task.memoryBytes)
    guard !task.isFollowUp else {
      return "task \(task.number): confirmations and repeats, after all others"
    }
    return "task \(task.number): \(Int((task.operations / 1e12).rounded(.up))) TFLOP, at most"
      + " \(memory) of memory: \(task.names.joined(separator: ", "))"
  }

  private var commands: [String] {
    let folder = ShellWord.inQuotes(folder.url.path)
    return [
      "folder=\(folder)",
      "exec >>\"$folder/logs/$SLURM_ARRAY_TASK_ID.log\" 2>&1",
      "exec \(ShellWord.inQuotes(plan.program)) sweep task \"$folder\" \"$SLURM_ARRAY_TASK_ID\"",
    ]
  }
}
