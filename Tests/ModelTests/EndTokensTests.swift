import Basics
import Foundation
import Model
import TestSupport
import Testing

@Suite("Tokens that end a model's texts")
struct EndTokensTests {
  private func ids(_ files: [String: String]) throws -> Set<Int32> {
    try withTemporaryDirectory { folder in
      for (name, text) in files {
        try text.write(
          to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
      }
      return try EndTokens.ids(directory: folder)
    }
  }

  @Test("of generation_config.json first, then of config.json; one, several, none")
  func found() throws {
    let config = #"{"eos_token_id": 2}"#
    let both = ["config.json": config, "generation_config.json": #"{"eos_token_id": [5, 7]}"#]
    #expect(try ids(both) == [5, 7])
    #expect(try ids(["config.json": config]) == [2])
    #expect(try ids(["config.json": config, "generation_config.json": "{}"]) == [2])
    #expect(
      try ids(["config.json": config, "generation_config.json": #"{"eos_token_id": null}"#]) == [2])
    #expect(try ids(["config.json": #"{"text_config": {"eos_token_id": [1, 106]}}"#]) == [1, 106])
    #expect(try ids(["config.json": "{}"]) == [])
    #expect(try ids([:]) == [])
  }

  @Test("what is no token is an error", arguments: [#""</s>""#, "[1, 2.5]", "-1"])
  func refused(value: String) throws {
    let error = #expect(throws: InputError.self) {
      try ids(["config.json": "{\"eos_token_id\": \(value)}"])
    }
    let found = try #require(error)
    #expect(found.asked.hasPrefix("read eos_token_id of ") && found.asked.hasSuffix("config.json"))
    #expect(found.found.hasSuffix(", where a token's number, or a list of them, is needed"))
    #expect(found.hint == "download config.json again")
  }
}
