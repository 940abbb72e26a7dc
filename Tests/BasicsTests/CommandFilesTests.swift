import Basics
import Foundation
import TestSupport
import Testing

@Suite("Where an output may go is settled before the run")
struct CommandFilesTests {
  @Test("a file is known by what is in it")
  func contents() {
    let cases: [(String, String, OutputKind?, ours: Bool)] = [
      ("<!doctype html>\n<meta name=\"generator\" content=\"tenbin 0.1.0\">", "x", .page, true),
      ("\u{FEFF}\n<!DOCTYPE HTML>\n<p>", "x", .page, false), ("<html lang=ja>", "x", .page, false),
      ("trial,domain,kld_p99\n0,wiki", "x", .csv, true),
      ("trial,Name\n0,wiki", "x.csv", .csv, false), ("a,b\n1,2\n", "x.txt", nil, false),
      ("---\nlanguage:\n- ja\ntags:\n- gptq\n- tenbin\n---\n# Card", "README.md", .card, true),
      ("---\nlanguage:\n- ja\n---\n- tenbin\n", "README.md", .card, false),
      ("# A model\nmethod: grid\nparameters:\n  bits: {value: 4}", "x.yaml", .sweepFile, true),
      ("# A model\nmethod: grid\nparameters:\n  bits: {value: 4}", "x.md", .card, false),
      ("bits: 4\n", "x.yaml", nil, false), ("{\"text\": \"天秤\"}\n{\"text\"", "x", nil, false),
      ("{\n  \"model_source\": \"tenbin\",\n  \"results\": {", "x.json", .results, true),
      ("{\n  \"results\": {\n", "x.json", .results, false), ("{\n  \"a\": {\n", "x", nil, false),
      ("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[{", "x", .trace, true),
      ("{\"text\":\"a\",\"token_ids\":[1],\"provenance\":[]}\n", "x", .samples, true),
      ("{\"task\": \"jnli\", \"item\": 0, \"answer\": \"neutral\"}\n", "x", .answers, true),
      (
        "SQLite format 3\0" + String(repeating: "\0", count: 52) + "TNBC", "x", .calibrationSet,
        true
      ),
      ("SQLite format 3\0 CREATE TABLE study ( CREATE TABLE modules (", "x", .study, true),
      ("SQLite format 3\0 CREATE TABLE study_directions (", "x", .optuna, true),
      ("SQLite format 3\0 CREATE TABLE people (", "x", nil, false),
      ("\u{10}\0\0\0\0\0\0\0{\"a\":{}}", "x.html", .tensors, true),
      ("\0\u{1}\u{2}", "x", nil, false),
    ]
    for (text, name, kind, isOurs) in cases {
      let content = FileContent(head: Data(text.utf8), name: name)
      #expect(content.kind == kind && content.isOurs == isOurs, "\(text)")
      #expect(!content.isEmpty)
    }
    #expect(FileContent(head: Data(), name: "x").isEmpty)
    let version = String(repeating: "\0", count: 44) + "\0\0\0\u{2}\0\0\0\0TNBC"
    let later = FileContent(head: Data(("SQLite format 3\0" + version).utf8), name: "x")
    #expect(later.kind == nil && later.description == "a calibration set of a later tenbin")
    // A character that the end cuts is text still.
    #expect(FileContent(head: Data("天秤".utf8.dropLast()), name: "x").description == "a text file")
  }

  @Test("an input is never replaced, by whatever name, link or folder, with --force or without")
  func inputs() throws {
    try withTemporaryDirectory { folder in
      try page(folder, "in.html")
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("model"), withIntermediateDirectories: true)
      try write("\u{10}\0\0\0\0\0\0\0{", folder, "model/model.safetensors")
      link(
        folder.appendingPathComponent("in.html").path, folder.appendingPathComponent("hard").path)
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent("soft").path, withDestinationPath: "in.html")
      let inputs = ["in.html", "model"].map { folder.appendingPathComponent($0).path }
      for force in [false, true] {
        for name in ["in.html", "hard", "soft", "model/../in.html"] {
          var files = CommandFiles(reads: inputs, force: force)
          let path = "\(folder.path)/\(name)"
          let error = #expect(throws: InputError.self) { try files.output(path, .page) }
          #expect(
            error
              == InputError(
                .usage, asked: "write an HTML page to \(path)",
                found: "this command reads \(inputs[0])", hint: "give another --output"))
        }
        var files = CommandFiles(reads: inputs, force: force)
        #expect(throws: InputError.self) {
          try files.output("\(inputs[1])/model.safetensors", .tensors)
        }
        #expect(throws: InputError.self) { try files.output(inputs[1], .checkpoint) }
        // A card is beside the weights, not one of them.
        _ = try files.output("\(inputs[1])/README.md", .card)
      }
    }
  }

  @Test("a file of another kind is never replaced")
  func others() throws {
    try withTemporaryDirectory { folder in
      let path = try write("bits: 4\n", folder, "side.yaml")
      for kind in OutputKind.allCases {
        var files = CommandFiles(reads: [], force: true)
        let error = #expect(throws: InputError.self) {
          try files.output(path, kind, option: "--html")
        }
        #expect(
          error
            == InputError(
              .usage, asked: "write \(kind.rawValue) to \(path)",
              found: "a text file stands there", hint: "remove it, or give another --html"))
      }
      let page = try page(folder, "page.html")
      for kind in OutputKind.allCases where kind != .page {
        var files = CommandFiles(reads: [], force: true)
        #expect(throws: InputError.self) { try files.output(page, kind) }
      }
      var files = CommandFiles(reads: [], force: true)
      let error = #expect(throws: InputError.self) { try files.output(folder.path, .page) }
      #expect(error?.found == "a folder stands there")
    }
  }

  @Test(
    "what is made again in a moment is replaced, a set with --force only, a stranger's page too")
  func earlier() throws {
    try withTemporaryDirectory { folder in
      let ours = try page(folder, "ours.html")
      let theirs = try write("<!doctype html>", folder, "theirs.html")
      let set = try write(
        "SQLite format 3\0" + String(repeating: "\0", count: 52) + "TNBC", folder, "set.sqlite")
      let empty = try write("", folder, "empty")
      var files = CommandFiles(reads: [], force: false)
      _ = try files.output(ours, .page)
      _ = try files.output(empty, .calibrationSet)
      let error = #expect(throws: InputError.self) { try files.output(set, .calibrationSet) }
      #expect(
        error
          == InputError(
            .usage, asked: "write a calibration set to \(set)",
            found: "a calibration set stands there",
            hint: "--force replaces it; or give another --output"))
      let other = #expect(throws: InputError.self) { try files.output(theirs, .page) }
      #expect(other?.found == "an HTML page of another program stands there")
      var forced = CommandFiles(reads: [], force: true)
      _ = try forced.output(set, .calibrationSet)
      _ = try forced.output(theirs, .page)
    }
  }

  @Test("two outputs do not share a file, and a folder in which none can be is told before the run")
  func places() throws {
    try withTemporaryDirectory { folder in
      let file = try page(folder, "page.html")
      var files = CommandFiles(reads: [], force: false)
      _ = try files.output("\(folder.path)/a", .page)
      let twice = #expect(throws: InputError.self) {
        try files.output("\(folder.path)/./a", .trace, option: "--profile")
      }
      #expect(twice?.found == "--output goes there, too")
      let below = #expect(throws: InputError.self) { try files.output("\(file)/x/y", .page) }
      #expect(below?.found == "\(file) is not a folder")
      // Folders that are not there yet are made.
      #expect(try files.output("\(folder.path)/b/c/d", .page).path == "\(folder.path)/b/c/d")
    }
  }

  @Test("a device or a pipe takes what can be written from beginning to end")
  func streams() throws {
    try withTemporaryDirectory { folder in
      let pipe = "\(folder.path)/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      // What comes from a pipe may go to it.
      var files = CommandFiles(reads: [pipe], force: false)
      for kind in OutputKind.allCases where kind != .study && kind != .checkpoint {
        let url = try files.output(pipe, kind)
        #expect(url.path == pipe)
      }
      for kind in [OutputKind.study, .checkpoint] {
        let error = #expect(throws: InputError.self) { try files.output(pipe, kind) }
        #expect(error?.found == "a device or a pipe stands there")
      }
    }
  }

  @Test("of a folder only a checkpoint is replaced, with --force, and not with other things in it")
  func checkpoints() throws {
    try withTemporaryDirectory { folder in
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("out"), withIntermediateDirectories: true)
      let path = "\(folder.path)/out"
      func answer(force: Bool) -> String? {
        var files = CommandFiles(reads: [], force: force)
        do {
          _ = try files.output(path, .checkpoint)
          return nil
        } catch {
          return error.found
        }
      }
      #expect(answer(force: false) == nil)
      try write("{}", folder, "out/config.json")
      #expect(answer(force: true) == "a model that is not quantized stands there")
      try write("{}", folder, "out/quantize_config.json")
      try write("Apache", folder, "out/NOTICE")
      #expect(answer(force: false) == "a GPTQ checkpoint stands there")
      #expect(answer(force: true) == nil)
      try write("x", folder, "out/notes.sqlite")
      #expect(answer(force: true) == "a folder with notes.sqlite in it stands there")
    }
  }

  @discardableResult
  private func write(_ text: String, _ folder: URL, _ name: String) throws -> String {
    let url = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  @discardableResult
  private func page(_ folder: URL, _ name: String) throws -> String {
    try write(
      "<!doctype html>\n<meta name=\"generator\" content=\"tenbin 0.1.0\">", folder, name)
  }
}
