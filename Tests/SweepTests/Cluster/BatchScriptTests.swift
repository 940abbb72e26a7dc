import Basics
import Foundation
import Sweep
import TestSupport
import Testing

@Suite("Batch scripts")
struct BatchScriptTests {
  private func plan(program: String = "/opt/tenbin/bin/tenbin") -> ClusterPlan {
    var plan = ClusterPlan()
    plan.program = program
    plan.tasks = [
      ClusterPlan.Task(
        number: 1, trials: [0, 2], names: ["#0 int4 g64", "#2 int4 g64 RTN"], operations: 1.5e12,
        memoryBytes: 2_000_000_000),
      ClusterPlan.Task(
        number: 2, trials: [1], names: ["#1 int8 g64"], operations: 9e11,
        memoryBytes: 1_500_000_000),
      ClusterPlan.Task(number: 3, trials: [], names: [], operations: 0, memoryBytes: 2_100_000_000),
    ]
    return plan
  }

  @Test("a script as people read it")
  func text() throws {
    var plan = plan()
    plan.options = try BatchOption.parse(
      #"partition=gpu --gres=gpu:1 time=4:00:00 exclusive comment="a # b" signal=B:USR1@600"#)
    #expect(
      BatchScript(plan, in: PlanFolder("/shared/plan")).text == """
        #!/bin/bash
        #SBATCH --job-name=tenbin
        #SBATCH --array=1-3
        #SBATCH --output=/dev/null
        #SBATCH --requeue
        #SBATCH --partition=gpu
        #SBATCH --gres=gpu:1
        #SBATCH --time=4:00:00
        #SBATCH --exclusive
        #SBATCH --comment="a # b"
        #SBATCH --signal=B:USR1@600

        # Written by tenbin sweep submit; tenbin sweep collect tells how far the tasks are, and joins their
        # studies. A task that is stopped goes on where it was when it is run again.
        # task 1: 2 TFLOP, at most 2.0 GB of memory: #0 int4 g64, #2 int4 g64 RTN
        # task 2: 1 TFLOP, at most 1.5 GB of memory: #1 int8 g64
        # task 3: confirmations and repeats, after all others

        folder='/shared/plan'
        exec >>"$folder/logs/$SLURM_ARRAY_TASK_ID.log" 2>&1
        exec '/opt/tenbin/bin/tenbin' sweep task "$folder" "$SLURM_ARRAY_TASK_ID"

        """)
  }

  @Test(
    "whatever paths and trials are called, bash runs one program with those words",
    arguments: [
      "a b", "it's", #"say "so""#, "量子化 の計画", "a\nb\n#SBATCH --wrap=evil\ntouch evil",
      "$(touch evil)",
      "`touch evil`", "; touch evil;", #"back\slash\"#, "%j %a", "-rf", "'\"'\"'", "\u{202E}gpj",
      "'\u{301}; touch evil; '\u{301}",
      "*?[a]",
    ])
  func hostile(name: String) throws {
    try withTemporaryDirectory { root in
      let place = root.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: place.appendingPathComponent("plan/logs"), withIntermediateDirectories: true)
      let program = place.appendingPathComponent("ten bin")
      try "#!/bin/bash\nprintf '%s\\0' \"$@\"\n".write(
        to: program, atomically: true, encoding: .utf8)
      chmod(program.path, 0o755)
      var plan = plan(program: program.path)
      plan.tasks[0].names = ["#0 \(name)", "\(name)\ntouch evil\r\u{2028}touch evil"]
      let folder = PlanFolder(place.appendingPathComponent("plan").path)
      let text = BatchScript(plan, in: folder).text
      // sbatch reads its options above the first command, and nothing of the user's stands there.
      let head = text.prefix(upTo: try #require(text.range(of: "\nfolder=")).lowerBound)
      #expect(head.split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
      #expect(head.split(separator: "\n").count { $0.hasPrefix("#SBATCH") } == 5)
      try text.write(to: folder.script, atomically: true, encoding: .utf8)

      let bash = Process()
      bash.executableURL = URL(fileURLWithPath: "/bin/bash")
      bash.arguments = [folder.script.path]
      bash.currentDirectoryURL = root
      bash.environment = ["SLURM_ARRAY_TASK_ID": "2", "PATH": "/usr/bin:/bin"]
      try bash.run()
      bash.waitUntilExit()
      #expect(bash.terminationStatus == 0)
      let log = try String(contentsOf: folder.log(of: 2), encoding: .utf8)
      #expect(
        log.split(separator: "\0", omittingEmptySubsequences: false)
          == ["sweep", "task", folder.url.path, "2", ""].map { Substring($0) })
      #expect(try FileManager.default.contentsOfDirectory(atPath: root.path).count == 1)
    }
  }

  @Test("options that tenbin sets, that are none, or that would be more than a line are refused")
  func options() throws {
    let cases = [
      ("array=1-9", "array: --shards and --at-once decide", "leave it out"),
      ("--output=x", "output: logs/ of the plan has the logs", "leave it out"),
      (
        "-p gpu", "-p is no option of sbatch",
        "give long names with their values, such as partition=gpu time=4:00:00"
      ),
      (
        "comment=a;$(x)y x=\"", "a quote without its end", "close it: comment=\"a b\""
      ),
      (
        "$(touch evil)", "$(touch is no option of sbatch",
        "give long names with their values, such as partition=gpu time=4:00:00"
      ),
      (
        "comment='a\n#SBATCH --wrap=x'", "a control character in comment",
        "give a value of one line"
      ),
    ]
    for (text, found, hint) in cases {
      #expect(
        throws: InputError(.usage, asked: "--sbatch \(text)", found: found, hint: hint), "\(text)"
      ) { try BatchOption.parse(text) }
    }
    #expect(try BatchOption.parse("  ").isEmpty)
    var plan = plan()
    plan.options = try BatchOption.parse(#"comment='say "a\b" $(x)' no-requeue"#)
    // A mark makes one character of a quote and itself.
    plan.options += try BatchOption.parse("wckey='a\"\u{301}b'")
    let lines = BatchScript(plan, in: PlanFolder("/p")).text.split(separator: "\n")
    #expect(lines.contains(##"#SBATCH --comment="say \"a\\b\" $(x)""##))
    #expect(lines.contains { $0.utf8.elementsEqual("#SBATCH --wckey=\"a\\\"\u{301}b\"".utf8) })
    #expect(lines.contains("#SBATCH --no-requeue") && !lines.contains("#SBATCH --requeue"))
  }
}
