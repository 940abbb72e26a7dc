import Basics
import Calib
import CalibStore
import Foundation
import GRDB
import Sweep
import TestSupport
import Testing

@Suite("Files that are no set and no study")
struct DatabaseErrorTests {
  private func error(_ name: String, in folder: URL) -> (set: InputError?, study: InputError?) {
    let url = folder.appendingPathComponent(name)
    return (
      #expect(throws: InputError.self) { try CalibrationSet.read(from: url) },
      #expect(throws: InputError.self) { try Study(existing: url) }
    )
  }

  @Test("a folder, nothing, an empty file, another file and a page are told apart")
  func kinds() throws {
    try withTemporaryDirectory { folder in
      func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
      }
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("folder"), withIntermediateDirectories: true)
      try write("", "empty")
      try write("no database", "text")
      try write("<html></html>", "page")
      try write("version https://git-lfs.github.com/spec/v1\nsize 5\n", "pointer")
      let expected: [(String, InputError.Kind, String)] = [
        ("folder", .badData, "a folder where a file should be"),
        ("none", .missing, "no such file or folder"), ("empty", .badData, "an empty file"),
        ("text", .badData, "a file that SQLite did not write"), ("page", .badData, "an HTML page"),
        ("pointer", .badData, "a Git LFS pointer, which stands for a file of 5 bytes"),
      ]
      for (name, kind, found) in expected {
        let (set, study) = error(name, in: folder)
        #expect(set?.kind == kind && set?.found == found, "\(name)")
        #expect(study?.kind == kind && study?.found == found, "\(name)")
      }
      let (set, study) = error("none", in: folder)
      let path = folder.appendingPathComponent("none").path
      #expect(set?.asked == "read the calibration set \(path)")
      #expect(set?.hint == "build the set first, with tenbin calib build")
      #expect(study?.asked == "open the study \(path)")
      #expect(study?.hint == "give a study that tenbin sweep run wrote")
    }
  }

  @Test("a study is no set")
  func studyAsSet() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      try Study(url).save(StudyTests.environment())
      let error = #expect(throws: InputError.self) { try CalibrationSet.read(from: url) }
      #expect(
        error
          == InputError(
            .badData, asked: "read the calibration set \(url.path)",
            found: "a study of tenbin sweep run",
            hint: "give a set of tenbin calib build; tenbin sweep status shows a study"))
    }
  }

  @Test("failures of SQLite, each by its cause")
  func failures() {
    struct Other: Error {}
    func expect(
      _ error: any Error, _ kind: InputError.Kind, _ found: String, _ hint: String,
      at place: SourceLocation = #_sourceLocation
    ) {
      #expect(
        DatabaseFile.failure(error, asked: "save the study")
          == InputError(kind, asked: "save the study", found: found, hint: hint),
        sourceLocation: place)
    }
    func failure(_ code: ResultCode) -> DatabaseError {
      DatabaseError(resultCode: code, message: "why")
    }
    for code in [ResultCode.SQLITE_BUSY, .SQLITE_LOCKED] {
      expect(
        failure(code), .io, "another process is using it: why", "wait until that has ended")
    }
    for code in [ResultCode.SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH] {
      expect(failure(code), .io, "why", "check the permissions of the file and of its folder")
    }
    expect(
      failure(.SQLITE_FULL), .io, "why",
      "check free space and the disk; what was stored before is intact")
    expect(
      Other(), .badData, "a row that this tenbin cannot read",
      "read it with the version of tenbin that wrote it")
    let own = InputError(.usage, asked: "a", found: "b", hint: "c")
    #expect(DatabaseFile.failure(own, asked: "save the study") == own)
  }

  @Test("databases of others are no study, to read and to write; tokens that were changed no set")
  func others() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("other.sqlite")
      try DatabaseQueue(path: url.path).write { try $0.execute(sql: "CREATE TABLE t (x)") }
      #expect(
        throws: InputError(
          .badData, asked: "open the study \(url.path)",
          found: "a database without a study in it",
          hint: "give a study that tenbin sweep run wrote")
      ) { try Study(existing: url) }
      #expect(
        throws: InputError(
          .usage, asked: "write the study \(url.path)",
          found: "a database without a study in it",
          hint: "give the path of a study that tenbin wrote, or of a new file")
      ) { try Study(url) }
      let text = folder.appendingPathComponent("a.txt")
      try Data("川は山から海へ流れる。雨が降ると水が増える。".utf8).write(to: text)
      var recipe = CalibrationRecipe(sources: [text.path], tokenizer: Repository.demoModel.path)
      recipe.maxSeqLength = 8
      let set = folder.appendingPathComponent("set.sqlite")
      try CalibrationSet.build(recipe).set.write(to: set)
      try DatabaseQueue(path: set.path).write {
        try $0.execute(sql: "UPDATE meta SET value = 'x' WHERE key = 'hash'")
      }
      #expect(
        throws: InputError(
          .badData, asked: "read the calibration set \(set.path)",
          found: "token ids whose hash is not the one written beside them",
          hint: "build it again with tenbin calib build")
      ) { try CalibrationSet.read(from: set) }
    }
  }

  @Test("a damaged study says so, and does not say that it is intact")
  func damaged() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      do {
        let study = try Study(url)
        try study.save(StudyTests.environment())
        try study.finish()
      }
      var bytes = try Data(contentsOf: url)
      // Every page behind the schema's.
      for index in 4096..<bytes.count { bytes[index] = 0 }
      try bytes.write(to: url)
      let error = #expect(throws: InputError.self) { try Study(existing: url).results() }
      #expect(error?.kind == .badData)
      #expect(error?.found == "a damaged SQLite file: database disk image is malformed")
      #expect(error?.hint == "go back to a copy of it, or make it anew")
    }
  }
}
