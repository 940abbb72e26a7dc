import Basics
import Codecs
import Foundation
import TestSupport
import Testing

@Suite("JSON files as people have them")
struct JSONFileTests {
  private func read(_ data: Data) throws -> JSONValue {
    try withTemporaryDirectory { folder in
      let file = folder.appendingPathComponent("config.json")
      try data.write(to: file)
      return try JSONValue(contentsOf: file, hint: "fix it")
    }
  }

  private func failure(_ data: Data) -> InputError? {
    do {
      _ = try read(data)
      return nil
    } catch {
      return error as? InputError
    }
  }

  @Test("a byte order mark is no content")
  func byteOrderMark() throws {
    let value = try read(Data([0xEF, 0xBB, 0xBF] + Array(#"{"a": "語"}"#.utf8)))
    #expect(value["a"]?.string == "語")
  }

  @Test(
    "UTF-16 and UTF-32 are named",
    arguments: [
      String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32, .utf32LittleEndian,
      .utf32BigEndian,
    ])
  func wide(encoding: String.Encoding) throws {
    let data = try #require(#"{"a": 1}"#.data(using: encoding))
    let error = try #require(failure(data))
    #expect(error.kind == .badData)
    #expect(error.found.hasPrefix("text in UTF-"), "\(error.found)")
    #expect(error.hint.hasPrefix("convert the file to UTF-8: iconv -f UTF-"))
  }

  @Test(
    "what is wrong has its line and column",
    arguments: [
      ("{\"a\": 1,\n}", "no JSON: line 2, column 1: a comma stands before this '}'"),
      ("{\"語\": [1, 2, ]}", "no JSON: line 1, column 14: a comma stands before this ']'"),
      (
        "{\n \"meta\": {\n  },\n },\n \"b\": 2\n}",
        "no JSON: line 3, column 4: a member's name should be here"
      ),
      ("{\n\"a\" 1}", "no JSON: line 2, column 5: ':' should be here"),
      ("", "no JSON: line 1, column 1: the text ends where a value should be"),
      ("{\"a\": 1e999}", "no JSON: line 1, column 12: a number out of range"),
      ("{\"a\": NaN}", "no JSON: line 1, column 7: not a JSON value"),
    ])
  func places(text: String, found: String) throws {
    let error = try #require(failure(Data(text.utf8)))
    if text.contains("meta") {
      #expect(error.found.hasPrefix("no JSON: line "), "\(error.found)")
    } else {
      #expect(error.found == found)
    }
    #expect(error.hint == "fix it")
  }

  @Test("the last of two equal keys counts, deep nesting ends in an error")
  func odd() throws {
    #expect(try read(Data(#"{"a": 1, "a": 2}"#.utf8))["a"]?.integer == 2)
    let deep = String(repeating: "[", count: 100_000)
    #expect(failure(Data(deep.utf8))?.found.contains("nested deeper than 256 levels") == true)
  }

  @Test("a file that is not there, and one that cannot be read")
  func unreadable() throws {
    try withTemporaryDirectory { folder in
      #expect {
        try JSONValue(contentsOf: folder.appendingPathComponent("none.json"))
      } throws: {
        ($0 as? InputError)?.kind == .missing
      }
      #expect { try JSONValue(contentsOf: folder) } throws: {
        ($0 as? InputError)?.found == "a folder where a file should be"
      }
    }
  }

  @Test("values say their type")
  func words() throws {
    let texts = [
      (#""4""#, #""4", a string"#), ("4", "4, a number"), ("4.5", "4.5, a number"),
      ("true", "true, a Boolean"), ("null", "null"), ("[1, 2]", "a list of 2"),
      ("[]", "an empty list"), (#"{"a": 1}"#, "an object with a"),
    ]
    for (text, expected) in texts {
      #expect(try JSONValue(parsing: Array(text.utf8)).words == expected)
    }
  }
}
