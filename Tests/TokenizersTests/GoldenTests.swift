import Codecs
import Foundation
import TestSupport
import Testing
import Tokenizers

/// What HF tokenizers made of a text; written by Fixtures/make_goldens.py.
struct GoldenCase {
  var text: String
  var ids: [Int32]
  var decoded: String
}

/// The goldens of one tokenizer.
struct Goldens: CustomTestStringConvertible, Sendable {
  var tokenizer: URL
  var cases: URL
  var testDescription: String { cases.lastPathComponent }

  /// The committed goldens, and those of a long fuzz run in the folder TENBIN_FUZZ, if it is set.
  static let all: [Goldens] = {
    var folders = [Bundle.module.resourceURL?.appendingPathComponent("Fixtures")]
    if let fuzz = ProcessInfo.processInfo.environment["TENBIN_FUZZ"] {
      folders.append(URL(fileURLWithPath: fuzz))
    }
    return folders.compactMap { $0 }.flatMap { folder in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      return names.sorted().filter { $0.hasSuffix(".golden.json") }.map { name in
        let stem = name.dropLast(".golden.json".count)
        let demo = Repository.demoModel.appendingPathComponent("tokenizer.json")
        let trained = folders[0]?.appendingPathComponent("\(stem).json")
        return Goldens(
          tokenizer: stem == "demo-model" ? demo : trained ?? demo,
          cases: folder.appendingPathComponent(name))
      }
    }
  }()

  func load() throws -> [GoldenCase] {
    let root = try JSONValue(parsing: Array(try Data(contentsOf: cases)))
    return try #require(root["cases"]?.array).map { entry in
      GoldenCase(
        text: try #require(entry["text"]?.string),
        ids: try #require(entry["ids"]?.array).map { Int32($0.integer ?? -1) },
        decoded: try #require(entry["decoded"]?.string))
    }
  }
}

@Suite("Tokenizers against HF tokenizers")
struct GoldenTests {
  @Test("same ids, same text back", arguments: Goldens.all)
  func golden(_ goldens: Goldens) throws {
    let tokenizer = try Tokenizer(
      json: Data(contentsOf: goldens.tokenizer), name: goldens.tokenizer.lastPathComponent)
    let cases = try goldens.load()
    #expect(cases.count > 100)
    var differences = [String]()
    for golden in cases {
      let ids = tokenizer.encode(golden.text)
      if ids != golden.ids {
        differences.append("\(golden.text.debugDescription): \(ids), HF \(golden.ids)")
      }
      let decoded = tokenizer.decode(golden.ids)
      if !decoded.utf8.elementsEqual(golden.decoded.utf8) {
        differences.append(
          "\(golden.ids): \(decoded.debugDescription), HF \(golden.decoded.debugDescription)")
      }
    }
    let few = differences.prefix(8).joined(separator: "\n")
    #expect(differences.isEmpty, "\(differences.count) of \(cases.count):\n\(few)")
  }
}
