import Basics
import Foundation
import GRDB
import Results
import Sweep
import TestSupport
import Testing

@Suite("No command writes over what it reads, or over something else")
struct OutputTests {
  @Test("calib build replaces a set of the same sources, and no other without --force")
  func sameSources() throws {
    try withTemporaryDirectory { folder in
      for name in ["one", "two"] {
        try Data("{\"text\": \"日本の首都は東京である。\"}\n".utf8)
          .write(to: folder.appendingPathComponent("\(name).jsonl"))
      }
      let model = Repository.root.appendingPathComponent("notebooks-data/demo-model").path
      func build(_ source: String, _ more: String...) throws -> TenbinProcess {
        try TenbinProcess(
          ["calib", "build", "--source", source, "--tokenizer", model, "--output", "set.sqlite"]
            + more, in: folder)
      }
      #expect(try build("one.jsonl").status == 0)
      #expect(try build("one.jsonl", "--layout", "document").status == 0)
      let other = try build("two.jsonl")
      #expect(other.status == 64)
      let stands = "found: a calibration set stands there\n  hint: --force replaces it"
      #expect(other.errors.contains(stands))
      #expect(try build("two.jsonl", "--force").status == 0)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    /// The file that is to stay as it is.
    var target: String
    var found: String
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ arguments: String, onto target: String, found: String = "this command reads ") {
      self.arguments = arguments.split(separator: " ").map(String.init)
      self.target = target
      self.found = found
    }
  }

  static let cases = [
    Case("report html study.sqlite --output study.sqlite", onto: "study.sqlite"),
    Case("report html study.sqlite --force --output link", onto: "study.sqlite"),
    Case(
      "report html study.sqlite --output set.sqlite", onto: "set.sqlite", found: "a calibration"),
    Case(
      "report csv study.sqlite --output study.sqlite", onto: "study.sqlite",
      found: "study.sqlite is not a folder"),
    Case("sweep export optuna study.sqlite --output study.sqlite", onto: "study.sqlite"),
    Case("sweep export wandb study.sqlite --output study.sqlite", onto: "study.sqlite"),
    Case("sweep merge study.sqlite study.sqlite --force", onto: "study.sqlite"),
    Case("sweep merge set.sqlite study.sqlite --force", onto: "set.sqlite", found: "a calibration"),
    Case("sweep run sweep.yaml --study set.sqlite", onto: "set.sqlite"),
    Case("sweep run sweep.yaml --study sweep.yaml", onto: "sweep.yaml"),
    Case("sweep run sweep.yaml --study text.jsonl", onto: "text.jsonl"),
    Case("sweep run sweep.yaml --study other.db", onto: "other.db", found: "an SQLite database"),
    Case("sweep run sweep.yaml --study new --profile set.sqlite", onto: "set.sqlite"),
    Case("calib export set.sqlite --output set.sqlite --force", onto: "set.sqlite"),
    Case("calib inspect set.sqlite --html set.sqlite", onto: "set.sqlite"),
    Case(
      "calib inspect set.sqlite --html text.jsonl", onto: "text.jsonl", found: "a JSONL file"),
    Case("calib rebuild set.sqlite --output set.sqlite --force", onto: "set.sqlite"),
    Case(
      "calib build --source text.jsonl --tokenizer model --output text.jsonl", onto: "text.jsonl"),
    Case(
      "calib build --source text.jsonl --tokenizer model --output model/model.safetensors --force",
      onto: "model/model.safetensors"),
    Case(
      "audit model --html model/model.safetensors", onto: "model/model.safetensors",
      found: "a safetensors file"),
    Case("audit model --base model --repair model --force", onto: "model/config.json"),
    Case(
      "report card --quantized model --study study.sqlite --output study.sqlite",
      onto: "study.sqlite"),
    Case(
      "diagnose model --calibration set.sqlite --suspect side.yaml --baseline nejumi-int4"
        + " --heldout text.jsonl --output side.yaml", onto: "side.yaml"),
    Case(
      "diagnose model --calibration set.sqlite --suspect side.yaml --baseline nejumi-int4"
        + " --heldout text.jsonl --output other.db", onto: "other.db", found: "an SQLite database"),
    Case(
      "quantize model --calibration set.sqlite --output model --force", onto: "model/config.json"),
    Case(
      "quantize model --calibration set.sqlite --output new --profile set.sqlite",
      onto: "set.sqlite"),
    Case(
      "dump model --calibration set.sqlite --layers 0 --output text.jsonl", onto: "text.jsonl",
      found: "text.jsonl is not a folder"),
  ]

  @Test(arguments: cases)
  func refused(_ test: Case) throws {
    try withTemporaryDirectory { folder in
      try prepare(folder)
      let before = try contents(folder)
      let process = try TenbinProcess(test.arguments, in: folder)
      #expect(process.status == 64, "\(process.errors)")
      #expect(process.errors.contains("  found: "))
      #expect(process.errors.contains(test.found), "\(process.errors)")
      #expect(try contents(folder) == before, "nothing is new or changed")
      #expect(before[test.target] != nil)
    }
  }

  @Test("pages, CSVs and cards of ours are written again; a set with --force; through a pipe all")
  func again() throws {
    try withTemporaryDirectory { folder in
      try prepare(folder)
      for _ in 0..<2 {
        try run("report html study.sqlite --output page.html", folder)
        try run("report csv study.sqlite --output csv", folder)
        try run("calib inspect set.sqlite --html set.html", folder)
      }
      let build = "calib build --source text.jsonl --tokenizer model --output set.sqlite"
      let bytes = try Data(contentsOf: folder.appendingPathComponent("set.sqlite"))
      chmod(folder.appendingPathComponent("set.sqlite").path, 0o600)
      try run(build + " --force", folder)
      let set = folder.appendingPathComponent("set.sqlite")
      #expect(try Data(contentsOf: set) == bytes)
      var status = stat()
      #expect(stat(set.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
      let piped = try run("report html study.sqlite --output /dev/stdout", folder)
      #expect(piped.output.contains("</html>"))
    }
  }

  @Test(
    "what stands beside an output under the name of its lock or its saved passes is not touched")
  func neighbours() throws {
    try withTemporaryDirectory { folder in
      try prepare(folder)
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("thesis.pass"), withIntermediateDirectories: true)
      for name in ["Cargo.lock", "thesis.pass/chapter.md"] {
        try Data("[[package]]\nname = \"tenbin\"\n".utf8)
          .write(to: folder.appendingPathComponent(name))
      }
      let before = try contents(folder)
      for (study, found) in [
        ("Cargo", "Cargo.lock is needed for a lock, and holds something else"),
        ("thesis", "a folder with chapter.md in it"),
      ] {
        let refused = try TenbinProcess(
          ["sweep", "run", "sweep.yaml", "--study", study], in: folder)
        #expect(refused.status == 64 && refused.errors.contains(found), "\(refused.errors)")
      }
      #expect(try contents(folder) == before)
    }
  }

  @Test("a study of a later tenbin is read, and not written")
  func laterStudy() throws {
    try withTemporaryDirectory { folder in
      try prepare(folder)
      let path = folder.appendingPathComponent("study.sqlite").path
      let database = try DatabaseQueue(path: path)
      try database.write {
        try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99: what is to come')")
      }
      try database.close()
      let before = try contents(folder)
      try run("sweep status study.sqlite", folder)
      let refused = try TenbinProcess(
        ["sweep", "run", "sweep.yaml", "--study", "study.sqlite"], in: folder)
      #expect(refused.status == 64)
      #expect(
        refused.errors.hasSuffix(
          """
          error: write the study \(path)
            found: a study of a later tenbin than \(ToolVersion.current)
            hint: go on with that tenbin, or give another --study; reading commands work

          """), "\(refused.errors)")
      #expect(try contents(folder) == before)
    }
  }

  @Test("a set of a later tenbin is neither read nor written over")
  func laterSet() throws {
    try withTemporaryDirectory { folder in
      try prepare(folder)
      let path = folder.appendingPathComponent("set.sqlite").path
      let database = try DatabaseQueue(path: path)
      try database.write { try $0.execute(sql: "PRAGMA user_version = 2") }
      try database.close()
      let before = try contents(folder)
      let unread = try TenbinProcess(["calib", "inspect", "set.sqlite"], in: folder)
      #expect(unread.status == 65)
      #expect(
        unread.errors.contains(
          "found: a set of a later tenbin than \(ToolVersion.current)\n"
            + "  hint: read it with that tenbin\n"), "\(unread.errors)")
      let build = "calib build --source text.jsonl --tokenizer model --force --output set.sqlite"
      let unwritten = try TenbinProcess(build.split(separator: " ").map(String.init), in: folder)
      #expect(unwritten.status == 64)
      #expect(unwritten.errors.contains("found: a calibration set of a later tenbin stands there"))
      #expect(try contents(folder) == before)
    }
  }

  /// A model, a text, a set made of it, a study, a settings file and another program's database.
  private func prepare(_ folder: URL) throws {
    func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
    try FileManager.default.copyItem(at: Repository.demoModel, to: file("model"))
    let line = String(repeating: "天秤は重さを量る道具である。", count: 20)
    try Data("{\"text\": \"\(line)\"}\n".utf8).write(to: file("text.jsonl"))
    try Data("bits: 8\n".utf8).write(to: file("side.yaml"))
    try Data(Self.sweep.utf8).write(to: file("sweep.yaml"))
    try run("calib build --source text.jsonl --tokenizer model --output set.sqlite", folder)
    let study = try Study(file("study.sqlite"))
    try study.save(StudyEnvironment())
    try study.finish()
    let other = try DatabaseQueue(path: file("other.db").path)
    try other.write { try $0.execute(sql: "CREATE TABLE people (name TEXT)") }
    try other.close()
    try FileManager.default.createSymbolicLink(
      atPath: file("link").path, withDestinationPath: "study.sqlite")
  }

  @discardableResult
  private func run(_ arguments: String, _ folder: URL) throws -> TenbinProcess {
    let process = try TenbinProcess(arguments.split(separator: " ").map(String.init), in: folder)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }

  /// Every file's hash.
  private func contents(_ folder: URL) throws -> [String: String] {
    var contents: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let data = try? Data(contentsOf: folder.appendingPathComponent(name))
      contents[name] = data.map { SHA256.hexDigest(of: $0) } ?? ""
    }
    return contents
  }

  private static let sweep = """
    method: grid
    parameters:
      bits: {values: [4, 8]}
      model: {value: model}
      calibration: {value: set.sqlite}
      heldout: {value: text.jsonl}
      heldout_tokens: {value: 64}
      context: {value: 32}
    """
}
