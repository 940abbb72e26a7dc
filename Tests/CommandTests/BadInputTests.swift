import Foundation
import TestSupport
import Testing

@Suite("Bad input ends in one three-part error and leaves nothing behind")
struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var status: Int32
    var arguments: [String]
    var output: String
    var prepare: @Sendable (URL) throws -> Void = { _ in }
    var testDescription: String { name }
  }

  static let quantize = [
    "quantize", "model", "--calibration", "text.jsonl", "--output", "out",
  ]

  static let diagnose = [
    "diagnose", "model", "--calibration", "text.jsonl", "--suspect", "side.yaml", "--baseline",
    "nejumi-int4", "--heldout", "text.jsonl", "--output", "out",
  ]

  private static func side(_ text: String, _ folder: URL) throws {
    try text.write(
      to: folder.appendingPathComponent("side.yaml"), atomically: true, encoding: .utf8)
  }

  @Sendable private static func rows(_ folder: URL) throws {
    try "{\"content\": \"天秤\"}\n".write(
      to: folder.appendingPathComponent("rows.jsonl"), atomically: true, encoding: .utf8)
  }

  static let cases: [Case] = [
    Case(name: "truncated safetensors", status: 65, arguments: quantize, output: "out") { folder in
      let weights = folder.appendingPathComponent("model/model.safetensors")
      let whole = try Data(contentsOf: weights)
      try whole.prefix(whole.count / 2).write(to: weights)
    },
    Case(name: "shapes other than config.json's", status: 65, arguments: quantize, output: "out") {
      folder in
      let config = folder.appendingPathComponent("model/config.json")
      let text = try String(contentsOf: config, encoding: .utf8)
      try text.replacing("\"intermediate_size\": 1024", with: "\"intermediate_size\": 2048")
        .write(to: config, atomically: true, encoding: .utf8)
    },
    Case(name: "missing tokenizer", status: 65, arguments: quantize, output: "out") { folder in
      try FileManager.default.removeItem(at: folder.appendingPathComponent("model/tokenizer.json"))
    },
    Case(name: "missing model", status: 66, arguments: quantize, output: "out") { folder in
      try FileManager.default.removeItem(at: folder.appendingPathComponent("model"))
    },
    Case(
      name: "bad JSONL line", status: 65,
      arguments: [
        "calib", "build", "--source", "text.jsonl", "--tokenizer", "model", "--output", "out",
      ], output: "out"
    ) { folder in
      try "{\"text\": \"よい行\"}\n{\"text\": \"切れた\n".write(
        to: folder.appendingPathComponent("text.jsonl"), atomically: true, encoding: .utf8)
    },
    Case(
      name: "unknown sweep key", status: 64,
      arguments: ["sweep", "run", "sweep.yaml", "--study", "out"], output: "out"
    ) { folder in
      try "parameters:\n  bitz: {value: 4}\n".write(
        to: folder.appendingPathComponent("sweep.yaml"), atomically: true, encoding: .utf8)
    },
    Case(
      name: "nonsense group_size", status: 64, arguments: quantize + ["--group-size", "20"],
      output: "out"),
    Case(name: "9 bits", status: 64, arguments: quantize + ["--bits", "9"], output: "out"),
    Case(
      name: "negative damp", status: 64, arguments: quantize + ["--damp-percent=-0.1"],
      output: "out"),
    Case(
      name: "two orders of columns", status: 64,
      arguments: quantize + ["--desc-act", "--act-group-aware"], output: "out"),
    Case(
      name: "gptaq on shared activations", status: 64,
      arguments: quantize + ["--algorithm", "gptaq", "--propagation", "shared"], output: "out"),
    Case(
      name: "a pattern that cannot be read", status: 64,
      arguments: quantize + ["--dynamic", "+:(={\"bits\":8}"], output: "out"),
    Case(
      name: "a setting that no module has", status: 64,
      arguments: quantize + ["--dynamic", ".*={\"bit\":8}"], output: "out"),
    Case(
      name: "asymmetric in v1", status: 64,
      arguments: quantize + ["--no-sym", "--checkpoint-format", "gptq"], output: "out"),
    Case(
      name: "lm_head that is the embedding", status: 64, arguments: quantize + ["--lm-head"],
      output: "out"),
    Case(
      name: "a study that is none", status: 65,
      arguments: ["report", "html", "text.jsonl", "--output", "out"], output: "out"),
    Case(
      name: "an empty file for a study", status: 65,
      arguments: ["sweep", "status", "empty.sqlite"], output: "out"
    ) { folder in
      try Data().write(to: folder.appendingPathComponent("empty.sqlite"))
    },
    Case(
      name: "no source", status: 66,
      arguments: ["calib", "build", "--source", "none", "--tokenizer", "model", "--output", "out"],
      output: "out"),
    Case(
      name: "no export", status: 66, arguments: ["leaderboard", "import", "none"], output: "out"),
    Case(
      name: "an export without tables", status: 66, arguments: ["leaderboard", "import", "model"],
      output: "out"),
    Case(
      name: "an audit of no checkpoint", status: 66, arguments: ["audit", "none"], output: "out"),
    Case(name: "a side that is not YAML", status: 65, arguments: diagnose, output: "out") {
      try side("bits: [4\n", $0)
    },
    Case(name: "a side with a key too many", status: 64, arguments: diagnose, output: "out") {
      try side("bits: 4\ngroup_sise: 64\n", $0)
    },
    Case(name: "a side with 9 bits", status: 64, arguments: diagnose, output: "out") {
      try side("bits: 9\n", $0)
    },
    Case(name: "a side that is not there", status: 66, arguments: diagnose, output: "out"),
    Case(
      name: "a side without its calibration set", status: 66, arguments: diagnose, output: "out"
    ) { try side("calibration: none.sqlite\n", $0) },
    Case(name: "more windows than the set has", status: 64, arguments: diagnose, output: "out") {
      try side("calibration_samples: 1000\n", $0)
    },
    Case(
      name: "a diagnosis without a calibration set", status: 66,
      arguments: diagnose.map { $0 == "text.jsonl" ? "none.sqlite" : $0 }, output: "out"
    ) { try side("bits: 4\n", $0) },
    Case(
      name: "held-out rows without a text", status: 65,
      arguments: ["evaluate", "perplexity", "model", "--data", "rows.jsonl"], output: "out",
      prepare: rows),
    Case(
      name: "the same for two models", status: 65,
      arguments: ["evaluate", "divergence", "model", "model", "--data", "rows.jsonl"],
      output: "out", prepare: rows),
    Case(
      name: "calibration rows without a text", status: 65,
      arguments: ["quantize", "model", "--calibration", "rows.jsonl", "--output", "out"],
      output: "out", prepare: rows),
    Case(
      name: "conversations under another name", status: 65,
      arguments: [
        "calib", "build", "--source", "rows.jsonl", "--tokenizer", "model", "--output", "out",
      ], output: "out", prepare: rows),
    Case(
      name: "a sweep without its set", status: 66,
      arguments: ["sweep", "run", "sweep.yaml", "--study", "out"], output: "out"
    ) { folder in
      try """
      parameters:
        model: {value: model}
        calibration: {value: none.sqlite}
        heldout: {value: text.jsonl}
        heldout_tokens: {value: 16}
        context: {value: 8}
      """.write(
        to: folder.appendingPathComponent("sweep.yaml"), atomically: true, encoding: .utf8)
    },
    Case(
      name: "too little memory", status: 64, arguments: quantize + ["--memory-budget", "1MB"],
      output: "out"),
    Case(
      name: "a model whose files are pointers", status: 65, arguments: quantize, output: "out"
    ) { folder in
      try "version https://git-lfs.github.com/spec/v1\nsize 9\n".write(
        to: folder.appendingPathComponent("model/model.safetensors"), atomically: true,
        encoding: .utf8)
    },
    Case(
      name: "no study", status: 66, arguments: ["report", "csv", "none.sqlite", "--output", "out"],
      output: "out"),
  ]

  @Test(arguments: cases)
  func refused(_ test: Case) throws {
    try withTemporaryDirectory { folder in
      try FileManager.default.copyItem(
        at: Repository.demoModel, to: folder.appendingPathComponent("model"))
      try "{\"text\": \"天秤は重さを量る道具である。\"}\n".write(
        to: folder.appendingPathComponent("text.jsonl"), atomically: true, encoding: .utf8)
      try test.prepare(folder)
      let before = try contents(of: folder)
      let process = try TenbinProcess(test.arguments, in: folder)
      #expect(process.status == test.status, "\(process.errors)")
      #expect(process.output == "")
      #expect(process.errors.contains("error: "))
      #expect(process.errors.contains("\n  found: "))
      #expect(process.errors.contains("\n  hint: "))
      #expect(try contents(of: folder) == before, "nothing new is left")
      let hint = process.errors.split(separator: "\n  hint: ").last ?? ""
      let flags = hint.matches(of: /--[a-z][a-z-]*/).map { String($0.output) }
      guard !flags.isEmpty else { return }
      let groups: Set<String> = ["calib", "evaluate", "leaderboard", "report", "sweep"]
      let command = test.arguments.prefix(groups.contains(test.arguments[0]) ? 2 : 1)
      let help = try TenbinProcess(command + ["--help"], in: folder).output
      for flag in flags {
        #expect(help.contains(flag), "the hint names \(flag), which \(command) does not take")
      }
    }
  }

  private func contents(of folder: URL) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
  }

  @Test("a result that cannot be printed is an I/O error")
  func fullOutput() throws {
    let full = URL(fileURLWithPath: "/dev/full")
    let process = try TenbinProcess(["doctor"], in: Repository.root, sink: full)
    #expect(process.status == 74)
    #expect(process.errors.hasPrefix("error: write the result to stdout\n  found: No space left"))
  }
}
