import Foundation
import Results
import Sweep
import TestSupport
import Testing

/// A card states what the files and a record of these very codes show, and nothing else.
@Suite("Model cards of checkpoints", .serialized)
struct CardTests {
  private static let settings = [
    "algorithm", "damp_percent", "packer", "propagation", "rescue", "group_timing",
  ]

  /// Those of them that no file of a stranger tells.
  private static let unseen = settings.filter { $0 != "damp_percent" }

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
      try changes(folder)
      try measured(folder)
      try licences(folder)
      // Quantized by other settings than any trial's.
      try run(
        model + [
          "--calibration", "set.sqlite", "--damp-percent", "0.0123456789", "--bits", "8",
          "--group-size", "64", "--desc-act", "--scale-search", "mse", "--error-propagation", "0.5",
          "--error-propagation-skip", "down_proj,o_proj", "--no-sym", "--dynamic",
          #"+:.*\.mlp\.up_proj={"bits":4}"#, "--dynamic", #"-:.*\.0\.self_attn\.v_proj={}"#,
          "--output", "other",
        ], in: folder)
      try repeated("other", folder)
      let other = try card("other", ["--study", "study.sqlite"], in: folder)
      #expect(other.output.contains("no complete trial has its settings"))
      #expect(setting("propagation", other) == "quantized")
      #expect(setting("damp_percent (prec_damp)", other) == "0.0123456789")
      #expect(setting("error_propagation_skip", other) == "down_proj o_proj")
      #expect(other.output.contains("- mixed-precision\n"))
      #expect(!other.output.contains("heldout-wiki"))
    }
  }

  /// A base with a card of its own lends licence and languages, what is typed comes first.
  private func licences(_ folder: URL) throws {
    let base = folder.appendingPathComponent("base")
    let demo = Repository.root.appendingPathComponent("notebooks-data/demo-model")
    try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: demo.path)
    where name != "README.md" {
      try FileManager.default.createSymbolicLink(
        at: base.appendingPathComponent(name), withDestinationURL: demo.appendingPathComponent(name)
      )
    }
    try Data("---\nlicense: apache-2.0\nlanguage: [ja]\n---\n".utf8)
      .write(to: base.appendingPathComponent("README.md"))
    let lent = try card("own", ["--base", "base"], in: folder)
    #expect(lent.output.hasPrefix("---\nlanguage:\n- ja\nlicense: apache-2.0\n"))
    let typed = try card(
      "own", ["--base", "base", "--license", "mit", "--languages", "en"], in: folder)
    #expect(typed.output.hasPrefix("---\nlanguage:\n- en\nlicense: mit\n"))
    let other = try TenbinProcess(
      ["report", "card", "--no-audit", "--quantized", "own", "--base", "own"], in: folder)
    #expect(other.status == 64 && other.errors.contains("error: measure own against own\n"))
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
    let language = try TenbinProcess(
      ["report", "card", "--quantized", "own", "--languages", "ja,English"], in: folder)
    #expect(language.status == 64)
    #expect(
      language.errors == """
        error: --languages English
          found: no code of a language: two or three small letters
          hint: separate them by commas, such as --languages ja,en

        """)
    let name = try TenbinProcess(
      ["report", "card", "--quantized", "own", "--name", "/own"], in: folder)
    #expect(name.status == 64)
    #expect(
      name.errors == """
        error: --name /own
          found: no name of a model on the hub
          hint: write owner/name, such as --name owner/MODEL-GPTQ-Int4; or leave it out

        """)
  }

  /// Scores are those of the trial that the checkpoint is.
  private func scores(_ folder: URL) throws {
    let own = try card("own", ["--study", "study.sqlite"], in: folder)
    #expect(own.output.contains("| heldout-wiki") && own.output.contains("Trial 1 of a sweep"))
    #expect(own.output.contains("- type: kl_divergence"))
    let asked = try card("own", ["--study", "study.sqlite#0"], in: folder)
    #expect(asked.output.contains("no complete trial has its settings"))
    #expect(!asked.output.contains("heldout-wiki"))
    #expect(asked.errors.contains("has no scores of this checkpoint"))
    let missing = try TenbinProcess(
      ["report", "card", "--quantized", "own", "--study", "study.sqlite#99"], in: folder)
    #expect(missing.status == 64 && missing.errors.contains("no such trial"))
    // Of a model of the Hub its name is recorded.
    let recorded = folder.appendingPathComponent("recorded")
    try FileManager.default.copyItem(at: folder.appendingPathComponent("own"), to: recorded)
    let file = recorded.appendingPathComponent("tenbin.json")
    var record = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    var making = try #require(record["making"] as? [String: Any])
    (making["model"], making["model_revision"]) = ("owner/base", "0123456789abcdef")
    record["making"] = making
    try JSONSerialization.data(withJSONObject: record).write(to: file)
    let renamed = try TenbinProcess(
      ["report", "card", "--quantized", "recorded", "--base-model", "other/base"], in: folder)
    #expect(renamed.status == 64)
    #expect(
      renamed.errors.hasSuffix(
        """
        error: --base-model other/base
          found: tenbin.json records owner/base
          hint: leave --base-model out

        """), "\(renamed.errors)")
    try StudyMerge.write(
      StudyResults(
        environment: StudyEnvironment(), base: [],
        trials: [
          TrialResult(number: 0, config: TrialConfig(), companion: nil, role: .repeat, draw: 1)
        ].map {
          var trial = $0
          trial.state = .complete
          return trial
        }), to: folder.appendingPathComponent("repeat.sqlite"))
    let other = try TenbinProcess(
      ["report", "card", "--quantized", "own", "--study", "repeat.sqlite#0"], in: folder)
    #expect(other.status == 64)
    #expect(
      other.errors.hasSuffix(
        """
        error: write the card of own with trial 0
          found: it is a repeat on another draw
          hint: `tenbin sweep status` lists them

        """), "\(other.errors)")
  }

  /// A checkpoint of anybody, and one whose record is another's.
  private func strangers(_ folder: URL) throws {
    let own = folder.appendingPathComponent("own")
    let stranger = folder.appendingPathComponent("stranger")
    try FileManager.default.copyItem(at: own, to: stranger)
    try FileManager.default.removeItem(at: stranger.appendingPathComponent("tenbin.json"))
    let bare = try card("stranger", ["--study", "study.sqlite"], in: folder)
    #expect(bare.output.contains("| bits") && bare.output.contains("| checkpoint_format"))
    for key in Self.unseen { #expect(!bare.output.contains("| \(key)"), "\(key)") }
    let stated = bare.output.components(separatedBy: "its tensors do not show:")
    #expect(
      stated.count == 2 && !stated[0].contains("damp") && stated[1].contains("| damp_percent"))
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
    for key in Self.unseen { #expect(!foreign.output.contains("| \(key)"), "\(key)") }
    #expect(!foreign.output.contains("heldout-wiki"))
  }

  /// Codes are the trial's, and something beside them is not.
  private func changes(_ folder: URL) throws {
    let own = folder.appendingPathComponent("own")
    func copy(_ name: String) throws -> URL {
      let copy = folder.appendingPathComponent(name)
      try FileManager.default.copyItem(at: own, to: copy)
      return copy
    }
    let config = try copy("config").appendingPathComponent("config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
    try text.replacing("\"rope_theta\": 500000", with: "\"rope_theta\": 10000")
      .write(to: config, atomically: true, encoding: .utf8)
    // The first tensor of the file is one that goes through: the embedding table.
    let weights = try copy("weights").appendingPathComponent("model.safetensors")
    var bytes = try Data(contentsOf: weights)
    let header = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    bytes[8 + header] ^= 1
    try bytes.write(to: weights)
    for (name, changed) in [
      ("config", "config.json"), ("weights", "model.embed_tokens.weight"),
    ] {
      let card = try card(name, ["--study", "study.sqlite"], in: folder)
      #expect(card.output.contains("Changed since tenbin wrote the checkpoint: \(changed)."))
      #expect(card.output.contains("tensors or files beside its codes were changed since"))
      #expect(card.errors.contains("warning: changed since it was written: \(changed)\n"))
      #expect(!card.output.contains("| heldout-wiki"))
    }
    // A record of an older tenbin says less.
    let record = try copy("older").appendingPathComponent("tenbin.json")
    var object = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: record)) as? [String: Any])
    object["tensors"] = nil
    object["files"] = nil
    var making = try #require(object["making"] as? [String: Any])
    making["calibration_origin"] = nil
    object["making"] = making
    try JSONSerialization.data(withJSONObject: object).write(to: record)
    let older = try card("older", ["--study", "study.sqlite"], in: folder)
    #expect(older.output.contains("does not say what its other tensors were"))
    #expect(!older.output.contains("| heldout-wiki") && !older.output.contains("calib build"))
    #expect(older.output.contains("tenbin quantize demo-model --calibration set.sqlite"))
  }

  /// What the card measures itself, and the base that it measures against.
  private func measured(_ folder: URL) throws {
    let text = ["--heldout", "notebooks-data/corpus/heldout-wiki.jsonl", "--heldout-tokens", "256"]
    let base = ["--base", "notebooks-data/demo-model", "--context", "128"]
    let arguments = ["report", "card", "--quantized", "own", "--study", "study.sqlite"]
    let card = try run(arguments + text + base, in: folder)
    let tables = card.output.split(separator: "\n").filter { $0.hasPrefix("| heldout-wiki") }
    #expect(tables.count == 2)
    // The trial's numbers are those of the file.
    func cells(_ row: Substring) -> [Substring] { row.split(separator: "|").dropFirst().dropLast() }
    #expect(tables.first.map(cells) == tables.last.map(cells))
    #expect(card.output.contains("Measured on this checkpoint's files"))
    #expect(card.output.contains("`tenbin audit`: "))
    let wrong = try TenbinProcess(arguments + text + ["--base", "own"], in: folder)
    #expect(wrong.status == 64)
    let lines = Array(wrong.errors.split(separator: "\n").suffix(3))
    #expect(lines.first == "error: measure own against own")
    let found =
      /\x20 found: a model of SHA-256 [0-9a-f]{16}, where tenbin.json records 1e5006dc53ec8da6/
    #expect(lines.count == 3 && lines[1].wholeMatch(of: found) != nil)
    #expect(lines.last == "  hint: give the model that was quantized (demo-model)")
  }

  /// The stated commands, run beside the model and the texts, give the same codes.
  private func repeated(_ checkpoint: String, _ folder: URL) throws {
    let text = try card(checkpoint, in: folder).output
    let block = try #require(text.firstMatch(of: /```sh\n(tenbin (?s:.)*?)\n```/)).1
    let place = folder.appendingPathComponent("again")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    for (name, file) in [
      ("demo-model", "demo-model"), ("jawiki-sample.xml", "corpus/jawiki-sample.xml"),
    ] {
      try FileManager.default.createSymbolicLink(
        at: place.appendingPathComponent(name),
        withDestinationURL: Repository.root.appendingPathComponent("notebooks-data/\(file)"))
    }
    let lines = block.split(separator: "\n")
    #expect(lines.count == 2)
    for line in lines {
      let words = try ShellWords.split(String(line))
      #expect(words.first == "tenbin")
      try run(Array(words.dropFirst()), in: place)
    }
    func codes(_ folder: URL) throws -> [String] {
      let file = folder.appendingPathComponent("\(checkpoint)/tenbin.json")
      let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
      let modules = try #require(object?["modules"] as? [[String: Any]])
      return modules.compactMap { $0["codes_hash"] as? String }
    }
    #expect(try codes(place) == codes(folder))
    #expect(try codes(place).count == 41)
  }

  /// What a card says of a setting.
  private func setting(_ key: String, _ card: TenbinProcess) -> String? {
    let row = card.output.split(separator: "\n").first { $0.hasPrefix("| \(key) ") }
    let cells = row?.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    return cells.flatMap { $0.count == 2 ? $0[1].replacing("\\", with: "") : nil }
  }

  private func card(
    _ checkpoint: String, _ more: [String] = [], in folder: URL
  ) throws -> TenbinProcess {
    try run(["report", "card", "--no-audit", "--quantized", checkpoint] + more, in: folder)
  }

  @discardableResult
  private func run(_ arguments: [String], in folder: URL) throws -> TenbinProcess {
    let process = try TenbinProcess(arguments, in: folder)
    #expect(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }
}

/// What a shell makes of a line of words, some of them in single quotes.
enum ShellWords {
  static func split(_ line: String) throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "printf '%s\\0' \(line)"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }
}
