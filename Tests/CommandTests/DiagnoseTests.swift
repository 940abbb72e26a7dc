import Foundation
import TestSupport
import Testing

@Suite("Diagnoses, by their command", .serialized)
struct DiagnoseTests {
  static let command = [
    "diagnose", "model", "--calibration", "set.sqlite", "--suspect", "packed.yaml", "--baseline",
    "sound.yaml", "--heldout", "heldout-wiki.jsonl", "heldout-instruct.jsonl", "--context", "64",
    "--heldout-tokens", "256", "--swap-tokens", "128", "--seeds", "2", "--format", "json",
  ]

  /// Two layers of the demo model, a small calibration set, and 8 bits with two packers.
  private func withSides(_ body: (URL) throws -> Void) throws {
    try withTemporaryDirectory { folder in
      try PlantedModel(layers: 2).write(to: folder.appendingPathComponent("model"))
      for name in ["heldout-wiki.jsonl", "heldout-instruct.jsonl", "jawiki-sample.xml"] {
        try FileManager.default.createSymbolicLink(
          at: folder.appendingPathComponent(name),
          withDestinationURL: Repository.corpus.appendingPathComponent(name))
      }
      let built = try TenbinProcess(
        [
          "calib", "build", "--source", "jawiki-sample.xml", "--tokenizer", "model", "--take",
          "first:4", "--max-seq-length", "64", "--output", "set.sqlite",
        ], in: folder)
      try #require(built.status == 0, "\(built.errors)")
      try write("preset: nejumi-int8\npacker: autogptq-bf16\n", "packed.yaml", folder)
      try write("preset: nejumi-int8\n", "sound.yaml", folder)
      try body(folder)
    }
  }

  private func write(_ text: String, _ name: String, _ folder: URL) throws {
    try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
  }

  @Test("the packer is named in JSON, on the page and in words; an interrupted run goes on")
  func packer() throws {
    try withSides { folder in
      let page = folder.appendingPathComponent("page.html")
      let whole = try TenbinProcess(
        Self.command + ["--output", "page.html", "--language", "ja"], in: folder)
      #expect(whole.status == 0, "\(whole.errors)")
      let diagnosis = try parsed(whole.output)
      let keys = [
        "audit", "baseline", "causes", "domains", "draws", "exact", "factors", "findings", "floor",
        "groups", "hypotheses", "interactions", "kld", "metric", "model", "modules", "nll",
        "suspect", "swap_tokens", "tokens_scored", "tool_version", "unequal_files", "verdict",
        "wall_seconds",
      ]
      #expect(diagnosis.keys.sorted() == keys)
      #expect(["regression", "farther_from_base"].contains(diagnosis["verdict"] as? String))
      let causes = try #require(diagnosis["causes"] as? [[String: Any]])
      #expect(causes.map { $0["kind"] as? String } == ["packing"])
      #expect(abs((causes.first?["share"] as? Double ?? 0) - 1) < 1e-9)
      let hypotheses = try #require(diagnosis["hypotheses"] as? [[String: Any]])
      #expect(hypotheses.count == 11 && hypotheses[0]["status"] as? String == "confirmed")
      #expect((diagnosis["modules"] as? [Any])?.count == 14)
      #expect((diagnosis["groups"] as? [Any])?.count == 9)
      #expect(diagnosis["domains"] as? [String] == ["heldout-wiki", "heldout-instruct"])
      let findings = try #require(diagnosis["findings"] as? [String])
      #expect(findings.contains { $0.contains("パッキング") })
      #expect(findings.allSatisfy { whole.errors.contains($0) })
      let text = try String(contentsOf: page, encoding: .utf8)
      #expect(text.contains("<html lang=\"ja\">") && text.contains("id=\"waterfall\""))
      #expect(!FileManager.default.fileExists(atPath: page.path + ".pass"))

      // Stopped twice: in the first pass, and in the swap of modules.
      try FileManager.default.removeItem(at: page)
      let state = folder.appendingPathComponent("page.html.pass")
      for trigger in ["key", "pass-2.json"] {
        let stopped = try TenbinProcess(
          Self.command + ["--output", "page.html", "--language", "ja"], in: folder,
          interruptedBy: state.appendingPathComponent(trigger))
        #expect(stopped.status == 130, "\(stopped.errors)")
        #expect(stopped.errors.contains("run the same command again"))
        #expect(stopped.output == "" && !FileManager.default.fileExists(atPath: page.path))
      }
      let resumed = try TenbinProcess(
        Self.command + ["--output", "page.html", "--language", "ja"], in: folder)
      #expect(resumed.status == 0 && resumed.errors.contains("going on after layer"))
      #expect(untimed(resumed.output) == untimed(whole.output))
      #expect(!FileManager.default.fileExists(atPath: state.path))
    }
  }

  private func parsed(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// The lines of `json` that no clock has a say in.
  private func untimed(_ json: String) -> [Substring] {
    json.split(separator: "\n").filter { line in
      !["\"wall_seconds\"", "\"solve_seconds\""].contains { line.contains($0) }
    }
  }
}
