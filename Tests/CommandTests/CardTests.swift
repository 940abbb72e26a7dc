import Foundation
import TestSupport
import Testing

/// A card states what the files and a record of these very codes show, and nothing else.
@Suite("Model cards of checkpoints", .serialized)
struct CardTests {
  private static let settings = [
    "algorithm", "damp_percent", "packer", "propagation", "rescue", "group_timing",
  ]

  @Test("whose scores, settings and origin a card may state")
  func cards() throws {
    try withTemporaryDirectory { folder in
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("notebooks-data"),
        withDestinationURL: Repository.root.appendingPathComponent("notebooks-data"))
      try run(MainJobTests.build, in: folder)
      let sweep = """
        method: grid
        parameters:
          damp_percent: {values: [0.01, 0.05]}
          propagation: {value: shared}
          calibration_draws: {value: 0}
          model: {value: notebooks-data/demo-model}
          calibration: {value: set.sqlite}
          heldout: {value: notebooks-data/corpus/heldout-wiki.jsonl}
          heldout_tokens: {value: 256}
          context: {value: 128}
        """
      try sweep.write(
        to: folder.appendingPathComponent("sweep.yaml"), atomically: true, encoding: .utf8)
      try run(["sweep", "run", "sweep.yaml", "--study", "study.sqlite"], in: folder)
      let model = ["quantize", "notebooks-data/demo-model"]
      try run(model + ["--trial", "study.sqlite#1", "--output", "own"], in: folder)
      try ownRecord(folder)
      try scores(folder)
      try strangers(folder)
      // Quantized by other settings than any trial's.
      try run(
        model + ["--calibration", "set.sqlite", "--damp-percent", "0.05", "--output", "other"],
        in: folder)
      let other = try card("other", ["--study", "study.sqlite"], in: folder)
      #expect(other.output.contains("no complete trial has its settings"))
      #expect(other.output.contains("| propagation") && other.output.contains("quantized |"))
      #expect(!other.output.contains("heldout-wiki"))
    }
  }

  /// Without a study the record speaks for its own codes.
  private func ownRecord(_ folder: URL) throws {
    let own = try card("own", in: folder)
    for key in Self.settings { #expect(own.output.contains("| \(key)"), "\(key)") }
    #expect(own.output.contains("0.05000") && own.output.contains("shared"))
    #expect(own.output.contains("demo-model, its decoder linears"))
    #expect(own.output.contains("SHA-256 of the token ids"))
    #expect(own.output.contains("This checkpoint was not evaluated."))
    #expect(!own.output.contains("base_model") && !own.output.contains("language:"))
    let named = try card(
      "own", ["--base-model", "owner/name", "--languages", "ja,en"], in: folder)
    #expect(named.output.contains("base_model: owner/name\nbase_model_relation: quantized\n"))
    #expect(named.output.contains("language:\n- ja\n- en\n"))
    let refused = try TenbinProcess(
      ["report", "card", "--quantized", "own", "--base-model", "the base of own"], in: folder)
    #expect(refused.status == 64)
    #expect(
      refused.errors == """
        error: --base-model the base of own
          found: no name of a model on the hub
          hint: write owner/name, such as --base-model meta-llama/Llama-3.1-8B; or leave it out

        """)
  }

  /// Scores are those of the trial that the checkpoint is.
  private func scores(_ folder: URL) throws {
    let own = try card("own", ["--study", "study.sqlite"], in: folder)
    #expect(own.output.contains("| heldout-wiki") && own.output.contains("study.sqlite#1"))
    let asked = try card("own", ["--study", "study.sqlite#0"], in: folder)
    #expect(asked.output.contains("no complete trial has its settings"))
    #expect(!asked.output.contains("heldout-wiki"))
    #expect(asked.errors.contains("has no scores of this checkpoint"))
    let missing = try TenbinProcess(
      ["report", "card", "--quantized", "own", "--study", "study.sqlite#99"], in: folder)
    #expect(missing.status == 64 && missing.errors.contains("no such trial"))
  }

  /// A checkpoint of anybody, and one whose record is another's.
  private func strangers(_ folder: URL) throws {
    let own = folder.appendingPathComponent("own")
    let stranger = folder.appendingPathComponent("stranger")
    try FileManager.default.copyItem(at: own, to: stranger)
    try FileManager.default.removeItem(at: stranger.appendingPathComponent("tenbin.json"))
    let bare = try card("stranger", ["--study", "study.sqlite"], in: folder)
    #expect(bare.output.contains("| bits") && bare.output.contains("| checkpoint_format"))
    for key in Self.settings { #expect(!bare.output.contains("| \(key)"), "\(key)") }
    #expect(!bare.output.contains("heldout-wiki") && !bare.output.contains("demo-model"))
    #expect(!bare.output.contains("- tenbin\n") && !bare.output.contains("language:"))
    #expect(bare.output.contains("How this checkpoint was made is not recorded."))
    #expect(bare.output.contains("no record of its making that fits its codes"))

    // One code changed: the record is of other codes.
    let changed = folder.appendingPathComponent("changed")
    try FileManager.default.copyItem(at: own, to: changed)
    let file = changed.appendingPathComponent("model.safetensors")
    var bytes = try Data(contentsOf: file)
    // The last tensors of the file are the last linear's; its codes lie well before the end.
    bytes[bytes.count - 60_000] ^= 0x11
    try bytes.write(to: file)
    let foreign = try card("changed", ["--study", "study.sqlite"], in: folder)
    #expect(foreign.errors.contains("tenbin.json is not of these codes"))
    for key in Self.settings { #expect(!foreign.output.contains("| \(key)"), "\(key)") }
    #expect(!foreign.output.contains("heldout-wiki"))
  }

  private func card(
    _ checkpoint: String, _ more: [String] = [], in folder: URL
  ) throws -> TenbinProcess {
    try run(["report", "card", "--quantized", checkpoint] + more, in: folder)
  }

  @discardableResult
  private func run(_ arguments: [String], in folder: URL) throws -> TenbinProcess {
    let process = try TenbinProcess(arguments, in: folder)
    #expect(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }
}
