import Basics
import Foundation

/// The folder of a plan: its inputs, the batch script, and of each task a study, a record and a log.
/// Only one process writes each of these files.
public struct PlanFolder: Sendable, Equatable {
  /// The folder.
  public let url: URL

  /// The folder at `path`, by its full path.
  public init(_ path: String) {
    url = URL(fileURLWithPath: path).standardizedFileURL
  }

  /// What is planned.
  public var plan: URL { url.appendingPathComponent("plan.json") }
  /// The sweep file as it was planned.
  public var sweep: URL { url.appendingPathComponent("sweep.yaml") }
  /// The batch script.
  public var script: URL { url.appendingPathComponent("sweep.sbatch") }
  /// The jobs that were submitted.
  public var jobs: URL { url.appendingPathComponent("jobs.json") }
  /// The merged study.
  public var study: URL { url.appendingPathComponent("study.sqlite") }
  /// The folder of the tasks' studies and records.
  public var tasks: URL { url.appendingPathComponent("tasks") }
  /// The folder of the tasks' logs.
  public var logs: URL { url.appendingPathComponent("logs") }

  /// The study that a task writes.
  public func study(of task: Int) -> URL { tasks.appendingPathComponent("\(task).sqlite") }
  /// How far a task has come.
  public func record(of task: Int) -> URL { tasks.appendingPathComponent("\(task).json") }
  /// Held while a task runs.
  public func lock(of task: Int) -> URL { tasks.appendingPathComponent("\(task).lock") }
  /// What a task says.
  public func log(of task: Int) -> URL { logs.appendingPathComponent("\(task).log") }

  /// The folder as it is typed in a shell.
  public var shellPath: String { ShellWord.quoted(url.path) }
  /// The merged study as it is typed in a shell.
  public var shellStudy: String { ShellWord.quoted(study.path) }

  /// Reads the plan.
  public func read() throws(InputError) -> ClusterPlan {
    let asked = "read the plan \(url.path)"
    let data = try InputFile.data(
      plan, asked: asked, missing: "give a folder that tenbin sweep submit wrote")
    do {
      return try TolerantJSON.value(
        String(decoding: data, as: UTF8.self), defaults: ClusterPlan())
    } catch {
      throw InputError(
        .badData, asked: asked, found: "plan.json is no plan, or is damaged",
        hint: "submit the sweep again with another --plan")
    }
  }

  /// Writes what is planned: the folder with the plan, the sweep file and the script.
  public func write(_ plan: ClusterPlan, sweep text: String) throws(InputError) {
    do {
      for folder in [tasks, logs] {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      }
    } catch {
      throw AtomicOutput.ioError("write the plan \(url.path)", error)
    }
    try AtomicOutput.write(text, to: sweep)
    try AtomicOutput.write(BatchScript(plan, in: self).text, to: script)
    // Last: a folder with a plan in it is whole.
    try AtomicOutput.write(json(of: plan), to: self.plan)
  }

  /// The jobs that were submitted, oldest first.
  public func submissions() throws(InputError) -> [Submission] {
    let asked = "read the jobs of the plan \(url.path)"
    guard let data = try InputFile.dataIfThere(jobs, asked: asked) else { return [] }
    do {
      return try JSONDecoder().decode([Submission].self, from: data)
    } catch {
      throw InputError(
        .badData, asked: asked, found: "jobs.json is damaged",
        hint: "remove it, and see by squeue that none of its jobs is left")
    }
  }

  /// Adds `submission` to those that are known.
  public func add(_ submission: Submission) throws(InputError) {
    try AtomicOutput.write(json(of: submissions() + [submission]), to: jobs)
  }

  /// How far `task` has come; nil where it has not begun, or its record cannot be read.
  public func taskRecord(_ task: Int) -> TaskRecord? {
    (try? Data(contentsOf: record(of: task)))
      .flatMap { try? JSONDecoder().decode(TaskRecord.self, from: $0) }
  }

  /// Stores how far `task` has come.
  public func write(_ record: TaskRecord, of task: Int) throws(InputError) {
    try AtomicOutput.write(json(of: record), to: self.record(of: task))
  }

  private func json(of value: some Encodable) throws(InputError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(value) + Data("\n".utf8)
    } catch {
      throw AtomicOutput.ioError("write the plan \(url.path)", error)
    }
  }
}

/// A job that was submitted.
public struct Submission: Sendable, Codable, Equatable {
  /// Its number, as the scheduler gave it; empty for processes of this machine.
  public var job: String
  /// The tasks that it runs.
  public var tasks: [Int]

  /// A job of these tasks.
  public init(job: String, tasks: [Int]) {
    self.job = job
    self.tasks = tasks
  }
}
