import Basics
import Foundation
import Testing
import Tokenizers

@Suite("What a token adds to a text")
struct PieceTests {
  @Test(
    "its bytes, the space in front and halves of characters among them",
    arguments: [
      "llama2-small", "gpt2-small", "llama3-small", "qwen2-small", "gemma-small", "mistral-small",
      "llmjp-small",
    ])
  func pieces(name: String) throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json"))
    let tokenizer = try Tokenizer(json: Data(contentsOf: url), name: name)
    for text in ["a 東京 𠮷🍙 été", "a b\n  c\t🏯"] {
      let tokens = tokenizer.encode(text, addSpecialTokens: false)
      let pieces = tokens.map(tokenizer.piece)
      #expect(pieces.allSatisfy { !$0.isEmpty })
      #expect(String(decoding: pieces.joined(), as: UTF8.self).trimmingPrefix(" ") == text)
    }
    // A character of four bytes that no vocabulary has is four tokens of a byte each, or more than one.
    let rare = tokenizer.encode("a𓆏", addSpecialTokens: false).map(tokenizer.piece)
    #expect(rare.count > 2 && rare.contains { String(validating: $0, as: UTF8.self) == nil })
    #expect(tokenizer.piece(of: -1).isEmpty && tokenizer.piece(of: 1 << 20).isEmpty)
  }
}

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

  @Test("byte_fallback beside ByteLevel changes nothing where every byte is a token")
  func byteFallbackOfByteLevel() throws {
    let plain = try #require(
      Bundle.module.url(forResource: "Fixtures/gpt2-small", withExtension: "json"))
    let text = try String(contentsOf: plain, encoding: .utf8)
    let changed = text.replacing(/"byte_fallback":\s*false/, with: #""byte_fallback": true"#)
    #expect(changed != text)
    let tokenizers = try [text, changed].map { try Tokenizer(json: Data($0.utf8)) }
    for words in ["天秤は balance 42", "\u{1F600}\u{0}é\t", "か\u{3099}"] {
      #expect(tokenizers[1].encode(words) == tokenizers[0].encode(words))
    }
  }

  @Test(
    "what cannot go with ByteLevel is named",
    arguments: [
      (
        "\"continuing_subword_prefix\": \"##\"",
        "ByteLevel with the BPE option continuing_subword_prefix \"##\", which tenbin does not know"
      ),
      (
        #""end_of_word_suffix": "</w>""#,
        #"ByteLevel with the BPE option end_of_word_suffix "</w>", which tenbin does not know"#
      ),
      (
        #""byte_fallback": true"#,
        "BPE with byte_fallback, and a vocabulary without ByteLevel's character \"Ā\", which "
          + "tenbin does not know"
      ),
    ])
  func besideByteLevel(option: String, found: String) {
    let text = """
      {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
       "model": {"type": "BPE", "merges": [], "vocab": {"a": 0}, \(option)}}
      """
    #expect(
      throws: InputError(
        .badData, asked: "read the tokenizer tokenizer.json", found: found,
        hint: "convert the tokenizer to supported components, or report the model that uses it")
    ) { try Tokenizer(json: Data(text.utf8)) }
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
