import Foundation
import Report
import Sweep
import TestSupport
import Testing

@Suite("The main job, by its commands", .serialized)
struct MainJobTests {
  @Test("calibrate, sweep, report, quantize a trial, evaluate its checkpoint")
  func wholeJob() throws {
    try withTemporaryDirectory { folder in
      try link("notebooks-data", into: folder)
      try run(Self.build, in: folder)
      try inspectAndRebuild(folder)
      try Self.sweep.write(
        to: folder.appendingPathComponent("sweep.yaml"), atomically: true, encoding: .utf8)
      // The second run has the least memory there can be: its hidden states wait in a file.
      let little = ["--memory-budget", try leastBudget(folder)]
      for (name, memory) in [("a", []), ("b", little)] {
        try run(["sweep", "run", "sweep.yaml", "--study", "\(name).sqlite"] + memory, in: folder)
        try run(["report", "csv", "\(name).sqlite", "--output", name], in: folder)
      }
      for (file, times) in [
        ("trials.csv", TrialsCSV.timeColumns.count), ("evaluations.csv", 0),
        ("layers.csv", LayersCSV.timeColumns.count),
      ] {
        let a = try untimed(folder.appendingPathComponent("a/\(file)"), dropping: times)
        let b = try untimed(folder.appendingPathComponent("b/\(file)"), dropping: times)
        #expect(a == b, "\(file) of two runs")
        #expect(a.count > 3)
      }

      // A trial's numbers do not depend on its neighbours.
      let alone = Self.sweep.replacing("[4, 8]", with: "[8]")
        .replacing("[exact, autogptq-bf16]", with: "[exact]")
      try alone.write(
        to: folder.appendingPathComponent("alone.yaml"), atomically: true, encoding: .utf8)
      try run(["sweep", "run", "alone.yaml", "--study", "alone.sqlite"], in: folder)
      try run(["report", "csv", "alone.sqlite", "--output", "alone"], in: folder)
      for file in ["evaluations.csv", "layers.csv"] {
        let times = file == "layers.csv" ? LayersCSV.timeColumns.count : 0
        let among = try rows(ofTrial: 2, folder.appendingPathComponent("a/\(file)"), times)
        let own = try rows(ofTrial: 0, folder.appendingPathComponent("alone/\(file)"), times)
        #expect(own == among, "\(file) of a trial alone")
        #expect(!own.isEmpty)
      }

      // A rerun has nothing to do and changes nothing.
      let before = try Data(contentsOf: folder.appendingPathComponent("a/layers.csv"))
      try run(["sweep", "run", "sweep.yaml", "--study", "a.sqlite"], in: folder)
      try run(["report", "csv", "a.sqlite", "--output", "a"], in: folder)
      #expect(try Data(contentsOf: folder.appendingPathComponent("a/layers.csv")) == before)

      // Another text under the same name is another domain.
      let moved = Self.sweep.replacing("notebooks-data/corpus/heldout-wiki", with: "heldout-wiki")
      try moved.write(
        to: folder.appendingPathComponent("moved.yaml"), atomically: true, encoding: .utf8)
      try FileManager.default.copyItem(
        at: folder.appendingPathComponent("notebooks-data/corpus/heldout-instruct.jsonl"),
        to: folder.appendingPathComponent("heldout-wiki.jsonl"))
      let refused = try TenbinProcess(
        ["sweep", "run", "moved.yaml", "--study", "a.sqlite"], in: folder)
      #expect(refused.status == 64 && refused.errors.contains("another text of heldout"))

      try run(["report", "html", "a.sqlite", "--output", "report.html"], in: folder)
      let page = try String(
        contentsOf: folder.appendingPathComponent("report.html"), encoding: .utf8)
      #expect(page.utf8.count < 2_000_000)
      #expect(page.contains("int4"))

      try checkpointMatchesTrial(folder)
      try trialWithChanges(folder)
    }
  }

  /// What `--memory-budget` must be at least, and no megabyte more.
  private func leastBudget(_ folder: URL) throws -> String {
    let refused = try TenbinProcess(
      ["sweep", "run", "sweep.yaml", "--study", "b.sqlite", "--memory-budget", "1MB"], in: folder)
    #expect(refused.status == 64)
    let match = try #require(refused.errors.firstMatch(of: /give (\d+) MB or more/))
    return "\((Int(match.1) ?? 0) + 1)MB"
  }

  /// The set says where its texts come from, and comes out again byte for byte.
  private func inspectAndRebuild(_ folder: URL) throws {
    let set = folder.appendingPathComponent("set.sqlite")
    let bytes = try Data(contentsOf: set)
    let inspected = try run(
      ["calib", "inspect", "set.sqlite", "--html", "set.html", "--format", "json"], in: folder)
    #expect(inspected.output.contains("\"samples\""))
    let page = try String(contentsOf: folder.appendingPathComponent("set.html"), encoding: .utf8)
    #expect(page.contains("jawiki-sample.xml:") && page.contains("</html>"))
    #expect(!page.contains("http://") && !page.contains("https://"))
    try run(["calib", "rebuild", "set.sqlite"], in: folder)
    try run(Array(Self.build.dropLast()) + ["again.sqlite"], in: folder)
    #expect(try Data(contentsOf: folder.appendingPathComponent("again.sqlite")) == bytes)
    let exported = try run(["calib", "export", "set.sqlite", "--output", "set.jsonl"], in: folder)
    #expect(exported.status == 0)
  }

  /// The checkpoint of a trial, read back from disk, scores what the study says of it.
  private func checkpointMatchesTrial(_ folder: URL) throws {
    try run(
      [
        "quantize", "notebooks-data/demo-model", "--trial", "a.sqlite#1", "--output", "trial1",
      ], in: folder)
    let evaluated = try run(
      [
        "evaluate", "perplexity", "trial1", "--data", "notebooks-data/corpus/heldout-wiki.jsonl",
        "--context", "128", "--max-tokens", "512", "--format", "json",
      ], in: folder)
    struct Row: Decodable { var perplexity: Double }
    let rows = try JSONDecoder().decode([Row].self, from: Data(evaluated.output.utf8))
    let study = try Study(existing: folder.appendingPathComponent("a.sqlite")).results()
    let expected = study.trials[1].evaluations[0].perplexity
    #expect(abs((rows.first?.perplexity ?? 0) / expected - 1) < 1e-5)

    let card = try run(
      ["report", "card", "--quantized", "trial1", "--study", "a.sqlite", "--language", "ja"],
      in: folder)
    // What nobody stated is not in the header.
    #expect(card.output.hasPrefix("---\nlibrary_name: transformers\n"))
    #expect(!card.output.contains("base_model:") && !card.output.contains("language:"))
    // The command needs no study.
    #expect(card.output.contains("tenbin quantize demo-model --calibration set.sqlite "))
    #expect(card.output.contains(" --packer autogptq-bf16 --output trial1\n"))
    #expect(card.output.contains("jawiki-sample.xml") && card.output.contains("heldout-wiki"))
    let plain = try run(["report", "card", "--quantized", "trial1"], in: folder)
    #expect(plain.output.contains("| bits"))
  }

  /// Other flags change a trial's settings; another calibration set under the same name does not.
  private func trialWithChanges(_ folder: URL) throws {
    let trial = ["quantize", "notebooks-data/demo-model", "--trial", "a.sqlite#0", "--bits", "8"]
    try run(trial + ["--output", "changed"], in: folder)
    let config = try String(
      contentsOf: folder.appendingPathComponent("changed/quantize_config.json"), encoding: .utf8)
    #expect(config.contains(#""bits": 8"#) && config.contains(#""desc_act": true"#))
    try run(Self.build + ["--take", "first:2", "--force"], in: folder)
    let refused = try TenbinProcess(trial + ["--output", "other"], in: folder)
    #expect(refused.status == 64 && refused.errors.contains("with another calibration"))
  }

  static let build = [
    "calib", "build", "--source", "notebooks-data/corpus/jawiki-sample.xml", "--tokenizer",
    "notebooks-data/demo-model", "--take", "first:3", "--max-seq-length", "128", "--output",
    "set.sqlite",
  ]

  static let sweep = """
    method: grid
    parameters:
      bits: {values: [4, 8]}
      group_size: {value: 64}
      desc_act: {value: true}
      packer: {values: [exact, autogptq-bf16]}
      propagation: {value: shared}
      model: {value: notebooks-data/demo-model}
      calibration: {value: set.sqlite}
      heldout: {value: notebooks-data/corpus/heldout-wiki.jsonl}
      heldout_tokens: {value: 512}
      calibration_draws: {value: 0}
      context: {value: 128}
    """

  @discardableResult
  private func run(_ arguments: [String], in folder: URL) throws -> TenbinProcess {
    let process = try TenbinProcess(arguments, in: folder)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }

  private func link(_ name: String, into folder: URL) throws {
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent(name),
      withDestinationURL: Repository.root.appendingPathComponent(name))
  }

  /// A trial's lines of a CSV without its number and times.
  private func rows(ofTrial trial: Int, _ url: URL, _ times: Int) throws -> [Substring] {
    try untimed(url, dropping: times).filter { $0.hasPrefix("\(trial),") }
      .map { $0.drop { $0 != "," } }
  }

  /// The lines of a CSV without its last `count` columns, which hold times.
  private func untimed(_ url: URL, dropping count: Int) throws -> [String] {
    try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).dropLast(count)
        .joined(separator: ",")
    }
  }
}
