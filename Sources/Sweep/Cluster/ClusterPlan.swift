import Basics
import Foundation
import Results

/// A sweep cut into tasks for several machines: what each task runs, and what all of them must find
/// unchanged. It is `plan.json` of a plan's folder.
public struct ClusterPlan: Sendable, Codable, Equatable {
  /// Who runs the tasks.
  public enum Engine: String, Sendable, Codable, CaseIterable {
    /// Slurm, as one job array.
    case slurm
    /// Processes of the machine that submits.
    case local
  }

  /// A part of the sweep that one process runs, in one pass over the model as a rule.
  public struct Task: Sendable, Codable, Equatable {
    /// Its number, from 1: the index in the job array.
    public var number: Int
    /// The numbers of its trials; none where it runs what follows from the trials of all others:
    /// confirmations and repeats.
    public var trials: [Int]
    /// What the trials are called in tables.
    public var names: [String]
    /// Estimated floating-point operations; 0 for what follows, which the results decide.
    public var operations: Double
    /// Estimated memory at the peak, in bytes.
    public var memoryBytes: Int

    /// Creates a task.
    public init(
      number: Int, trials: [Int], names: [String], operations: Double, memoryBytes: Int
    ) {
      self.number = number
      self.trials = trials
      self.names = names
      self.operations = operations
      self.memoryBytes = memoryBytes
    }

    /// Whether it runs what follows from the trials of all others.
    public var isFollowUp: Bool { trials.isEmpty }
  }

  /// The tenbin that made the plan: another one does not run its tasks.
  public var toolVersion = ToolVersion.current
  /// Who runs the tasks.
  public var engine = Engine.slurm
  /// The executable, by its full path.
  public var program = ""
  /// The folder in which relative paths of the sweep file begin.
  public var directory = ""
  /// What computes: `cpu`, `cuda`, `cuda:N`.
  public var device = "cpu"
  /// Threads of each task; nil: what its process may use.
  public var threads: Int?
  /// Bytes of memory that each task keeps within; nil: no such limit.
  public var memoryBudget: Int?
  /// How many tasks run at a time; nil: as many as there is room for.
  public var atOnce: Int?
  /// What sbatch is asked for beside tenbin's own options.
  public var options: [BatchOption] = []
  /// SHA-256 over the text of the sweep file.
  public var sweepHash = ""
  /// The model, the calibration set and the held-out text, by hash. The sweep file's text is beside it.
  public var environment = StudyEnvironment()
  /// The tasks, by number; what follows from all others is the last one, where the sweep asks for any.
  public var tasks: [Task] = []

  /// A plan of nothing.
  public init() {}

  /// The task of that number; nil where there is none.
  public func task(_ number: Int) -> Task? { tasks.first { $0.number == number } }

  /// The tasks that run trials of the search.
  public var shards: [Task] { tasks.filter { !$0.isFollowUp } }

  /// The part of the search that `task` runs; nil for what follows from all.
  public func shard(of task: Task) -> Shard? {
    task.isFollowUp
      ? nil : Shard(index: task.number, count: shards.count, trials: Set(task.trials))
  }
}
