import Basics
import Foundation
import Report
import Results
import Sweep
import TestSupport
import Testing

/// Sweeps of several tasks, as processes of this machine. On a real Slurm: Tests/Cluster/run_slurm.py.
@Suite("Sweeps on several machines, by their commands", .serialized)
struct ClusterTests {
  /// A name that a shell, sbatch and a reader of paths would each take apart.
  private static let name = "plan 計画 'of' \"%j\" $(touch evil)\n#SBATCH --wrap=evil"

  @Test("the joined study of two tasks and what follows is the one of one machine")
  func local() throws {
    try withSweep { folder in
      try run(["sweep", "run", "sweep.yaml", "--study", "whole.sqlite"], in: folder)
      let submitted = try run(
        [
          "sweep", "submit", "sweep.yaml", "--plan", Self.name, "--shards", "2", "--engine",
          "local",
          "--at-once", "2",
        ], in: folder)
      #expect(submitted.errors.contains("3 tasks: 3 complete"), "\(submitted.errors)")
      let study = "\(Self.name)/study.sqlite"
      #expect(try untimed(study, in: folder) == untimed("whole.sqlite", in: folder))
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/evil"))

      // It stays what it is, and is looked at again and again.
      let again = try run(["sweep", "collect", Self.name, "--format", "json"], in: folder)
      let rows = try JSONDecoder().decode([Row].self, from: Data(again.output.utf8))
      #expect(rows.map(\.state) == ["complete", "complete", "complete"])
      #expect(rows.map(\.attempts) == [1, 1, 1])
      let retried = try run(["sweep", "collect", Self.name, "--retry"], in: folder)
      #expect(retried.errors.hasPrefix("nothing to run again\n"))
      // One that somebody has gone on with is not replaced.
      try write(Self.sweep.replacing("[0.01, 0.1]", with: "[0.01, 0.1, 0.5]"), folder)
      try run(["sweep", "run", "sweep.yaml", "--study", study], in: folder)
      let longer = try untimed(study, in: folder)
      let kept = try run(["sweep", "collect", Self.name], in: folder)
      #expect(kept.errors.contains("holds more than the tasks have found: left as it is"))
      #expect(try untimed(study, in: folder) == longer)
    }
  }

  @Test("a task refuses another set than the plan's; put back and retried, the rest is run")
  func failure() throws {
    try withSweep { folder in
      let small = Self.sweep.replacing("confirm: {value: 1}", with: "confirm: {value: 0}")
        .replacing("calibration_draws: {value: 2}", with: "calibration_draws: {value: 0}")
      try write(small, folder)
      try run(["sweep", "run", "sweep.yaml", "--study", "whole.sqlite"], in: folder)
      // Planned as for Slurm, with an sbatch that takes the job and does nothing.
      let slurm = try FakeSlurm(in: folder)
      try run(
        [
          "sweep", "submit", "sweep.yaml", "--plan", Self.name, "--shards", "2", "--sbatch",
          "partition=gpu comment='a \"b\"'",
        ], in: folder, limits: slurm.path)
      let place = URL(fileURLWithPath: folder.path + "/" + Self.name)
      #expect(
        try slurm.calls("sbatch") == [
          ["--parsable", "--array=1-2", place.path + "/sweep.sbatch"]
        ])

      try FileManager.default.moveItem(
        at: folder.appendingPathComponent("set.sqlite"),
        to: folder.appendingPathComponent("first.sqlite"))
      try build("first:3", in: folder)
      let refused = try TenbinProcess(["sweep", "task", Self.name, "1"], in: folder)
      #expect(refused.status == 64)
      #expect(refused.errors.contains("error: run a task of a plan with another calibration\n"))
      #expect(
        refused.errors.contains(
          "hint: submit the sweep again with another --plan, or put the calibration back"))
      try slurm.queue("77_1|FAILED|node|NonZeroExitCode\n77_2|PENDING||Priority\n")
      let collected = try TenbinProcess(
        ["sweep", "collect", Self.name], in: folder, limits: slurm.path)
      #expect(collected.status == 1)
      #expect(collected.errors.contains("2 tasks: 1 waiting, 1 failed\n"))
      #expect(collected.errors.contains("found: task 1 has failed\n"))

      try FileManager.default.removeItem(at: folder.appendingPathComponent("set.sqlite"))
      try FileManager.default.moveItem(
        at: folder.appendingPathComponent("first.sqlite"),
        to: folder.appendingPathComponent("set.sqlite"))
      let retried = try TenbinProcess(
        ["sweep", "collect", Self.name, "--retry"], in: folder, limits: slurm.path)
      #expect(retried.errors.hasPrefix("again: task 1\n"), "\(retried.errors)")
      #expect(try slurm.calls("sbatch").last?.prefix(2) == ["--parsable", "--array=1"])
      // What Slurm would do now.
      for task in ["1", "2"] { try run(["sweep", "task", Self.name, task], in: folder) }
      let whole = try run(["sweep", "collect", Self.name], in: folder, limits: slurm.path)
      #expect(whole.errors.contains("2 tasks: 2 complete\n"))
      #expect(
        try untimed("\(Self.name)/study.sqlite", in: folder) == untimed("whole.sqlite", in: folder))
    }
  }

  @Test("plans that cannot be, and tasks that are not the plan's, in three parts")
  func refusals() throws {
    try withSweep { folder in
      let submit = ["sweep", "submit", "sweep.yaml", "--shards", "2", "--plan"]
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("full"), withIntermediateDirectories: true)
      try "x".write(
        to: folder.appendingPathComponent("full/notes.txt"), atomically: true, encoding: .utf8)
      let slurm = try FakeSlurm(in: folder)
      try slurm.refuse("sbatch: error: invalid partition specified: gpu")
      let at = { (name: String) in folder.appendingPathComponent(name).path }
      let cases: [([String], Int32, String)] = [
        (
          submit + ["full"], 64,
          "error: write a plan to \(at("full"))\n  found: a folder with notes.txt in it\n"
            + "  hint: give another --plan\n"
        ),
        (
          submit + ["set.sqlite"], 64,
          "error: write a plan to \(at("set.sqlite"))\n"
            + "  found: something that is no folder stands there\n  hint: give another --plan\n"
        ),
        (
          submit + ["plan"], 1,
          "error: submit \(at("plan/sweep.sbatch"))\n"
            + "  found: sbatch: error: invalid partition specified: gpu\n"
            + "  hint: fix what sbatch says, by --sbatch for one of its options, and submit again\n"
        ),
        // Nothing was submitted: the same again is allowed.
        (submit + ["plan"], 1, "found: sbatch: error: invalid partition"),
        (
          ["sweep", "task", "plan", "9"], 64,
          "error: run task 9 of \(at("plan"))\n  found: 3 tasks\n  hint: give a number in 1...3\n"
        ),
        (
          ["sweep", "task", "plan", "3"], 1,
          "error: run task 3 of \(at("plan")), which follows from all others\n"
            + "  found: not complete: 1-2\n"
            + "  hint: tenbin sweep collect \(at("plan")) --retry runs what is left\n"
        ),
        (
          submit + ["plan"], 64,
          "error: write a plan to \(at("plan"))\n  found: a plan of 3 tasks that were submitted\n"
            + "  hint: tenbin sweep collect --retry goes on with it; or give another --plan\n"
        ),
        (["sweep", "collect", "full"], 66, "error: read the plan \(at("full"))\n"),
      ]
      for (arguments, status, text) in cases {
        let refused = try TenbinProcess(arguments, in: folder, limits: slurm.path)
        #expect(refused.status == status, "\(arguments)")
        #expect(refused.errors.contains(text), "\(refused.errors)")
      }
      try "# another\n\(Self.sweep)".write(
        to: folder.appendingPathComponent("plan/sweep.yaml"), atomically: true, encoding: .utf8)
      let changed = try TenbinProcess(["sweep", "task", "plan", "1"], in: folder)
      #expect(
        changed.errors.contains(
          "error: run a task of a plan with another sweep file\n"
            + "  found: \(at("plan/sweep.yaml")) has changed since it was submitted\n"
            + "  hint: submit the sweep again with another --plan, or put it back\n"))
      // Without Slurm.
      let missing = try TenbinProcess(
        submit + ["plan-2"], in: folder, limits: "export PATH=/nowhere")
      #expect(missing.status == 66)
      #expect(
        missing.errors.hasSuffix(
          "found: no sbatch on the PATH\n"
            + "  hint: run it where Slurm's commands are, as on a login node; --engine local needs none\n"
        ))
      try foreignPlans(folder)
      let dry = try TenbinProcess(submit + ["plan-3", "--dry-run"], in: folder)
      #expect(dry.status == 0 && dry.output.hasPrefix("#!/bin/bash\n#SBATCH --job-name=tenbin\n"))
      #expect(!FileManager.default.fileExists(atPath: at("plan-3")))
    }
  }

  /// A plan of another tenbin, and one whose folder this machine does not have.
  private func foreignPlans(_ folder: URL) throws {
    let file = folder.appendingPathComponent("plan/plan.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    func said(_ change: (inout [String: Any]) -> Void) throws -> TenbinProcess {
      var plan = try #require(
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      change(&plan)
      try JSONSerialization.data(withJSONObject: plan).write(to: file)
      defer { try? Data(text.utf8).write(to: file) }
      return try TenbinProcess(["sweep", "task", "plan", "1"], in: folder)
    }
    let other = try said { $0["toolVersion"] = "0.0.1" }
    #expect(other.status == 64)
    #expect(
      other.errors.hasSuffix(
        """
        error: run a task of a plan of tenbin 0.0.1
          found: this is tenbin \(ToolVersion.current)
          hint: use that tenbin, or submit the sweep again with another --plan

        """), "\(other.errors)")
    let gone = try said { $0["directory"] = "/nowhere" }
    #expect(gone.status == 66)
    #expect(
      gone.errors.hasSuffix(
        """
        error: run a task of a plan in /nowhere, where it was submitted
          found: \(ProcessInfo.processInfo.hostName) has no such folder, or may not enter it
          hint: submit from a folder that every machine of the cluster sees

        """), "\(gone.errors)")
  }

  @Test("what Slurm refuses is said in its words")
  func slurmRefuses() throws {
    try withSweep { folder in
      let slurm = try FakeSlurm(in: folder)
      let submit = ["sweep", "submit", "sweep.yaml", "--shards", "2", "--plan", "plan"]
      try run(submit, in: folder, limits: slurm.path)
      func said(_ arguments: [String], _ status: Int32, _ text: String) throws {
        let refused = try TenbinProcess(arguments, in: folder, limits: slurm.path)
        #expect(refused.status == status, "\(arguments)")
        #expect(refused.errors.hasSuffix(text), "\(refused.errors)")
      }
      try slurm.queue(
        "77_1|FAILED|node|NonZeroExitCode\n77_2|COMPLETED||\n77_3|PENDING||Dependency\n")
      try slurm.replace("scancel", "echo 'scancel: error: Unable to contact' >&2; exit 1")
      try said(
        ["sweep", "collect", "plan", "--retry"], 1,
        "error: take job 77_3 out of the queue\n  found: scancel: error: Unable to contact\n"
          + "  hint: try again, or: scancel 77\n")
      let plan = folder.appendingPathComponent("plan").path
      try said(
        ["sweep", "collect", "plan"], 1,
        "error: collect the plan \(plan)\n  found: tasks 1, 2 have failed\n"
          + "  hint: fix what their logs say, then: tenbin sweep collect \(plan) --retry\n")
      try slurm.replace("squeue", "echo 'squeue: error: Unable to contact' >&2; exit 1")
      try said(
        ["sweep", "collect", "plan"], 74,
        "error: see how far the jobs 77 are\n  found: squeue: error: Unable to contact\n"
          + "  hint: the tasks are not touched by it: try again when Slurm's controller answers\n")
      // SIGUSR1 has the task save its work and go back into the queue.
      try slurm.replace("scontrol", "echo 'scontrol: error: Access denied' >&2; exit 1")
      let signal = """
        export SLURM_ARRAY_JOB_ID=77 SLURM_ARRAY_TASK_ID=1
        (while [ ! -e '\(plan)/tasks/1.json' ]; do sleep 0.01; done; kill -USR1 $$) & :
        """
      let ended = try TenbinProcess(
        ["sweep", "task", "plan", "1"], in: folder, limits: "\(slurm.path); \(signal)")
      #expect(ended.status == 1)
      #expect(
        ended.errors.hasSuffix(
          "error: put job 77_1 back into the queue\n  found: scontrol: error: Access denied\n"
            + "  hint: its work is saved: tenbin sweep collect DIR --retry goes on with it\n"),
        "\(ended.errors)")
    }
  }

  @Test("a plan that is stopped where it runs says how to go on")
  func stopped() throws {
    try withSweep { folder in
      let stopped = try TenbinProcess(
        ["sweep", "submit", "sweep.yaml", "--plan", "plan", "--shards", "2", "--engine", "local"],
        in: folder, interruptedBy: folder.appendingPathComponent("plan/tasks/1.json"))
      #expect(stopped.status == 130)
      let plan = folder.appendingPathComponent("plan").path
      #expect(
        stopped.errors.hasSuffix(
          "error: run the plan \(plan)\n  found: stopped, the work saved\n"
            + "  hint: tenbin sweep collect \(plan) --retry goes on with it\n"), "\(stopped.errors)"
      )
    }
  }

  // MARK: - A sweep to submit

  private static let sweep = SweepCommandTests.sweep

  private struct Row: Decodable {
    var state: String
    var attempts: Int
  }

  private func withSweep(_ body: (URL) throws -> Void) throws {
    try withTemporaryDirectory { folder in
      // As the system names it, which is how a plan does.
      let folder = folder.resolvingSymlinksInPath()
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("notebooks-data"),
        withDestinationURL: Repository.root.appendingPathComponent("notebooks-data"))
      try build("first:2", in: folder)
      try write(Self.sweep, folder)
      try body(folder)
    }
  }

  private func build(_ take: String, in folder: URL) throws {
    try run(
      [
        "calib", "build", "--source", "notebooks-data/corpus/jawiki-sample.xml", "--tokenizer",
        "notebooks-data/demo-model", "--take", take, "--max-seq-length", "64", "--output",
        "set.sqlite",
      ], in: folder)
  }

  private func write(_ text: String, _ folder: URL) throws {
    try text.write(
      to: folder.appendingPathComponent("sweep.yaml"), atomically: true, encoding: .utf8)
  }

  @discardableResult
  private func run(
    _ arguments: [String], in folder: URL, limits: String? = nil
  ) throws -> TenbinProcess {
    let process = try TenbinProcess(arguments, in: folder, limits: limits)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }

  /// The three CSVs of a study without their times.
  private func untimed(_ study: String, in folder: URL) throws -> [[String]] {
    let output = "csv-\(UUID())"
    try run(["sweep", "export", "csv", study, "--output", output], in: folder)
    let files = [
      ("trials.csv", TrialsCSV.timeColumns.count), ("evaluations.csv", 0),
      ("layers.csv", LayersCSV.timeColumns.count),
    ]
    return try files.map { name, times in
      let url = folder.appendingPathComponent("\(output)/\(name)")
      return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).dropLast(times)
          .joined(separator: ",") as String
      }
    }
  }
}

/// An sbatch that gives every job the number 77, and a squeue that prints what it is told to.
private struct FakeSlurm {
  private let folder: URL

  init(in root: URL) throws {
    folder = root.appendingPathComponent("slurm")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try queue("")
    let words =
      "printf '%s\\0' \"$@\" >>'\(folder.path)/NAME.calls'; printf '\\1' >>'\(folder.path)/NAME.calls'"
    for (name, rest) in [
      (
        "sbatch",
        "if [ -e '\(folder.path)/refusal' ]; then cat '\(folder.path)/refusal' >&2; exit 1; fi; echo 77"
      ),
      ("squeue", "cat '\(folder.path)/queue'"), ("sacct", "exit 1"),
    ] {
      try replace(name, "\(words.replacing("NAME", with: name))\n\(rest)")
    }
  }

  /// Has the command `name` be the script `text`.
  func replace(_ name: String, _ text: String) throws {
    let url = folder.appendingPathComponent(name)
    try "#!/bin/bash\n\(text)\n".write(to: url, atomically: true, encoding: .utf8)
    chmod(url.path, 0o755)
  }

  /// What has tenbin find it.
  var path: String { "export PATH='\(folder.path)':\"$PATH\"" }

  func queue(_ text: String) throws {
    try text.write(to: folder.appendingPathComponent("queue"), atomically: true, encoding: .utf8)
  }

  func refuse(_ text: String) throws {
    try text.write(to: folder.appendingPathComponent("refusal"), atomically: true, encoding: .utf8)
  }

  /// The words of each call of `name`.
  func calls(_ name: String) throws -> [[String]] {
    let text = try String(
      contentsOf: folder.appendingPathComponent("\(name).calls"), encoding: .utf8)
    return text.split(separator: "\u{1}").map { call in
      call.split(separator: "\0").map(String.init)
    }
  }
}
