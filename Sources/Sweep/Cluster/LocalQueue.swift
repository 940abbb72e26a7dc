import Basics
import Foundation

/// The tasks of a plan as processes of this machine, by the script that a scheduler would run.
public struct LocalQueue: Sendable {
  /// The plan's folder.
  public let folder: PlanFolder

  /// The queue of the plan in `folder`.
  public init(_ folder: PlanFolder) { self.folder = folder }

  /// Runs `tasks` of `plan`, `atOnce` of them at a time, what follows from all others last, and waits for
  /// them; `watch` is called now and then meanwhile. A task that fails keeps no other from running, but
  /// what follows from all.
  /// - Throws: kind `interrupted`, once all tasks have saved themselves, where SIGINT or SIGTERM came.
  public func run(
    _ tasks: [ClusterPlan.Task], of plan: ClusterPlan, watch: () throws(InputError) -> Void
  ) throws(InputError) {
    try folder.add(Submission(job: "", tasks: tasks.map(\.number)))
    Interruption.handleSignals()
    try run(tasks.filter { !$0.isFollowUp }, atOnce: plan.atOnce ?? 1, watch)
    let isWhole = plan.shards.allSatisfy { folder.taskRecord($0.number)?.phase == .complete }
    if isWhole { try run(tasks.filter(\.isFollowUp), atOnce: 1, watch) }
  }

  private func run(
    _ tasks: [ClusterPlan.Task], atOnce: Int, _ watch: () throws(InputError) -> Void
  ) throws(InputError) {
    var waiting = tasks[...]
    var running: [Process] = []
    var isStopping = false
    while !running.isEmpty || (!waiting.isEmpty && !isStopping) {
      while running.count < atOnce, !isStopping, let task = waiting.popFirst() {
        running.append(try start(task))
      }
      Thread.sleep(forTimeInterval: 0.1)
      running.removeAll { !$0.isRunning }
      if Interruption.isRequested, !isStopping {
        isStopping = true
        for process in running { process.terminate() }
      }
      try watch()
    }
    guard !isStopping else {
      throw InputError(
        .interrupted, asked: "run the plan \(folder.url.path)", found: "stopped, the work saved",
        hint: "tenbin sweep collect \(folder.shellPath) --retry goes on with it")
    }
  }

  private func start(_ task: ClusterPlan.Task) throws(InputError) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [folder.script.path]
    process.currentDirectoryURL = folder.url
    var environment = ProcessInfo.processInfo.environment
    environment["SLURM_ARRAY_TASK_ID"] = "\(task.number)"
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw AtomicOutput.ioError("run task \(task.number) of \(folder.url.path)", error)
    }
    return process
  }

  /// What is known of each task by the locks that running tasks hold.
  public func states(of plan: ClusterPlan) -> [Int: QueueState] {
    var states: [Int: QueueState] = [:]
    for task in plan.tasks where OutputLock.isHeld(folder.lock(of: task.number)) {
      states[task.number] = .running(ProcessInfo.processInfo.hostName)
    }
    return states
  }
}
