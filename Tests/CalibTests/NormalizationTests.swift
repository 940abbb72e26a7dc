import Calib
import Codecs
import Foundation
import Testing

@Suite("Normalisers")
struct NormalizationTests {
  /// The committed goldens, and a long run in the folder TENBIN_FUZZ, if it is set.
  static let goldens: [URL] = {
    var urls = [
      Bundle.module.resourceURL?.appendingPathComponent("Fixtures/normalization.golden.json")
    ].compactMap { $0 }
    if let fuzz = ProcessInfo.processInfo.environment["TENBIN_FUZZ"] {
      urls.append(URL(fileURLWithPath: fuzz).appendingPathComponent("normalization.big.json"))
    }
    return urls
  }()

  @Test(
    "nfkc is Python's, neologdn is the package's", arguments: goldens,
    [Normalization.nfkc, .neologdn])
  func golden(_ url: URL, _ form: Normalization) throws {
    let root = try JSONValue(parsing: Array(try Data(contentsOf: url)))
    let cases = try #require(root[form.rawValue]?.array)
    #expect(cases.count > 400)
    var differences = [String]()
    for golden in cases {
      let text = try #require(golden.array?.first?.string)
      let expected = try #require(golden.array?.last?.string)
      let actual = form.normalize(text)
      if !actual.utf8.elementsEqual(expected.utf8) {
        differences.append(
          [text, actual, expected].map { text in
            text.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: " ")
          }.joined(separator: " | "))
      }
    }
    let few = differences.prefix(10).joined(separator: "\n")
    #expect(differences.isEmpty, "\(differences.count) of \(cases.count):\n\(few)")
  }

  @Test(
    "ja changes what hides or splits characters, and nothing else",
    arguments: [
      ("か\u{3099}くせい", "がくせい"), ("ﾊﾟｶﾞｱﾞﾟ｡｢｣･", "パガア゛゜。「」・"), ("1～2〜3", "1〜2〜3"),
      ("a\u{200B}b\u{FEFF}c\u{AD}d\u{0}e\u{200E}", "abcde"), ("⽇⽉⻑⻄", "日月長西"),
      ("一\r\n二\r三\u{2028}四", "一\n二\n三\n四"), ("全　角 ＡＢ①㍿㎡…", "全　角 ＡＢ①㍿㎡…"),
      ("👨\u{200D}👩", "👨\u{200D}👩"), ("髙﨑", "髙﨑"), ("ﾞ", "゛"),
    ])
  func japanese(text: String, expected: String) {
    let actual = Normalization.ja.normalize(text)
    #expect(Array(actual.utf8) == Array(expected.utf8), "\(actual.debugDescription)")
    #expect(Array(Normalization.ja.normalize(actual).utf8) == Array(actual.utf8))
  }

  @Test("the diff report counts each replacement")
  func diff() {
    var diff = NormalizationDiff()
    for text in ["ｶﾞｷ～", "～～", "同じ"] {
      diff.add(text, Normalization.ja.normalize(text))
    }
    #expect(diff.documents == 3)
    #expect(diff.changedDocuments == 2)
    #expect(diff.ranking.reduce(0) { $0 + $1.count * $1.change.from.count } >= 4)
    #expect(diff.ranking.contains { $0.change.to == ["〜"] || $0.change.to.contains("〜") })
  }
}
