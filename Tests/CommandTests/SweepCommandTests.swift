import Dispatch
import Foundation
import GPTQ
import Report
import Results
import Sweep
import Synchronization
import TestSupport
import Testing

@Suite("Sweeps, by their commands", .serialized)
struct SweepCommandTests {
  static let sweep = """
    method: grid
    metric: {name: heldout-wiki.perplexity, goal: minimize}
    parameters:
      bits: {values: [4, 8]}
      group_size: {value: 64}
      damp_percent: {values: [0.01, 0.1]}
      propagation: {value: shared}
      confirm: {value: 1}
      calibration_draws: {value: 2}
      model: {value: notebooks-data/demo-model}
      calibration: {value: set.sqlite}
      heldout: {value: notebooks-data/corpus/heldout-wiki.jsonl}
      heldout_tokens: {value: 128}
      context: {value: 64}
    """

  /// A folder with the demo's data, a small calibration set and `sweep.yaml`.
  private func withSweep(_ text: String, _ body: (URL) throws -> Void) throws {
    try withTemporaryDirectory { folder in
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("notebooks-data"),
        withDestinationURL: Repository.root.appendingPathComponent("notebooks-data"))
      try FileManager.default.copyItem(
        at: Repository.root.appendingPathComponent("notebooks-data/corpus/jawiki-sample.xml"),
        to: folder.appendingPathComponent("corpus.xml"))
      try run(
        [
          "calib", "build", "--source", "corpus.xml", "--tokenizer",
          "notebooks-data/demo-model", "--take", "first:2", "--max-seq-length", "64", "--output",
          "set.sqlite",
        ], in: folder)
      try write(text, folder)
      try body(folder)
    }
  }

  private func write(_ text: String, _ folder: URL) throws {
    try text.write(
      to: folder.appendingPathComponent("sweep.yaml"), atomically: true, encoding: .utf8)
  }

  @discardableResult
  private func run(_ arguments: [String], in folder: URL) throws -> TenbinProcess {
    let process = try TenbinProcess(arguments, in: folder)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }

  /// The three CSVs of a study without their times.
  private func untimed(_ study: String, in folder: URL) throws -> [[String]] {
    try run(["sweep", "export", "csv", study, "--output", "out-\(study)"], in: folder)
    let files = [
      ("trials.csv", TrialsCSV.timeColumns.count), ("evaluations.csv", 0),
      ("layers.csv", LayersCSV.timeColumns.count),
    ]
    return try files.map { name, times in
      let url = folder.appendingPathComponent("out-\(study)/\(name)")
      return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).dropLast(times)
          .joined(separator: ",") as String
      }
    }
  }

  @Test("shards, merged and finished, equal the whole sweep; confirmations and repeats are in it")
  func shards() throws {
    try withSweep(Self.sweep) { folder in
      let dry = try run(
        ["sweep", "run", "sweep.yaml", "--study", "whole.sqlite", "--dry-run"], in: folder)
      #expect(
        dry.errors.contains(
          "4 trials, 2 round-to-nearest companions, 2 confirmations, 4 repeats on other calibration"
            + " draws: 2 sizes, 3 passes over the model"))
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/whole.sqlite"))
      let whole = try run(["sweep", "run", "sweep.yaml", "--study", "whole.sqlite"], in: folder)
      #expect(whole.errors.contains("2 calibration draws of other rows of the same sources"))
      for part in ["1", "2"] {
        try run(
          ["sweep", "run", "sweep.yaml", "--study", "\(part).sqlite", "--shard", "\(part)/2"],
          in: folder)
      }
      try run(["sweep", "merge", "merged.sqlite", "2.sqlite", "1.sqlite"], in: folder)
      try run(["sweep", "run", "sweep.yaml", "--study", "merged.sqlite"], in: folder)
      let expected = try untimed("whole.sqlite", in: folder)
      #expect(try untimed("merged.sqlite", in: folder) == expected)

      let results = try Study(existing: folder.appendingPathComponent("whole.sqlite")).results()
      #expect(
        results.trials.map(\.role) == [.search, .search, .search, .search, .companion, .companion]
          + [.confirm, .confirm] + [.repeat, .repeat, .repeat, .repeat])
      #expect(results.trials.suffix(4).map(\.draw) == [1, 2, 1, 2])
      // The draws differ, the repeats are of the confirmed best, and their scores scatter.
      #expect(results.draws.map(\.method) == [.rows, .rows])
      #expect(Set(results.draws.map(\.hash)).count == 2)
      #expect(results.trials[8].config == results.trials[6].config)
      #expect(results.drawNoises.map(\.trial) == [6, 7])
      #expect(results.drawNoises.allSatisfy { $0.spread > 0 })
      let best = try run(["sweep", "best", "whole.sqlite", "--format", "json"], in: folder)
      #expect(best.output.contains("\"draw_spread\""))
      let importance = try run(["sweep", "importance", "whole.sqlite"], in: folder)
      #expect(importance.output.contains("beyond_noise"))
      try run(
        ["sweep", "export", "optuna", "whole.sqlite", "--output", "optuna.db"], in: folder)
      try run(["report", "html", "whole.sqlite", "--output", "report.html"], in: folder)
      let page = try String(
        contentsOf: folder.appendingPathComponent("report.html"), encoding: .utf8)
      // The command that the page offers names the model as the sweep file does, and this study.
      #expect(page.contains("--trial whole.sqlite#") && !page.contains(">tenbin quantize MODEL "))
      try run(
        ["report", "html", "whole.sqlite", "--language", "ja", "--output", "ja.html"], in: folder)
      let japanese = try String(
        contentsOf: folder.appendingPathComponent("ja.html"), encoding: .utf8)
      #expect(japanese.contains("<html lang=\"ja\">"))
      let status = try run(["sweep", "status", "whole.sqlite"], in: folder)
      #expect(status.errors.contains("12 complete: every trial has come to its end\n"))
      try run(["report", "csv", "whole.sqlite", "--output", "csv"], in: folder)
      try FileManager.default.copyItem(
        at: folder.appendingPathComponent("whole.sqlite"),
        to: folder.appendingPathComponent("csv/study.sqlite"))
      if let notebook = try Notebook.run(on: folder.appendingPathComponent("csv")) {
        #expect(notebook.status == 0, "\(notebook.text)")
      }
      // A study before its first layer.
      var empty = results
      empty.trials = []
      try StudyMerge.write(
        empty, to: folder.appendingPathComponent("empty.sqlite"), replacing: true)
      #expect(
        try run(["sweep", "status", "empty.sqlite"], in: folder).errors
          == "no trials: tenbin sweep run writes them before its first layer\n")
      #expect(
        try run(["sweep", "best", "empty.sqlite"], in: folder).errors
          == "No trial is complete and scored yet: there is nothing to rank.\n")
      #expect(
        try run(["sweep", "importance", "empty.sqlite"], in: folder).errors.hasPrefix(
          "no setting varies among the complete trials of one size: there is nothing to explain\n"))
    }
  }

  @Test("status --follow shows a study until nobody is at work on it, then once more")
  func follow() throws {
    try withTemporaryDirectory { folder in
      let holder = try Holder(Study(folder.appendingPathComponent("held.sqlite")))
      DispatchQueue.global().asyncAfter(deadline: .now() + 3) { holder.letGo() }
      let followed = try run(["sweep", "status", "held.sqlite", "--follow"], in: folder)
      let lines = followed.errors.split(separator: "\n")
      #expect(lines.first == "2 running; a process has the study open")
      #expect(lines.last == "2 running; nobody is at work: the same sweep run goes on with it")
      #expect(lines.count == 2, "\(lines)")
      #expect(followed.output.contains("int4 g128 RTN"))
    }
  }

  @Test("bayes goes on where it stopped, as if it had not; early termination marks what it stops")
  func rounds() throws {
    let bayes = Self.sweep.replacing("method: grid", with: "method: bayes\nrun_cap: 4")
      .replacing("confirm: {value: 1}", with: "batch: {value: 2}")
      .replacing("calibration_draws: {value: 2}", with: "calibration_draws: {value: 0}")
      .replacing(
        "{values: [0.01, 0.1]}", with: "{distribution: log_uniform_values, min: 0.001, max: 1}")
    try withSweep(bayes) { folder in
      try run(["sweep", "run", "sweep.yaml", "--study", "whole.sqlite"], in: folder)
      try write(bayes.replacing("run_cap: 4", with: "run_cap: 2"), folder)
      try run(["sweep", "run", "sweep.yaml", "--study", "resumed.sqlite"], in: folder)
      try write(bayes, folder)
      try run(["sweep", "run", "sweep.yaml", "--study", "resumed.sqlite"], in: folder)
      #expect(
        try untimed("resumed.sqlite", in: folder) == untimed("whole.sqlite", in: folder))
      let results = try Study(existing: folder.appendingPathComponent("whole.sqlite")).results()
      #expect(results.trials.filter { $0.role == .search }.map(\.round) == [0, 0, 1, 1])

      // The defective packer damages 8 bits from the first layer on, and leaves 4 bits alone.
      try write(
        Self.sweep.replacing(
          "method: grid", with: "method: grid\nearly_terminate: {type: hyperband}"
        )
        .replacing(
          "damp_percent: {values: [0.01, 0.1]}", with: "packer: {values: [exact, autogptq-bf16]}"
        )
        .replacing("confirm: {value: 1}", with: "confirm: {value: 0}")
        .replacing("calibration_draws: {value: 2}", with: "calibration_draws: {value: 1}"), folder)
      // Without its source the set offers no other rows.
      try FileManager.default.removeItem(at: folder.appendingPathComponent("corpus.xml"))
      try run(["sweep", "run", "sweep.yaml", "--study", "pruned.sqlite"], in: folder)
      let pruned = try Study(existing: folder.appendingPathComponent("pruned.sqlite")).results()
      let states = Dictionary(grouping: pruned.trials, by: \.state).mapValues { $0.map(\.number) }
      #expect(states[.pruned] == [3])
      #expect(pruned.draws.map(\.method) == [.bootstrap])
      #expect(pruned.trials[3].hiddenErrors.count == 2)
      #expect(pruned.trials[3].evaluations.isEmpty)
      #expect(Findings(pruned).sentences.contains { $0.contains("#3 was stopped on its way") })
    }
  }

  @Test("a study that is being written, or cannot be, is refused with 74 and stays as it was")
  func refusals() throws {
    try withSweep(Self.sweep) { folder in
      let study = try Study(folder.appendingPathComponent("held.sqlite"))
      let second = try TenbinProcess(
        ["sweep", "run", "sweep.yaml", "--study", "held.sqlite"], in: folder)
      #expect(second.status == 74)
      #expect(second.errors.contains("process \(getpid()) is writing it"))
      try study.finish()
      for place in ["nowhere/study.sqlite", "/proc/study.sqlite"] {
        let refused = try TenbinProcess(
          ["sweep", "run", "sweep.yaml", "--study", place], in: folder)
        #expect(refused.status == 74)
        #expect(refused.errors.contains("\n  hint: "))
      }
      let mixed = try TenbinProcess(
        ["sweep", "run", "sweep.yaml", "--study", "x.sqlite", "--shard", "5/4"], in: folder)
      #expect(mixed.status == 64)
    }
  }
}

/// Has a study open until it is told to let go.
private final class Holder: Sendable {
  private let study: Mutex<Study?>

  init(_ study: Study) throws {
    _ = try study.enter(TrialPlan([TrialConfig()]))
    self.study = Mutex(study)
  }

  func letGo() { study.withLock { $0 = nil } }
}
