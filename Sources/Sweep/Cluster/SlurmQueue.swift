import Basics
import Foundation

/// The tasks of a plan in Slurm's hands: submitted by sbatch as a job array, looked after by squeue and,
/// once squeue knows them no more, by sacct.
public struct SlurmQueue: Sendable {
  /// The plan's folder.
  public let folder: PlanFolder

  /// The queue of the plan in `folder`.
  public init(_ folder: PlanFolder) { self.folder = folder }

  /// Submits `tasks` of `plan`: what follows from all others as a job of its own, which waits for the
  /// rest. The submissions are stored in the plan's folder.
  /// - Throws: kind `failed` with what sbatch says, where it takes no job.
  public func submit(_ tasks: [ClusterPlan.Task], of plan: ClusterPlan) throws(InputError)
    -> [Submission]
  {
    var submissions: [Submission] = []
    let shards = tasks.filter { !$0.isFollowUp }.map(\.number)
    if !shards.isEmpty {
      let limit = plan.atOnce.map { "%\($0)" } ?? ""
      submissions.append(
        try submit(shards, ["--array=\(SlurmText.list(shards))\(limit)"]))
    }
    if let last = tasks.first(where: \.isFollowUp) {
      let waits = try waits(for: plan.shards, newest: submissions.first?.job)
      // One that can never run must not stay in the queue: --retry submits it again.
      let dependency =
        waits.isEmpty
        ? []
        : ["--dependency=afterok:\(waits.joined(separator: ":"))", "--kill-on-invalid-dep=yes"]
      submissions.append(
        try submit([last.number], ["--array=\(last.number)"] + dependency))
    }
    return submissions
  }

  /// The jobs of `shards` that are not complete: as a whole where all of it was just submitted, else task
  /// by task, for others of an older array may have failed for good.
  private func waits(
    for shards: [ClusterPlan.Task], newest: String?
  ) throws(InputError) -> [String] {
    let latest = try latestJobs()
    var waits: [String] = []
    for shard in shards where folder.taskRecord(shard.number)?.phase != .complete {
      guard let job = latest[shard.number] else { continue }
      let wait = job == newest ? job : "\(job)_\(shard.number)"
      if !waits.contains(wait) { waits.append(wait) }
    }
    return waits
  }

  private func latestJobs() throws(InputError) -> [Int: String] {
    var latest: [Int: String] = [:]
    for submission in try folder.submissions() {
      for task in submission.tasks { latest[task] = submission.job }
    }
    return latest
  }

  private func submit(_ tasks: [Int], _ arguments: [String]) throws(InputError) -> Submission {
    let asked = "submit \(folder.script.path)"
    let done = try ChildProgram(
      "sbatch", ["--parsable"] + arguments + [folder.script.path], in: folder.url, asked: asked)
    guard done.status == 0, let job = SlurmText.submittedJob(done.output) else {
      throw InputError(
        .failed, asked: asked, found: done.complaint,
        hint: "fix what sbatch says, by --sbatch for one of its options, and submit again")
    }
    let submission = Submission(job: job, tasks: tasks)
    try folder.add(submission)
    return submission
  }

  /// Takes a task that waits out of the queue.
  public func cancel(task: Int) throws(InputError) {
    guard let job = try latestJobs()[task] else { return }
    let asked = "take job \(job)_\(task) out of the queue"
    let done = try ChildProgram("scancel", ["\(job)_\(task)"], asked: asked)
    guard done.status == 0 else {
      throw InputError(
        .failed, asked: asked, found: done.complaint, hint: "try again, or: scancel \(job)")
    }
  }

  /// What Slurm says of each task, by its latest job; nothing of one that it knows no more.
  /// - Throws: kind `io`, where Slurm does not answer.
  public func states() throws(InputError) -> [Int: QueueState] {
    let latest = try latestJobs()
    let jobs = Set(latest.values).sorted()
    guard !jobs.isEmpty else { return [:] }
    var known = try queue(jobs)
    let unknown = latest.filter { task, job in
      known[SlurmText.Element(job: job, task: task)] == nil
    }
    if !unknown.isEmpty {
      known.merge(try accounting(Set(unknown.values).sorted())) { first, _ in first }
    }
    var states: [Int: QueueState] = [:]
    for (task, job) in latest {
      states[task] = known[SlurmText.Element(job: job, task: task)]
    }
    return states
  }

  private func queue(_ jobs: [String]) throws(InputError) -> [SlurmText.Element: QueueState] {
    let asked = "see how far the jobs \(jobs.joined(separator: ", ")) are"
    let done = try ChildProgram(
      "squeue",
      [
        "--noheader", "--array", "--states=all", "--jobs=\(jobs.joined(separator: ","))",
        "--format=\(SlurmText.queueFormat)",
      ], asked: asked)
    // So it says of jobs that ended some minutes ago.
    guard done.status == 0 || done.errors.contains("Invalid job id") else {
      throw InputError(
        .io, asked: asked, found: done.complaint,
        hint: "the tasks are not touched by it: try again when Slurm's controller answers")
    }
    return SlurmText.queue(done.output)
  }

  /// Nothing where the cluster keeps no accounts.
  private func accounting(
    _ jobs: [String]
  ) throws(InputError) -> [SlurmText.Element: QueueState] {
    let asked = "see how the jobs \(jobs.joined(separator: ", ")) ended"
    guard ChildProgram.path(of: "sacct") != nil else { return [:] }
    let done = try ChildProgram(
      "sacct",
      [
        "--noheader", "--parsable2", "--allocations", "--jobs=\(jobs.joined(separator: ","))",
        "--format=\(SlurmText.accountingFormat)",
      ], asked: asked)
    return done.status == 0 ? SlurmText.accounting(done.output) : [:]
  }

  /// Puts the job of this process back into the queue, which ends it.
  public static func requeue(_ job: String) throws(InputError) {
    let asked = "put job \(job) back into the queue"
    let done = try ChildProgram("scontrol", ["requeue", job], asked: asked)
    guard done.status == 0 else {
      throw InputError(
        .failed, asked: asked, found: done.complaint,
        hint: "its work is saved: tenbin sweep collect DIR --retry goes on with it")
    }
  }
}
