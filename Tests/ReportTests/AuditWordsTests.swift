import Analysis
import Foundation
import Report
import TestSupport
import Testing

@Suite("Words of audits")
struct AuditWordsTests {
  /// What `sentence` says in English with `count` values, and in Japanese.
  private func both(_ wording: AuditWording, values count: Int) -> (en: String, ja: String) {
    let values = (0..<count).map { AuditSentence.Value.text("⟨\($0)⟩") }
    let sentence = AuditSentence(wording, values)
    return (
      AuditText.sentence(sentence, language: .en), AuditText.sentence(sentence, language: .ja)
    )
  }

  /// How many values the English words of `wording` have a place for.
  private func places(_ wording: AuditWording) -> Int {
    AuditText.sentence(AuditSentence(wording), language: .en).components(separatedBy: "{}").count
      - 1
  }

  @Test("every sentence has two languages, every value stands in both, no two say the same")
  func complete() {
    var said: [String: AuditWording] = [:]
    for wording in AuditWording.all {
      let count = places(wording)
      let (english, japanese) = both(wording, values: count)
      #expect(english != japanese, "\(wording)")
      for value in 0..<count {
        #expect(english.contains("⟨\(value)⟩"), "\(wording): \(english)")
        #expect(japanese.contains("⟨\(value)⟩"), "\(wording): \(japanese)")
      }
      for text in [english, japanese] { #expect(!text.contains("{"), "\(wording): \(text)") }
      #expect(said.updateValue(wording, forKey: english) == nil, "\(wording): \(english)")
    }
    #expect(said.count == AuditWording.all.count)
  }

  @Test("checks give every sentence as many values as its words have places for")
  func values() throws {
    let folder = Repository.root.appendingPathComponent("Sources/Analysis/Audit")
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    let byName = Dictionary(uniqueKeysWithValues: AuditWording.all.map { ("\($0)", $0) })
    var used: Set<String> = []
    for name in names where name.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      for call in Self.calls(in: text) {
        let wording = try #require(
          byName.first { $0.key.hasSuffix(".\(call.wording))") && $0.key.hasPrefix(call.room) },
          "\(name): .\(call.room)(.\(call.wording))")
        #expect(call.values == places(wording.value), "\(name): .\(call.room)(.\(call.wording))")
        used.insert(wording.key)
      }
    }
    #expect(Set(byName.keys).subtracting(used) == [])
  }

  @Test("values keep their places, words among them are translated, JSON stays English")
  func nested() throws {
    let inner = AuditSentence(.base(.otherTensor), [.text("a.weight")])
    let place = AuditSentence(.base(.place), [.text("2"), .text("7"), .text("q")])
    let sentence = AuditSentence(.base(.whatAndWhere), [.sentence(inner), .sentence(place)])
    #expect(
      AuditText.sentence(sentence, language: .en)
        == "the base's a.weight in 2 of 7 modules, such as q")
    let list = AuditSentence([
      AuditSentence(.config(.keysEqual)), AuditSentence(.config(.keysDiffer), [.text("3")]),
      AuditSentence(verbatim: "x"),
    ])
    #expect(AuditText.sentence(list, language: .en) == "keys equal; 3 keys differ; x")
    #expect(AuditText.sentence(list, language: .ja) == "キーは一致；キー 3 個が異なる；x")
    let columns = AuditSentence(.codes(.columnsMisplaced), [.text("4"), .text("2"), .text("7")])
    #expect(
      AuditText.sentence(columns, language: .ja)
        == "7 モジュール中 2 で、4 列が g_idx の示すグループではなく別のグループのスケールに合う")
    #expect(throws: EncodingError.self) { try JSONEncoder().encode(columns) }
    var diagnosis = DiagnosisPageTests.diagnosis()
    let none = AuditSentence(.shared(.noCost))
    diagnosis.audit = [
      AuditFinding(.groupIndex, .defective, evidence: columns, cost: none, remedy: none)
    ]
    #expect(
      diagnosis.json().contains(
        "\"4 columns fit the scales of another group than that of g_idx, in 2 of 7 modules\""))
  }

  /// Sentences that Swift text makes, `.room(.wording, value, …)`, and how many values each is given.
  private static func calls(
    in text: String
  ) -> [(room: String, wording: String, values: Int)] {
    let rooms = Set(AuditWording.all.map { "\($0)".prefix { $0 != "(" } })
    let opening = /\.([a-z]+)\(\s*\.([A-Za-z0-9]+)(?=[,)])/
    return text.matches(of: opening).compactMap { match in
      guard rooms.contains(match.1) else { return nil }
      var (depth, values, isText) = (1, 0, false)
      var place = match.range.upperBound
      while depth > 0, place < text.endIndex {
        switch text[place] {
        case "\"": isText.toggle()
        case "(", "[", "{": depth += 1
        case ")", "]", "}": depth -= 1
        case "," where depth == 1 && !isText: values += 1
        default: break
        }
        place = text.index(after: place)
      }
      return (String(match.1), String(match.2), values)
    }
  }
}
