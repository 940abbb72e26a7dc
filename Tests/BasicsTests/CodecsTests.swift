import Basics
import Codecs
import Foundation
import TestSupport
import Testing

@Suite("JSON")
struct JSONTests {
  @Test(
    "values are read as written",
    arguments: [
      ("[1, -2, 3.5, 1e2, true, false, null]", 7), ("[]", 0), ("[[[]]]", 1),
      ("[\"a\\n\\u3042\\ud842\\udfb7\\\"\\/\"]", 1),
    ])
  func values(text: String, count: Int) throws {
    #expect(try JSONValue(parsing: Array(text.utf8)).array?.count == count)
  }

  @Test("keys that are only canonically equivalent stay apart, in their order")
  func keys() throws {
    let value = try JSONValue(parsing: Array("{\"か\u{3099}\": 1, \"が\": 2}".utf8))
    #expect(value["が"]?.integer == 2)
    #expect(value["か\u{3099}"]?.integer == 1)
    #expect(value.members?.map { $0.key.unicodeScalars.count } == [2, 1])
  }

  @Test(
    "strings survive writing and reading",
    arguments: ["", "\"\\\n\t\u{0}\u{7F}\u{2028}", "𠮷か\u{3099}"])
  func strings(_ text: String) throws {
    let value = try JSONValue(parsing: Array(JSONText.string(text).utf8))
    #expect(Array(try #require(value.string).utf8) == Array(text.utf8))
  }

  @Test(
    "what is no JSON is an error with its place",
    arguments: [
      ("", 0), ("[1,]", 3), ("{\"a\" 1}", 5), ("01", 2), ("[1] x", 4), ("\"\\x\"", 3), ("nul", 0),
      ("\"\\ud842\"", 7), ("1e", 2), ("\"a\nb\"", 2), ("{a: 1}", 1), ("-", 0), ("[1 2]", 3),
    ])
  func errors(text: String, offset: Int) {
    let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text.utf8)) }
    #expect(error?.offset == offset, "\(String(describing: error))")
  }

  @Test("deep nesting and broken UTF-8 are errors, not traps")
  func hostile() {
    let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: deep) }
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
  }
}

@Suite("Unicode forms")
struct UnicodeFormTests {
  @Test(
    "forms of characters that Foundation gets wrong on Linux",
    arguments: [
      (UnicodeForm.nfkc, "ｶﾞ", "ガ"), (.nfkc, "ﾊﾟ", "パ"), (.nfc, "か\u{3099}", "が"),
      (.nfd, "が", "か\u{3099}"), (.nfkd, "㍿", "株式会社"), (.nfkc, "①", "1"), (.nfc, "①", "①"),
      (.nfc, "\u{FA19}", "神"), (.nfkc, "\u{BF24}\u{11A7}", "\u{BF24}\u{11A7}"),
      (.nfc, "\u{1100}\u{1161}\u{11A8}", "각"), (.nfkc, "", ""), (.nfkc, "～", "~"),
    ])
  func forms(form: UnicodeForm, text: String, expected: String) {
    #expect(Array(form.normalize(text).utf8) == Array(expected.utf8))
  }
}

@Suite("Lines of a stream")
struct LineReaderTests {
  @Test("lines longer than a piece, empty lines and a last line without a line feed")
  func lines() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.txt")
      let long = String(repeating: "長", count: 200_000)
      try Data("一\n\n\(long)\n終".utf8).write(to: url)
      let file = try FileByteStream(url, name: "a.txt")
      var reader = LineReader(file, name: "a.txt")
      var lines = [String]()
      while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
      #expect(lines == ["一", "", long, "終"])
      #expect(file.isAtEnd)
      #expect(file.hexDigest() == SHA256.hexDigest(of: try Data(contentsOf: url)))
    }
  }
}
