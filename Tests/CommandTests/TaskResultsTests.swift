import Foundation
import TestSupport
import Testing

@Suite("evaluate tasks --output-results, and who reads it")
struct TaskResultsTests {
  private let model = Repository.demoModel.path
  private let task =
    Repository.root.appendingPathComponent("Tests/AnalysisTests/Fixtures/tasks/colours.json").path

  @Test("scores in lm-eval's layout; a card has them where its files are those that were asked")
  func card() throws {
    try withTemporaryDirectory { folder in
      let calibration = Repository.corpus.appendingPathComponent("heldout-wiki.jsonl").path
      let quantize = try TenbinProcess(
        [
          "quantize", model, "--calibration", calibration, "--algorithm", "rtn", "--output", "int8",
        ], in: folder)
      #expect(quantize.status == 0, "\(quantize.errors)")
      let arguments = [
        "evaluate", "tasks", "int8", "--base", model, "--data", task, "--output-results",
      ]
      for (answers, file) in [("likeliest", "a.json"), ("generated", "b.json")] {
        let asked = try TenbinProcess(
          arguments + [file, "--answers", answers, "--max-samples", "3"], in: folder)
        #expect(asked.status == 0, "\(asked.errors)")
      }
      let text = try String(contentsOf: folder.appendingPathComponent("a.json"), encoding: .utf8)
      #expect(text.hasPrefix("{\n  \"model_source\": \"tenbin\",\n"))
      let file = try #require(
        JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      let results = try #require(file["results"] as? [String: [String: Any]])
      #expect(results["colours"]?["acc,none"] is Double)
      #expect(results["colours"]?["acc_stderr,none"] is Double)
      #expect(
        (file["n-samples"] as? [String: [String: Int]])?["colours"] == [
          "original": 4, "effective": 3,
        ])
      #expect((file["n-shot"] as? [String: Int])?["colours"] == 0)
      let compared = try TenbinProcess(
        ["evaluate", "compare", "b.json", "--base", "b.json", "--format", "csv"], in: folder)
      #expect(compared.output.contains("b.json,colours,exact_match,llm-jp-eval,0,3,"))
      #expect(compared.output.contains(",within_error,"))
      let strangers = try TenbinProcess(
        ["evaluate", "compare", "a.json", "--base", "b.json"], in: folder)
      #expect(strangers.status == 65)
      #expect(strangers.errors.contains("found: no score of one task, metric and filter in both"))
      let card = ["report", "card", "--quantized", "int8", "--no-audit", "--tasks", "a.json"]
      let own = try TenbinProcess(card, in: folder)
      #expect(own.status == 0, "\(own.errors)")
      #expect(own.output.contains("## Tasks\n\nAsked on the checkpoint's files with tenbin "))
      #expect(own.output.contains("| colours | acc "))
      // Other settings of generation, other files.
      try "{\"eos_token_id\": 3}".write(
        to: folder.appendingPathComponent("int8/generation_config.json"), atomically: true,
        encoding: .utf8)
      let others = try TenbinProcess(card, in: folder)
      #expect(
        others.output.contains("are of other files than this checkpoint's, and are left out."))
      #expect(!others.output.contains("| colours"))
      #expect(others.errors.contains("warning: a.json has no scores of this checkpoint"))
    }
  }

  @Test("no scores, no file")
  func refused() throws {
    try withTemporaryDirectory { folder in
      try String(contentsOfFile: task, encoding: .utf8).replacing(
        "exact_match", with: "comet_wmt22"
      )
      .write(
        to: folder.appendingPathComponent("t.json"), atomically: true, encoding: .utf8)
      let process = try TenbinProcess(
        [
          "evaluate", "tasks", model, "--data", "t.json", "--max-samples", "1",
          "--output-answers", "a.jsonl", "--output-results", "r.json",
        ], in: folder)
      #expect(process.status == 65)
      #expect(
        process.errors.contains(
          """
          error: --output-results r.json
            found: no task with a metric that is computed here
            hint: give tasks with such a metric, or leave --output-results out
          """))
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("r.json").path))
    }
  }
}
