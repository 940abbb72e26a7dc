import Foundation
import GRDB
import TestSupport
import Testing

@Suite("tenbin run, and tenbin sweep init", .serialized)
struct RunCommandTests {
  @Test("from a model and a text to a checkpoint, a report and a card; given again it goes on")
  func run() throws {
    try withTemporaryDirectory { folder in
      let arguments = [
        "run", Repository.root.appendingPathComponent("notebooks-data/demo-model").path,
        "--calibration",
        Repository.root.appendingPathComponent("notebooks-data/corpus/jawiki-sample.xml").path,
        "--size", "int4", "--max-seq-length", "512", "--heldout-tokens", "1024", "--output", "it's",
      ]
      let first = try TenbinProcess(arguments, in: folder)
      try #require(first.status == 0, "\(first.errors)")
      let files = try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("it's").path)
      for name in [
        "calibration.sqlite", "checkpoint", "heldout.jsonl", "layers.csv", "report.html",
        "study.sqlite", "sweep.yaml",
      ] {
        #expect(files.contains(name), "\(name) of \(files.sorted())")
      }
      let card = try String(
        contentsOf: folder.appendingPathComponent("it's/checkpoint/README.md"), encoding: .utf8)
      #expect(card.contains("| heldout |"), "the trial's own scores")
      // Every step is a command as it is typed, the folder's name in quotes.
      let steps = first.errors.split(separator: "\n").filter { $0.hasPrefix("$ tenbin ") }
      #expect(steps.count == 8)
      #expect(steps.last?.contains(#" --quantized 'it'\''s/checkpoint' --study "#) == true)
      // The audit behind the card is the only one.
      #expect(first.errors.contains("\nit's/checkpoint: healthy; "))
      let again = try TenbinProcess(arguments, in: folder)
      try #require(again.status == 0, "\(again.errors)")
      #expect(again.errors.contains("nothing is left to run"))
      #expect(!again.errors.contains("$ tenbin quantize"))
      // Other text or samples of another length are no continuation.
      let longer = try TenbinProcess(arguments + ["--max-seq-length", "256"], in: folder)
      #expect(longer.status == 64 && longer.errors.contains("error: go on with it's/sweep.yaml\n"))
      // Other settings are no continuation.
      let other = try TenbinProcess(arguments + ["--heldout-tokens", "2048"], in: folder)
      #expect(other.status == 64)
      #expect(
        other.errors.hasSuffix(
          """
          error: go on with it's/sweep.yaml
            found: the sweep of other settings, or one that was edited
            hint: give the settings of before, or another --output

          """))
      // Without a trial that came to its end there is nothing to choose.
      let study = folder.appendingPathComponent("it's/study.sqlite").path
      try DatabaseQueue(path: study).write {
        try $0.execute(sql: "UPDATE trials SET state = 'pruned'")
      }
      let none = try TenbinProcess(arguments, in: folder)
      #expect(none.status == 1)
      #expect(
        none.errors.hasSuffix(
          """
          error: choose a trial of it's/study.sqlite
            found: no trial that came to its end
            hint: tenbin sweep status it's/study.sqlite says what became of each

          """), "\(none.errors)")
    }
  }

  @Test("a set has no text to keep apart, and one document cannot be both")
  func noHeldout() throws {
    try withTemporaryDirectory { folder in
      let model = Repository.root.appendingPathComponent("notebooks-data/demo-model").path
      let set = try TenbinProcess(["run", model, "--calibration", "set.sqlite"], in: folder)
      #expect(set.status == 64)
      #expect(set.errors.contains("a set has no text to keep apart: give --heldout, too"))
      try Data("一つの文書。".utf8).write(to: folder.appendingPathComponent("one.txt"))
      let one = try TenbinProcess(["run", model, "--calibration", "one.txt"], in: folder)
      #expect(one.status == 65)
      #expect(
        one.errors == """
          error: keep some documents of one.txt apart to measure on
            found: one document in it
            hint: give --heldout with another text

          """)
    }
  }

  @Test("sweep init writes a sweep that runs, and never over an edited one without --force")
  func initialize() throws {
    try withTemporaryDirectory { folder in
      let model = Repository.root.appendingPathComponent("notebooks-data/demo-model").path
      let arguments = ["sweep", "init", model, "--heldout", "a b.jsonl", "news.jsonl"]
      let first = try TenbinProcess(arguments, in: folder)
      try #require(first.status == 0, "\(first.errors)")
      let text = try String(
        contentsOf: folder.appendingPathComponent("sweep.yaml"), encoding: .utf8)
      #expect(text.contains(#"metric: {name: "a b.perplexity", goal: minimize}"#))
      #expect(text.contains("group_size: {values: [64, 128]}"))
      #expect(text.contains(#"heldout: {value: ["a b.jsonl", "news.jsonl"]}"#))
      let dry = try TenbinProcess(
        ["sweep", "run", "sweep.yaml", "--study", "study.sqlite", "--dry-run"], in: folder)
      #expect(dry.status == 0, "\(dry.errors)")
      let again = try TenbinProcess(arguments, in: folder)
      #expect(again.status == 64 && again.errors.contains("found: a sweep file stands there"))
      let forced = try TenbinProcess(arguments + ["--force"], in: folder)
      #expect(forced.status == 0)
    }
  }

  @Test("--version says what computes here")
  func version() throws {
    let process = try TenbinProcess(["--version"], in: Repository.root)
    #expect(process.status == 0)
    let lines = process.output.split(separator: "\n").map { $0.split(separator: ":")[0] }
    #expect(lines.count == 4 && lines[0].hasPrefix("tenbin "))
    #expect(lines.dropFirst() == ["commit", "blas", "cuda"])
    // Its kernels are those that the user names, else none that the processor has left behind.
    let named = try TenbinProcess(
      ["--version"], in: Repository.root, limits: "export OPENBLAS_CORETYPE=Nehalem")
    let own = try TenbinProcess(
      ["--version"], in: Repository.root, limits: "unset OPENBLAS_CORETYPE")
    let flags = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    guard flags.contains(" avx2 "), named.output.contains("Nehalem kernels") else { return }
    #expect(!own.output.contains("Nehalem kernels") && !own.output.contains("Prescott kernels"))
  }
}
