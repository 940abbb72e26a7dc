import Foundation
import TestSupport
import Testing

@Suite("Models and datasets by name, through the command")
struct HubNameTests {
  private static let commit = String(repeating: "0123456789", count: 4)

  @Test("a set, a checkpoint, an evaluation and a card by names; the commit is kept in each")
  func names() throws {
    try withTemporaryDirectory { folder in
      let environment = try cache(in: folder)
      func run(_ arguments: String) throws -> TenbinProcess {
        let process = try TenbinProcess(
          arguments.split(separator: " ").map(String.init), in: folder, limits: environment)
        try #require(process.status == 0, "\(arguments): \(process.errors)")
        return process
      }
      let built = try run(
        "calib build --source org/texts --tokenizer org/demo --take first:4 --max-seq-length 128"
          + " --output set.sqlite")
      #expect(
        built.errors.hasPrefix(
          "note: org/texts is org/texts@\(Self.commit)/data/train-00000.jsonl\n"))
      _ = try run("calib rebuild set.sqlite")
      _ = try run("quantize org/demo --calibration set.sqlite --bits 4 --output int4")
      let record = try String(
        contentsOf: folder.appendingPathComponent("int4/tenbin.json"), encoding: .utf8)
      #expect(record.contains("\"model\" : \"org\\/demo\"") || record.contains("\"org/demo\""))
      #expect(record.contains(Self.commit))
      let card = try run("report card --quantized int4 --language en").output
      #expect(card.contains("base_model: org/demo\nbase_model_relation: quantized\n"))
      #expect(card.contains("tenbin quantize org/demo@\(Self.commit) --calibration set.sqlite"))
      let scores = try run(
        "evaluate perplexity org/demo@\(Self.commit.prefix(9)) --data heldout.jsonl"
          + " --context 128 --max-tokens 256 --format csv")
      #expect(scores.output.contains("\nheldout,254,"))
      let audit = try run("audit int4 --base org/demo --functional off --format csv")
      #expect(audit.errors.contains("verdict: healthy"))
    }
  }

  @Test("what the cache has not got is exit 66 with the line that downloads it")
  func missing() throws {
    try withTemporaryDirectory { folder in
      let environment = try cache(in: folder)
      let process = try TenbinProcess(
        ["quantize", "org/other@v2", "--calibration", "set.sqlite", "--output", "x"], in: folder,
        limits: environment)
      #expect(process.status == 66)
      #expect(
        process.errors == """
          error: find the model org/other@v2
            found: no such folder, and nothing of that name in the Hugging Face cache \
          \(folder.path)/hub
            hint: check the path, or download it: hf download org/other --revision v2

          """)
    }
  }

  /// A cache with the demo model as org/demo, and a dataset; returns the shell line that names it.
  private func cache(in folder: URL) throws -> String {
    let data = Repository.root.appendingPathComponent("notebooks-data")
    func snapshot(_ name: String) throws -> URL {
      let repository = folder.appendingPathComponent("hub/\(name)")
      let snapshot = repository.appendingPathComponent("snapshots/\(Self.commit)")
      for made in [snapshot, repository.appendingPathComponent("refs")] {
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
      }
      try Data(Self.commit.utf8).write(to: repository.appendingPathComponent("refs/main"))
      return snapshot
    }
    let model = try snapshot("models--org--demo")
    let demo = data.appendingPathComponent("demo-model")
    for name in try FileManager.default.contentsOfDirectory(atPath: demo.path) {
      try FileManager.default.createSymbolicLink(
        at: model.appendingPathComponent(name),
        withDestinationURL: demo.appendingPathComponent(name))
    }
    let text = data.appendingPathComponent("corpus/heldout-wiki.jsonl")
    let dataset = try snapshot("datasets--org--texts").appendingPathComponent("data")
    try FileManager.default.createDirectory(at: dataset, withIntermediateDirectories: true)
    for name in ["train-00000.jsonl", "test-00000.jsonl"] {
      try FileManager.default.createSymbolicLink(
        at: dataset.appendingPathComponent(name), withDestinationURL: text)
    }
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("heldout.jsonl"),
      withDestinationURL: data.appendingPathComponent("corpus/heldout-instruct.jsonl"))
    return "export HF_HUB_CACHE='\(folder.path)/hub'"
  }
}
