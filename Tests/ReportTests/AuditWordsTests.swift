import Analysis
import Foundation
import Report
import TestSupport
import Testing

@Suite("Audits in Japanese")
struct AuditWordsTests {
  /// Literals of the audit's sources that are no sentences of it: names of loaders and of their
  /// sources, and what errors and progress say.
  private static let others = [
    "{} {}", " {} of {}", "{} %", "0 %", ", ", "; ", "+ {}", "- {}", "audit {}", "an empty folder",
    "compare the checkpoint with its base", "run the checkpoint beside its base",
    "give the folder of", "no {} of {} x {} in {}", "{} layers of {} channels beside",
    "plain text: up to", "the checkpoint, ", "GPTQModel 7.7 ", "transformers 5 utils", "vLLM ",
    "{} modules under the names of others", "{} tensors from the base",
    "rows, columns or codes of {} modules in the base's order",
  ]

  @Test("every sentence has its Japanese, and every value stands in it")
  func complete() throws {
    let folder = Repository.root.appendingPathComponent("Sources/Analysis/Audit")
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    var wordings: Set<String> = []
    for name in names where name.hasSuffix(".swift") && !name.hasSuffix("ProbeText.swift") {
      let file = folder.appendingPathComponent(name)
      wordings.formUnion(Self.literals(of: try String(contentsOf: file, encoding: .utf8)))
    }
    let sentences = wordings.filter { wording in
      wording.trimmingCharacters(in: .whitespaces).contains(" ")
        && !Self.others.contains { wording.hasPrefix($0) && (wording == $0 || $0.count >= 5) }
    }
    #expect(sentences.count > 250)
    for wording in sentences.sorted() {
      let count = wording.components(separatedBy: "{}").count - 1
      let values = (0..<count).map { AuditSentence.Value.text("⟨\($0)⟩") }
      let sentence = AuditSentence(wording: wording, values: values)
      let japanese = AuditText.sentence(sentence, language: .ja)
      #expect(japanese != sentence.english, "no Japanese of: \(wording)")
      for value in 0..<count { #expect(japanese.contains("⟨\(value)⟩"), "\(japanese)") }
    }
  }

  @Test("values keep their places, words among them are translated, JSON stays English")
  func values() throws {
    let inner: AuditSentence = "the base's \("a.weight")"
    let sentence: AuditSentence = "\(inner) in \(2) of \(7) modules, such as \("q")"
    #expect(sentence.english == "the base's a.weight in 2 of 7 modules, such as q")
    let list = AuditSentence(["keys equal", "\(3) keys differ", AuditSentence(verbatim: "x")])
    #expect(list.english == "keys equal; 3 keys differ; x")
    #expect(AuditText.sentence(list, language: .ja) == "キーは一致；キー 3 個が異なる；x")
    let place: AuditSentence =
      "\(4) columns fit the scales of another group than that of g_idx, in \(2) of \(7) modules"
    #expect(
      AuditText.sentence(place, language: .ja)
        == "7 モジュール中 2 で、4 列が g_idx の示すグループではなく別のグループのスケールに合う")
    let json = try JSONEncoder().encode(place)
    #expect(String(decoding: json, as: UTF8.self) == "\"\(place.english)\"")
  }

  /// The string literals of Swift text, each interpolation as `{}`.
  private static func literals(of text: String) -> [String] {
    let text = Array(text)
    var (found, place): ([String], Int) = ([], 0)
    func starts(_ part: String, _ place: Int) -> Bool {
      text[place...].prefix(part.count).elementsEqual(part)
    }
    /// The literal that opens at `place`, and where it ends.
    func literal(_ start: Int) -> (String, Int) {
      let quote = starts("\"\"\"", start) ? "\"\"\"" : "\""
      var (result, place) = ("", start + quote.count)
      while place < text.count, !starts(quote, place) {
        guard text[place] == "\\" else {
          result.append(text[place])
          place += 1
          continue
        }
        switch text[place + 1] {
        case "(":
          var depth = 1
          place += 2
          while depth > 0 {
            if text[place] == "\"" {
              place = literal(place).1
              continue
            }
            depth += text[place] == "(" ? 1 : text[place] == ")" ? -1 : 0
            place += 1
          }
          result += "{}"
        case "\n":
          place += 2
          while text[place] == " " { place += 1 }
        case let other:
          result.append(other)
          place += 2
        }
      }
      if quote.count > 1 { result = result.trimmingCharacters(in: .whitespacesAndNewlines) }
      return (result, place + quote.count)
    }
    while place < text.count {
      if starts("//", place) {
        while place < text.count, text[place] != "\n" { place += 1 }
      } else if text[place] == "\"" {
        let (one, end) = literal(place)
        found.append(one)
        place = end
      } else {
        place += 1
      }
    }
    return found
  }
}
