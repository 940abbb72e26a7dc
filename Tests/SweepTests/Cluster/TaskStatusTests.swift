import Basics
import Foundation
import Results
import Sweep
import TestSupport
import Testing

@Suite("Where tasks stand")
struct TaskStatusTests {
  private func status(
    _ phase: TaskRecord.Phase?, _ queued: QueueState?, isSubmitted: Bool = true
  ) -> TaskStatus.State {
    let task = ClusterPlan.Task(
      number: 1, trials: [0], names: ["#0"], operations: 1, memoryBytes: 1)
    var record = TaskRecord()
    record.phase = phase ?? .running
    record.error = phase == .failed ? ["run", "no space left", "make some"] : nil
    return TaskStatus(
      task, record: phase == nil ? nil : record, queued: queued, isSubmitted: isSubmitted
    ).state
  }

  @Test("a task's own word that it is complete is the last one; else the queue decides")
  func states() {
    #expect(status(.complete, nil) == .complete)
    #expect(status(.complete, .running("a")) == .complete)
    #expect(status(.running, .running("a")) == .running)
    #expect(status(nil, .running("a")) == .running)
    // Preempted or requeued: what it wrote down is of its last attempt.
    #expect(status(.saved, .waiting("Priority")) == .waiting("Priority"))
    #expect(status(.failed, .running("a")) == .running)
    #expect(status(nil, nil, isSubmitted: false) == .idle)
  }

  @Test("what is over without being complete has failed, and how is said")
  func failures() {
    #expect(status(.failed, .ended("FAILED")) == .failed("no space left"))
    #expect(status(.failed, nil) == .failed("no space left"))
    #expect(
      status(.saved, .ended("CANCELLED")) == .failed("stopped, its work saved (CANCELLED)"))
    #expect(status(.saved, nil) == .failed("stopped, its work saved"))
    #expect(status(.running, .ended("OUT_OF_MEMORY")) == .failed("ended as OUT_OF_MEMORY"))
    #expect(status(.running, nil) == .failed("killed, or its machine is gone"))
    #expect(status(nil, .ended("NODE_FAIL")) == .failed("ended as NODE_FAIL before it began"))
    #expect(status(nil, nil) == .failed("gone before it began"))
  }

  @Test("a complete task whose study lacks a trial")
  func missingTrial() throws {
    try withTemporaryDirectory { url in
      let folder = PlanFolder(url.path)
      var plan = ClusterPlan()
      plan.tasks = [
        ClusterPlan.Task(number: 1, trials: [0, 2], names: [], operations: 1, memoryBytes: 1)
      ]
      try folder.write(plan, sweep: "")
      var record = TaskRecord()
      record.phase = .complete
      try folder.write(record, of: 1)
      var done = TrialResult(number: 0, config: TrialConfig(), companion: nil)
      done.state = .complete
      try StudyMerge.write(
        StudyResults(environment: StudyTests.environment(), base: [], trials: [done]),
        to: folder.study(of: 1))
      let error = #expect(throws: InputError.self) {
        try PlanStudies(plan, in: folder).merged()
      }
      #expect(
        error
          == InputError(
            .badData, asked: "read the study of task 1",
            found: "trials 2 are not in it, though the task was complete",
            hint:
              "remove \(folder.record(of: 1).path), then: tenbin sweep collect \(folder.shellPath) --retry"
          ))
    }
  }

  @Test("what follows from all is not failed where Slurm took it out of the queue for others")
  func followUp() throws {
    try withTemporaryDirectory { url in
      let folder = PlanFolder(url.path)
      var plan = ClusterPlan()
      plan.tasks = [
        ClusterPlan.Task(number: 1, trials: [0], names: [], operations: 1, memoryBytes: 1),
        ClusterPlan.Task(number: 2, trials: [], names: [], operations: 0, memoryBytes: 1),
      ]
      try folder.write(plan, sweep: "")
      let known = try folder.read()
      #expect(known == plan)
      try folder.add(Submission(job: "7", tasks: [1]))
      try folder.add(Submission(job: "8", tasks: [2]))
      let queued: [Int: QueueState] = [1: .ended("FAILED"), 2: .ended("CANCELLED")]
      let before = try folder.statuses(of: plan, queued: queued)
      #expect(before.map(\.state) == [.failed("ended as FAILED before it began"), .idle])
      #expect(before.map(\.isToRetry) == [true, true])
      var record = TaskRecord()
      record.phase = .complete
      try folder.write(record, of: 1)
      let after = try folder.statuses(of: plan, queued: queued)
      #expect(after.map(\.state) == [.complete, .failed("ended as CANCELLED before it began")])
    }
  }

  @Test("folders without a plan, and with a damaged one")
  func damaged() throws {
    try withTemporaryDirectory { url in
      let folder = PlanFolder(url.path)
      #expect(
        throws: InputError(
          .missing, asked: "read the plan \(url.path)", found: "no such file or folder",
          hint: "give a folder that tenbin sweep submit wrote")
      ) { try folder.read() }
      for text in ["", "{", "[]", #"{"tasks": 3}"#, #"{"engine": "pbs"}"#] {
        try text.write(to: folder.plan, atomically: true, encoding: .utf8)
        #expect(
          throws: InputError(
            .badData, asked: "read the plan \(url.path)",
            found: "plan.json is no plan, or is damaged",
            hint: "submit the sweep again with another --plan"), "\(text)"
        ) { try folder.read() }
      }
      try "{}".write(to: folder.jobs, atomically: true, encoding: .utf8)
      #expect(
        throws: InputError(
          .badData, asked: "read the jobs of the plan \(url.path)", found: "jobs.json is damaged",
          hint: "remove it, and see by squeue that none of its jobs is left")
      ) { try folder.submissions() }
    }
  }

  @Test("the end of a log")
  func log() throws {
    try withTemporaryDirectory { url in
      let folder = PlanFolder(url.path)
      #expect(folder.lastLines(of: 1).isEmpty)
      try FileManager.default.createDirectory(at: folder.logs, withIntermediateDirectories: true)
      let lines = (1...4000).map { "line \($0)" }
      try lines.joined(separator: "\n").write(
        to: folder.log(of: 1), atomically: true, encoding: .utf8)
      #expect(folder.lastLines(of: 1, 2) == ["line 3999", "line 4000"])
    }
  }
}
