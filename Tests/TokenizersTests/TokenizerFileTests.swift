import Basics
import Foundation
import Testing
import Tokenizers

@Suite("tokenizer.json")
struct TokenizerFileTests {
  /// A file with the given model and normalizer, of three tokens.
  private func file(model: String = "\"BPE\"", normalizer: String = "null") -> Data {
    Data(
      """
      {"normalizer": \(normalizer), "model": {"type": \(model), "merges": [["a", "b"]],
       "vocab": {"a": 0, "b": 1, "ab": 2, "が": 3, "か\u{3099}": 4, "\u{FA19}": 5, "神": 6}}}
      """.utf8)
  }

  @Test("keys that are only canonically equivalent stay apart")
  func canonicalEquivalence() throws {
    let tokenizer = try Tokenizer(json: file())
    #expect(tokenizer.vocabularySize == 7)
    #expect(tokenizer.tokenID(of: "が") == 3)
    #expect(tokenizer.tokenID(of: "か\u{3099}") == 4)
    #expect(tokenizer.tokenID(of: "\u{FA19}") == 5)
    #expect(tokenizer.encode("神\u{FA19}がab") == [6, 5, 3, 2])
  }

  @Test(
    "an unknown component is an error that names it",
    arguments: [
      ("\"Unheard\"", "null", "Unheard"),
      ("\"BPE\"", "{\"type\": \"Rot13\"}", "Rot13"),
      (
        "\"BPE\"", #"{"type": "Replace", "pattern": {"Regex": "(a)\\1"}, "content": ""}"#,
        "a back reference"
      ),
      (
        "\"BPE\"", #"{"type": "Replace", "pattern": {"Regex": "(?<=a+)b"}, "content": ""}"#,
        "look-behind of varying length"
      ),
    ])
  func unknownComponent(model: String, normalizer: String, says: String) throws {
    let error = #expect(throws: InputError.self) {
      try Tokenizer(json: file(model: model, normalizer: normalizer))
    }
    #expect(error?.kind == .badData)
    #expect(error?.found.contains(says) == true, "\(error?.description ?? "")")
  }

  @Test(
    "damaged files are errors",
    arguments: [
      "", "{", "[]", "{}", "{\"model\": {\"type\": \"BPE\"}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": -1}, \"merges\": []}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 99999999999}, \"merges\": []}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a z\"]}}",
      "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a\"]}}",
      "{\"added_tokens\": [{\"id\": -3, \"content\": \"x\"}], \"model\": {\"type\": \"BPE\", "
        + "\"vocab\": {\"a\": 0}, \"merges\": []}}",
    ])
  func damaged(_ text: String) {
    let error = #expect(throws: InputError.self) { try Tokenizer(json: Data(text.utf8)) }
    #expect(error?.kind == .badData)
  }
}
