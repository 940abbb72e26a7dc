import Basics
import Calib
import CalibStore
import Foundation
import TestSupport
import Testing
import Tokenizers

/// A broken input file and what is said about it.
struct BadInput: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var fileName: String
  var bytes: [UInt8]
  var kind: InputError.Kind
  /// Words that the error must hold.
  var says: String

  static let all = [
    BadInput(
      testDescription: "a line that is no JSON", fileName: "a.jsonl",
      bytes: Array("{\"text\":\"一\"}\n{\"text\":\n".utf8), kind: .badData, says: "a.jsonl:2"),
    BadInput(
      testDescription: "a field that is missing", fileName: "a.jsonl",
      bytes: Array("{\"body\":\"一\",\"id\":3}\n".utf8), kind: .badData,
      says: "body (string), id (number)"),
    BadInput(
      testDescription: "a row that is no object", fileName: "a.jsonl",
      bytes: Array("[1]\n".utf8), kind: .badData, says: "a.jsonl:1"),
    BadInput(
      testDescription: "broken UTF-8 in JSON", fileName: "a.jsonl",
      bytes: Array("{\"text\":\"".utf8) + [0xE3, 0x81] + Array("\"}\n".utf8), kind: .badData,
      says: "not UTF-8, at byte 9"),
    BadInput(
      testDescription: "broken UTF-8 in a text", fileName: "a.txt",
      bytes: Array("東".utf8) + [0xFF], kind: .badData, says: "not UTF-8, at byte 3"),
    BadInput(
      testDescription: "an empty file", fileName: "a.jsonl", bytes: [], kind: .badData,
      says: "no document with any text"),
    BadInput(
      testDescription: "nothing but white space", fileName: "a.jsonl",
      bytes: Array("{\"text\":\" \\n\"}\n".utf8), kind: .badData, says: "no document"),
    BadInput(
      testDescription: "an unknown kind of file", fileName: "a.docx", bytes: [1], kind: .usage,
      says: "a.docx"),
    BadInput(
      testDescription: "XML that is no dump", fileName: "a.xml", bytes: Array("<html><p".utf8),
      kind: .badData, says: "an HTML page"),
  ]
}

@Suite("Bad input")
struct BadInputTests {
  @Test("ends in one located error", arguments: BadInput.all)
  func bad(_ input: BadInput) throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent(input.fileName)
      try Data(input.bytes).write(to: url)
      let recipe = CalibrationRecipe(sources: [url.path], tokenizer: Repository.demoModel.path)
      let error = #expect(throws: InputError.self) { try CalibrationSet.build(recipe) }
      #expect(error?.kind == input.kind)
      #expect(error?.description.contains(input.says) == true, "\(error?.description ?? "")")
      #expect(error?.hint.isEmpty == false)
    }
  }

  @Test("--skip-bad drops the row and counts it")
  func skipBad() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.jsonl")
      try Data("{\"text\":\"一\"}\n{]\n{\"text\":\"二\"}\n".utf8).write(to: url)
      var recipe = CalibrationRecipe(sources: [url.path], tokenizer: Repository.demoModel.path)
      recipe.skipBad = true
      let (set, notes) = try CalibrationSet.build(recipe)
      #expect(set.documents.map(\.row) == [1, 3])
      #expect(notes.badRows.count == 1)
      #expect(set.sources[0].badRows == 1)
    }
  }

  @Test("a missing source, model or set is kind missing; a model without tokenizer is bad data")
  func missing() throws {
    try withTemporaryDirectory { folder in
      let nowhere = folder.appendingPathComponent("none.jsonl").path
      let demo = Repository.demoModel.path
      let source = #expect(throws: InputError.self) {
        try CalibrationSet.build(CalibrationRecipe(sources: [nowhere], tokenizer: demo))
      }
      let tokenizer = #expect(throws: InputError.self) { try Tokenizer(directory: folder) }
      let model = #expect(throws: InputError.self) {
        try Tokenizer(directory: folder.appendingPathComponent("none"))
      }
      let set = #expect(throws: InputError.self) {
        try CalibrationSet.read(from: folder.appendingPathComponent("none.sqlite"))
      }
      #expect([source, model, set].map { $0?.kind } == [.missing, .missing, .missing])
      #expect(tokenizer?.kind == .badData)
    }
  }

  @Test("a set with changed token ids is refused")
  func damagedSet() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("set.sqlite")
      try CalibrationSet.build(articlesRecipe()).set.write(to: url)
      var bytes = [UInt8](try Data(contentsOf: url))
      let first = try #require(try CalibrationSet.read(from: url).samples.first?.tokenIDs)
      let pattern = first.prefix(4).flatMap { [UInt8($0 & 255), UInt8($0 >> 8), 0, 0] }
      let place = try #require(
        bytes.indices.first { bytes[$0...].starts(with: pattern) })
      bytes[place] ^= 1
      try Data(bytes).write(to: url)
      let error = #expect(throws: InputError.self) { try CalibrationSet.read(from: url) }
      #expect(error?.kind == .badData)
      try Data("no database".utf8).write(to: url)
      #expect(throws: InputError.self) { try CalibrationSet.read(from: url) }
    }
  }
}
