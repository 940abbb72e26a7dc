import ArgumentParser
import Basics
import Compute
import Foundation
import Model
import Report
import Results
import Sweep

/// `tenbin sweep submit`: a sweep on several machines.
struct SweepSubmit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Divides a sweep into tasks and gives them to Slurm, or runs them here.",
    discussion: """
      --plan names a folder that every machine sees. It gets the plan, the batch script, and of each \
      task a study and a log; tenbin sweep collect tells how far they are and joins the studies.

      Examples:
        tenbin sweep submit sweep.yaml --plan plan --shards 8 \\
          --sbatch 'partition=gpu gres=gpu:1 time=4:00:00' --device cuda
        tenbin sweep submit sweep.yaml --plan plan --shards 8 --dry-run
        tenbin sweep submit sweep.yaml --plan plan --shards 2 --engine local
      """)

  @Argument(help: "The sweep file.", completion: .file(extensions: ["yaml", "yml"]))
  var sweep: String

  @Option(help: "The folder of the plan, which must be new.", completion: .directory)
  var plan: String

  @Option(help: "Who runs the tasks: slurm, or local (processes of this machine).")
  var engine = ClusterPlan.Engine.slurm

  @Option(help: "Tasks to divide the trials into, at most; confirmations and repeats are one more.")
  var shards: Int

  @Option(
    name: .customLong("sbatch"), parsing: .unconditionalSingleValue,
    help: "Options of sbatch, such as 'partition=gpu gres=gpu:1 time=4:00:00'.")
  var options: [String] = []

  @Option(help: "Tasks that run at a time, at most. Default: slurm decides; local runs one.")
  var atOnce: Int?

  @Flag(help: "Wait for the tasks, and collect.")
  var wait = false

  @Flag(help: "Print the batch script, and what the tasks take; config.json is enough.")
  var dryRun = false

  @Option(
    help: "Memory that each task may take, such as 8GB: hidden states beyond it wait in a file.",
    transform: ByteSize.parse)
  var memoryBudget: Int?

  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (1...10_000).contains(shards) else {
      throw ValidationError("--shards \(shards): give a number in 1...10000")
    }
    guard atOnce.map({ $0 >= 1 }) ?? true else {
      throw ValidationError("--at-once \(atOnce ?? 0): give 1 or more")
    }
    guard engine == .slurm || options.isEmpty else {
      throw ValidationError("--sbatch is for --engine slurm: local processes have no such options")
    }
  }

  func run() throws {
    let file = try SweepFile(contentsOf: URL(fileURLWithPath: sweep))
    let folder = PlanFolder(plan)
    var plan = try planned(file)
    if !file.ignoredKeys.isEmpty {
      Terminal.say(
        "note: \(file.ignoredKeys.joined(separator: ", ")) of \(sweep) mean nothing here")
    }
    if let note = file.propagationNote { Terminal.say("note: \(note)") }
    // The CPU opens the inputs and is timed, whatever the tasks will compute on.
    let cpu = try makeEngine(device: "cpu", threads: compute.threads)
    let rate = compute.device == "cpu" ? cpu.productRate() / PassEstimate.overhead : nil
    if plan.shards.count < shards {
      Terminal.say("note: \(plan.shards.count) tasks, for there are no more trials")
    }
    Terminal.say(plan.estimateTable(rate: rate).render(as: .table))
    if dryRun {
      try Terminal.print(BatchScript(plan, in: folder).text)
      return
    }
    try folder.checkIsFree()
    var files = CommandFiles(reads: try CommandFiles.inputs(sweep: sweep, file), force: false)
    _ = try files.output(folder.study.path, .study, option: "--plan")
    let sweepRun = try SweepRun(file, engine: cpu)
    sweepRun.warnings.forEach(Terminal.warn)
    for note in sweepRun.inputs.notes(for: file.trials) { Terminal.say("note: \(note)") }
    plan.environment = try sweepRun.environment()
    plan.environment.sweepYAML = ""
    try folder.write(plan, sweep: file.text)
    var work = PlanWork(plan, in: folder)
    try work.submit(plan.tasks)
    guard plan.engine == .local || wait else { return }
    try work.collect(waiting: true, format: .table)
  }

  private func planned(_ file: SweepFile) throws(InputError) -> ClusterPlan {
    var plan = ClusterPlan()
    plan.engine = engine
    plan.program = try Self.program()
    plan.directory = FileManager.default.currentDirectoryPath
    (plan.device, plan.threads) = (compute.device, compute.threads)
    (plan.memoryBudget, plan.atOnce) = (memoryBudget, atOnce)
    for text in options { plan.options += try BatchOption.parse(text) }
    plan.sweepHash = SHA256.hexDigest(of: file.text.utf8)
    try plan.divide(file, into: shards)
    return plan
  }

  /// This executable, by its full path.
  private static func program() throws(InputError) -> String {
    do {
      return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    } catch {
      throw AtomicOutput.ioError("find tenbin's own file", error)
    }
  }
}

extension ClusterPlan.Engine: ExpressibleByArgument {}

extension CommandFiles {
  /// What a command reads for the sweep file at `path`.
  static func inputs(sweep path: String, _ file: SweepFile) throws(InputError) -> [String?] {
    [path, try HubCache().model(file.model).path, file.calibration] + file.heldout
  }
}

extension PlanFolder {
  /// Refuses a folder in which something stands other than a plan of which nothing was submitted.
  fileprivate func checkIsFree() throws(InputError) {
    let asked = "write a plan to \(url.path)"
    switch OutputPlace(url.path).occupant {
    case .nothing: return
    case .folder: break
    default:
      throw InputError(
        .usage, asked: asked, found: "something that is no folder stands there",
        hint: "give another --plan")
    }
    let names = try InputFile.names(in: url, asked: asked, missing: "give another --plan")
    guard !names.isEmpty else { return }
    guard names.contains(plan.lastPathComponent) else {
      throw InputError(
        .usage, asked: asked, found: "a folder with \(names[0]) in it", hint: "give another --plan")
    }
    let known = try read()
    let isBegun = known.tasks.contains { taskRecord($0.number) != nil }
    guard try submissions().isEmpty, !isBegun else {
      throw InputError(
        .usage, asked: asked, found: "a plan of \(known.tasks.count) tasks that were submitted",
        hint: "tenbin sweep collect --retry goes on with it; or give another --plan")
    }
  }
}
