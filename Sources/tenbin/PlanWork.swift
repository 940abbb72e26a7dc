import Basics
import Foundation
import Report
import Results
import Sweep

/// The tasks of a plan: given to whoever runs them, looked after, and collected.
struct PlanWork {
  private let plan: ClusterPlan
  private let folder: PlanFolder
  private let slurm: SlurmQueue
  private let local: LocalQueue
  private let line = ProgressLine()

  /// Seconds between two looks at Slurm's queue.
  private static let interval = 10.0

  init(_ plan: ClusterPlan, in folder: PlanFolder) {
    self.plan = plan
    self.folder = folder
    (slurm, local) = (SlurmQueue(folder), LocalQueue(folder))
  }

  /// Gives `tasks` to the plan's engine; local ones are over when it returns.
  mutating func submit(_ tasks: [ClusterPlan.Task]) throws(InputError) {
    switch plan.engine {
    case .slurm:
      let jobs = try slurm.submit(tasks, of: plan).map(\.job)
      Terminal.say(
        """
        submitted as \(jobs.count == 1 ? "job" : "jobs") \(jobs.joined(separator: " and "))
        watch:    squeue --array --jobs=\(jobs.joined(separator: ","))
        stop:     scancel \(jobs.joined(separator: " "))
        logs:     \(folder.logs.path)
        collect:  tenbin sweep collect \(folder.shellPath)
        """)
    case .local:
      try run(tasks)
    }
  }

  /// Gives again what is over without being complete, and what waits for it.
  mutating func retry() throws(InputError) {
    let statuses = try statuses()
    var tasks = statuses.filter(\.isToRetry).map(\.task)
    guard !tasks.isEmpty else { return Terminal.say("nothing to run again") }
    if let last = statuses.last, last.task.isFollowUp, case .waiting = last.state {
      // It waits for jobs that have failed.
      try slurm.cancel(task: last.task.number)
      tasks.append(last.task)
    }
    Terminal.say(
      "again: \(tasks.count == 1 ? "task" : "tasks") \(tasks.map { "\($0.number)" }.joined(separator: ", "))"
    )
    try submit(tasks)
  }

  /// Shows how far the tasks are, with `waiting` once all are over, and joins the studies of those that
  /// are complete.
  /// - Throws: kind `failed`, where a task has failed.
  mutating func collect(waiting: Bool, format: OutputFormat) throws(InputError) {
    let statuses = waiting ? try awaited() : try statuses()
    try Terminal.print(PlanTable(statuses).table, as: format)
    Terminal.say(PlanTable(statuses).sentence)
    try join(statuses)
    let failed = statuses.filter { if case .failed = $0.state { true } else { false } }
    guard !failed.isEmpty else { return }
    for status in failed { tell(status.task) }
    let numbers = failed.map { "\($0.task.number)" }.joined(separator: ", ")
    throw InputError(
      .failed, asked: "collect the plan \(folder.url.path)",
      found: failed.count == 1 ? "task \(numbers) has failed" : "tasks \(numbers) have failed",
      hint: "fix what their logs say, then: tenbin sweep collect \(folder.shellPath) --retry")
  }

  private func statuses() throws(InputError) -> [TaskStatus] {
    let queued = plan.engine == .slurm ? try slurm.states() : local.states(of: plan)
    return try folder.statuses(of: plan, queued: queued)
  }

  /// The statuses once every task is over. What is over without being complete is looked at twice: its
  /// last words may be under way between file systems.
  private func awaited() throws(InputError) -> [TaskStatus] {
    line.start()
    defer { line.clear() }
    var isSilent = false
    var wasOver = false
    while true {
      do {
        let statuses = try statuses()
        isSilent = false
        let table = PlanTable(statuses)
        line.show(share: table.share, own: 0, table.sentence)
        guard table.isOver else {
          wasOver = false
          Thread.sleep(forTimeInterval: Self.interval)
          continue
        }
        if wasOver || table.isComplete { return statuses }
        wasOver = true
        Thread.sleep(forTimeInterval: 2)
      } catch  where error.kind == .io {
        // The controller restarts, or the network is down: the tasks do not notice.
        if !isSilent { Terminal.say("waiting: \(error.found)") }
        isSilent = true
        Thread.sleep(forTimeInterval: Self.interval)
      }
    }
  }

  private func run(_ tasks: [ClusterPlan.Task]) throws(InputError) {
    Terminal.say("running here; the logs are in \(folder.logs.path)")
    line.start()
    defer { line.clear() }
    try local.run(tasks, of: plan) { () throws(InputError) in
      let table = PlanTable(try statuses())
      line.show(share: table.share, own: 0, table.sentence)
    }
  }

  private func join(_ statuses: [TaskStatus]) throws(InputError) {
    let studies = PlanStudies(plan, in: folder)
    guard let results = try studies.merged() else { return }
    if studies.engines.count > 1 {
      Terminal.warn(
        "the tasks computed differently, so that trials compare but for float noise: "
          + studies.engines.joined(separator: "; "))
    }
    guard try studies.write(results) else {
      Terminal.say("\(folder.study.path) holds more than the tasks have found: left as it is")
      return
    }
    let isWhole = statuses.allSatisfy { $0.state == .complete }
    Terminal.say(
      "\(folder.study.path): \(results.trials.count) trials"
        + (isWhole ? "" : ", of the tasks that are complete"))
    guard isWhole else { return }
    Terminal.say("next: tenbin report html \(folder.shellStudy) --output report.html")
  }

  /// Shows the end of a task's log.
  private func tell(_ task: ClusterPlan.Task) {
    let lines = folder.lastLines(of: task.number)
    Terminal.say("task \(task.number), \(folder.log(of: task.number).path):")
    for line in lines { Terminal.say("  | \(line)") }
    if lines.isEmpty { Terminal.say("  (nothing)") }
  }
}
