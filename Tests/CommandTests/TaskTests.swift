import Foundation
import TestSupport
import Testing

@Suite("evaluate tasks: answers that are written, and the likeliest")
struct TaskTests {
  private let model = Repository.demoModel.path
  private let task =
    Repository.root.appendingPathComponent("Tests/AnalysisTests/Fixtures/tasks/colours.json").path

  private func rows(_ process: TenbinProcess) throws -> [[String: Any]] {
    #expect(process.status == 0, "\(process.errors)")
    return try #require(
      JSONSerialization.jsonObject(with: Data(process.output.utf8)) as? [[String: Any]])
  }

  @Test("a file's metrics say what is done with its answers; both models', question by question")
  func generated() throws {
    try withTemporaryDirectory { folder in
      let arguments = [
        "evaluate", "tasks", model, "--base", model, "--data", task, "--shots", "2", "--format",
        "json",
      ]
      let process = try TenbinProcess(arguments + ["--output-answers", "a.jsonl"], in: folder)
      let row = try #require(rows(process).first)
      #expect(row["metric"] as? String == "exact_match" && row["items"] as? Int == 4)
      #expect(row["score_delta"] as? Double == 0)
      #expect(row["verdict"] as? String == "cannot be told apart")
      let items = try rows(
        TenbinProcess(arguments + ["--show", "items", "--batch", "1"], in: folder))
      #expect(items.map { $0["gold"] as? String } == ["青", "赤", "黄色", "緑"])
      let text = try String(
        contentsOf: folder.appendingPathComponent("a.jsonl"), encoding: .utf8)
      let lines = try text.split(separator: "\n").map {
        try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      #expect(lines.count == 4)
      for (line, item) in zip(lines, items) {
        // Another batch, the same answers.
        #expect(line["answer"] as? String == item["answer"] as? String)
        #expect(line["output"] as? String == item["output"] as? String)
        #expect(line["base_output"] as? String == line["output"] as? String)
        #expect(line["exact_match"] as? Double == item["score"] as? Double)
        #expect((line["prompt"] as? String)?.hasSuffix("### 応答:\n") == true)
        #expect(item["flip"] is NSNull || item["flip"] == nil)
      }
      let again = try TenbinProcess(arguments + ["--output-answers", "a.jsonl"], in: folder)
      #expect(again.status != 0)
      #expect(again.errors.contains("a JSONL file of answers"))
    }
  }

  @Test("labels by log-likelihood where they are asked for")
  func likeliest() throws {
    try withTemporaryDirectory { folder in
      let arguments = ["evaluate", "tasks", model, "--data", task, "--answers", "likeliest"]
      let row = try #require(
        rows(TenbinProcess(arguments + ["--format", "json"], in: folder)).first)
      #expect(row["choices"] as? Int == 4 && row["accuracy"] is Double)
      for (option, name) in [
        (["--chat"], "--chat"), (["--output-answers", "a"], "--output-answers"),
      ] {
        let process = try TenbinProcess(arguments + option, in: folder)
        #expect(process.status == 64)
        #expect(
          process.errors.contains(
            "\(name) with --answers likeliest") == true)
        #expect(
          process.errors.contains(
            "labels that are scored behind llm-jp-eval's prompt, and nothing written"))
        #expect(process.errors.contains("give --answers generated, or leave that option out"))
      }
    }
  }

  @Test("a model without a chat template; metrics that are not computed; too little memory")
  func refused() throws {
    try withTemporaryDirectory { folder in
      let chat = try TenbinProcess(
        ["evaluate", "tasks", model, "--data", task, "--chat"], in: folder)
      #expect(chat.status == 66)
      #expect(chat.errors.contains("leave --chat out for models without one"))
      let text = try String(contentsOfFile: task, encoding: .utf8)
      try text.replacing("exact_match", with: "comet_wmt22").write(
        to: folder.appendingPathComponent("t.json"), atomically: true, encoding: .utf8)
      let arguments = ["evaluate", "tasks", model, "--data", "t.json"]
      let comet = try TenbinProcess(arguments, in: folder)
      #expect(comet.status == 65)
      #expect(comet.errors.contains("a metric that is not computed here"))
      let written = try TenbinProcess(
        arguments + ["--output-answers", "a.jsonl", "--max-samples", "1"], in: folder)
      #expect(written.status == 0, "\(written.errors)")
      #expect(
        written.errors.contains(
          "note: comet_wmt22 of t cannot be computed here; --output-answers writes the answers"))
      try text.replacing("\"output_length\": 3", with: "\"output_length\": 1000000").write(
        to: folder.appendingPathComponent("long.json"), atomically: true, encoding: .utf8)
      let long = try TenbinProcess(
        ["evaluate", "tasks", model, "--data", "long.json"], in: folder,
        limits: "ulimit -v 4000000")
      #expect(long.status == 74)
      #expect(long.errors.contains("write the answers of") && long.errors.contains("of memory"))
    }
  }
}
