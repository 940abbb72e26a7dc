import Basics
import Foundation
import Results

/// The studies of a plan's tasks, joined.
public struct PlanStudies: Sendable {
  private let plan: ClusterPlan
  private let folder: PlanFolder

  /// The studies of the tasks of `plan` in `folder`.
  public init(_ plan: ClusterPlan, in folder: PlanFolder) {
    self.plan = plan
    self.folder = folder
  }

  /// Joins what the complete tasks have found; nil where none is complete. Studies of others are not
  /// opened: they are being written, by another machine perhaps.
  public func merged() throws(InputError) -> StudyResults? {
    let complete = plan.tasks.filter { folder.taskRecord($0.number)?.phase == .complete }
    // What follows from all began with all.
    let tasks = complete.filter(\.isFollowUp).isEmpty ? complete : complete.filter(\.isFollowUp)
    guard !tasks.isEmpty else { return nil }
    var studies: [(name: String, results: StudyResults)] = []
    for task in tasks {
      studies.append(("task \(task.number)", try results(of: task)))
    }
    return try StudyMerge.merged(studies)
  }

  /// What computed in the complete tasks, each kind once.
  public var engines: [String] {
    var engines: [String] = []
    for task in plan.tasks where folder.taskRecord(task.number)?.phase == .complete {
      let study = try? Study(existing: folder.study(of: task.number))
      guard let engine = try? study?.environment()?.engine, !engines.contains(engine) else {
        continue
      }
      engines.append(engine)
    }
    return engines
  }

  /// Joins the studies of all shards into that of the task that runs what follows from them, unless that
  /// has been done.
  public func beginFollowUp(_ task: ClusterPlan.Task) throws(InputError) {
    let open = plan.shards.map(\.number).filter { folder.taskRecord($0)?.phase != .complete }
    guard open.isEmpty else {
      throw InputError(
        .failed,
        asked: "run task \(task.number) of \(folder.url.path), which follows from all others",
        found: "not complete: \(SlurmText.list(open))",
        hint: "tenbin sweep collect \(folder.shellPath) --retry runs what is left")
    }
    let target = folder.study(of: task.number)
    guard OutputPlace(target.path).occupant == .nothing, let whole = try merged() else { return }
    try StudyMerge.write(whole, to: target)
  }

  /// Writes the joined study `results` into the plan's folder. One that holds more than that, since
  /// somebody has gone on with it, stays.
  /// - Returns: whether it was written.
  public func write(_ results: StudyResults) throws(InputError) -> Bool {
    var files = CommandFiles(
      reads: plan.tasks.map { folder.study(of: $0.number).path }, force: false)
    let target = try files.output(folder.study.path, .study, option: "--plan", continues: true)
    if OutputPlace(target.path).occupant != .nothing {
      let mine = Set(results.trials.map(\.identity))
      let others = try Study(existing: target).results().trials.map(\.identity)
      guard others.allSatisfy(mine.contains) else { return false }
    }
    try StudyMerge.write(results, to: target, replacing: true)
    return true
  }

  private func results(of task: ClusterPlan.Task) throws(InputError) -> StudyResults {
    let results = try Study(existing: folder.study(of: task.number)).results()
    let found = Set(results.trials.filter { $0.state != .running }.map(\.number))
    let missing = task.trials.filter { !found.contains($0) }
    guard missing.isEmpty else {
      throw InputError(
        .badData, asked: "read the study of task \(task.number)",
        found: "trials \(SlurmText.list(missing)) are not in it, though the task was complete",
        hint:
          "remove \(folder.record(of: task.number).path), then: tenbin sweep collect \(folder.shellPath) --retry"
      )
    }
    return results
  }
}
