import ArgumentParser
import Basics
import Compute
import Foundation
import Model
import Results
import Sweep

/// `tenbin sweep task`: one task of a plan, as the plan's batch script runs it.
struct SweepTask: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task",
    abstract: "Runs one task of a plan, or goes on with it: what the batch script calls.",
    discussion: """
      SIGTERM, and SIGUSR1 before the end of a job's time, save the work. After SIGUSR1 the job goes \
      back into Slurm's queue.

      Example:
        tenbin sweep task plan 2
      """)

  @Argument(help: "The folder that `tenbin sweep submit` wrote.", completion: .directory)
  var plan: String

  @Argument(help: "The number of the task, from 1.")
  var task: Int

  func run() throws {
    Interruption.handleTimeLimit()
    let folder = PlanFolder(plan)
    let plan = try folder.read()
    guard let task = plan.task(task) else {
      throw InputError(
        .usage, asked: "run task \(self.task) of \(folder.url.path)",
        found: "\(plan.tasks.count) tasks", hint: "give a number in 1...\(plan.tasks.count)")
    }
    let lock = try OutputLock(
      folder.lock(of: task.number), asked: "run task \(task.number) of \(folder.url.path)",
      hint: "wait for it, or stop it")
    try attempt(task, of: plan, in: folder)
    withExtendedLifetime(lock) {}
  }

  /// Runs `task` and writes down how it ends.
  private func attempt(
    _ task: ClusterPlan.Task, of plan: ClusterPlan, in folder: PlanFolder
  ) throws(InputError) {
    let progress = TaskProgress(task.number, in: folder)
    try progress.begin()
    do {
      try run(task, of: plan, in: folder, progress)
    } catch {
      progress.end(error)
      if error.kind == .interrupted, Interruption.isTimeUp, let job = Self.job {
        try SlurmQueue.requeue(job)
      }
      throw error
    }
    try progress.end()
  }

  /// The task of Slurm that this process is. SLURM_JOB_ID would not do: in the last task of an array it
  /// is the number of the whole array.
  private static var job: String? {
    let environment = ProcessInfo.processInfo.environment
    guard let job = environment["SLURM_ARRAY_JOB_ID"], let task = environment["SLURM_ARRAY_TASK_ID"]
    else { return nil }
    return "\(job)_\(task)"
  }

  private func run(
    _ task: ClusterPlan.Task, of plan: ClusterPlan, in folder: PlanFolder, _ progress: TaskProgress
  ) throws(InputError) {
    let file = try plan.check(folder)
    // Cores that Slurm gave and does not hold the process to.
    let given = ProcessInfo.processInfo.environment["SLURM_CPUS_PER_TASK"].flatMap { Int($0) }
    let engine = try makeEngine(device: plan.device, threads: plan.threads ?? given)
    let shard = plan.shard(of: task)
    let trials = TrialPlan(file.trials).trials.filter { shard?.holds($0.number) ?? true }
    let estimate = try PassEstimate(file, trials: trials, memoryBudget: plan.memoryBudget)
    try PassResources.limit(
      engine, estimate.memory, budget: plan.memoryBudget, folder: folder.tasks,
      for: "run task \(task.number) of \(folder.url.path)")
    var sweepRun = try SweepRun(file, engine: engine)
    sweepRun.inputs.groupsAtOnce = estimate.memory.groupsAtOnce
    sweepRun.planned = plan.environment
    if task.isFollowUp { try PlanStudies(plan, in: folder).beginFollowUp(task) }
    let config = sweepRun.inputs.decoder.config
    let bar = ProgressBar(layers: config.layers, domains: sweepRun.inputs.domains.count)
    progress.follow(bar)
    defer { bar.finish() }
    Interruption.handleSignals()
    try sweepRun.run(
      into: Study(folder.study(of: task.number)), shard: shard, observers: [bar, progress])
    bar.complete()
  }
}

extension ClusterPlan {
  /// Goes into the folder in which the sweep was submitted, and reads the sweep file of the plan.
  /// - Throws: kind `usage` where the plan is another tenbin's, or the sweep file has changed; `missing`
  ///   where the folder is not there on this machine.
  fileprivate func check(_ folder: PlanFolder) throws(InputError) -> SweepFile {
    guard toolVersion == ToolVersion.current else {
      throw InputError(
        .usage, asked: "run a task of a plan of tenbin \(toolVersion)",
        found: "this is tenbin \(ToolVersion.current)",
        hint: "use that tenbin, or submit the sweep again with another --plan")
    }
    guard FileManager.default.changeCurrentDirectoryPath(directory) else {
      throw InputError(
        .missing, asked: "run a task of a plan in \(directory), where it was submitted",
        found: "\(ProcessInfo.processInfo.hostName) has no such folder, or may not enter it",
        hint: "submit from a folder that every machine of the cluster sees")
    }
    let file = try SweepFile(contentsOf: folder.sweep)
    guard SHA256.hexDigest(of: file.text.utf8) == sweepHash else {
      throw InputError(
        .usage, asked: "run a task of a plan with another sweep file",
        found: "\(folder.sweep.path) has changed since it was submitted",
        hint: "submit the sweep again with another --plan, or put it back")
    }
    return file
  }
}
