import Foundation
import Sweep
import TestSupport
import Testing

@Suite("What a base's own card says of its licence and languages")
struct BaseCardTests {
  @Test(
    "the header's licence and languages, those that the Hub knows by name",
    arguments: [
      ("---\nlicense: llama3.1\nlanguage:\n- ja\n- no\n---\n# Model", "llama3.1", ["ja", "no"]),
      ("---\r\nlanguage: en\r\nlicense: apache-2.0\r\n---\r\n", "apache-2.0", ["en"]),
      // A licence of its own is named elsewhere in the header; a list of them is none.
      ("---\nlicense: other\nlicense_name: own\n---\n", nil, []),
      ("---\nlicense: [mit, gpl]\nlanguage: {a: b}\n---\n", nil, []),
      ("---\nlicense: \"mit\\nlanguage: x\"\nlanguage: [日本語, JA, ja]\n---\n", nil, ["ja"]),
      ("---\ntags: [gptq]\n---\n", nil, []),
    ] as [(String, String?, [String])])
  func header(_ text: String, license: String?, languages: [String]) throws {
    try withTemporaryDirectory { folder in
      try Data(text.utf8).write(to: folder.appendingPathComponent("README.md"))
      let card = try #require(BaseCard(folder))
      #expect(card.license == license)
      #expect(card.languages == languages)
    }
  }

  @Test("no card, no header, one that has no end, and one that is no YAML say nothing")
  func none() throws {
    try withTemporaryDirectory { folder in
      #expect(BaseCard(folder) == nil)
      let file = folder.appendingPathComponent("README.md")
      for text in ["", "# Model", "---\nlicense: mit\n", "---\nlicense: [\n---\n", "---\n---\n"] {
        try Data(text.utf8).write(to: file)
        #expect(BaseCard(folder) == nil, "\(text)")
      }
      try Data([0x2d, 0x2d, 0x2d, 0x0a, 0xff, 0xfe]).write(to: file)
      #expect(BaseCard(folder) == nil)
    }
  }
}
