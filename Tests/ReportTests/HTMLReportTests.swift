import Foundation
import Report
import Results
import TestSupport
import Testing

@Suite struct HTMLReportTests {
  static let small = StudyFixture(layers: 2, bits: [4, 8], groupSizes: [128], damps: [0, 0.01])

  @Test(arguments: [
    "picks", "findings", "trials", "size-quality", "heat-map", "damp", "depth", "domains", "scores",
    "slices", "parallel", "importance", "damp-domains", "kl-ladder", "times", "one-trial", "absent",
    "timeline", "calibration",
  ])
  func readsAsRecorded(part: String) throws {
    let page = HTMLReport.text(Self.small.build())
    try Snapshot.check(Page.part(part, of: page), "\(part).html")
  }

  @Test("the spread over tokens, and the kinds of tokens, of a study that keeps them")
  func tokens() throws {
    var fixture = Self.small
    fixture.hasDivergence = true
    let page = HTMLReport.text(fixture.build())
    for part in ["kl-ladder", "token-kinds"] {
      #expect(throws: Never.self) {
        try Snapshot.check(Page.part(part, of: page), "\(part)-whole.html")
      }
    }
    #expect(!HTMLReport.text(Self.small.build()).contains("id=\"token-kinds\""))
  }

  @Test func partsComeInTheOrderOfAReader() {
    let page = HTMLReport.text(Self.small.build())
    let order = [
      "<h1>", "id=\"findings\"", "id=\"trials\"", "id=\"size-quality\"", "id=\"heat-map\"",
      "id=\"damp\"", "id=\"scores\"", "id=\"environment\"",
    ].map { page.range(of: $0)?.lowerBound }
    #expect(!order.contains(nil))
    #expect(order.compactMap { $0 } == order.compactMap { $0 }.sorted())
  }

  @Test func samePageTwice() {
    #expect(HTMLReport.text(Self.small.build()) == HTMLReport.text(Self.small.build()))
  }

  @Test(arguments: Page.hardStudies) func isWellFormed(study: Page.NamedStudy) throws {
    let page = HTMLReport.text(study.results)
    try Page.parse(Page.between("<main>", "</main>", in: page))
    for id in ["heat-data", "trial-data"] where page.contains("id=\"\(id)\"") {
      let json = try Page.inner(
        "<script type=\"application/json\" id=\"\(id)\">", "</script>", in: page)
      _ = try JSONSerialization.jsonObject(with: Data(json.utf8))
    }
  }

  @Test func namesCannotBecomeMarkup() throws {
    let page = HTMLReport.text(Page.hostile)
    #expect(!page.contains("<script>alert"))
    #expect(!page.contains("</pre><b>"))
    // The page's own script and its two sets of data, and nothing else.
    #expect(page.components(separatedBy: "<script").count == 4)
    #expect(page.contains("日本語 &amp; &lt;モデル&gt;"))
    var study = Self.small.build()
    study.environment.model = "a\u{202E}b\u{2066}c"
    #expect(HTMLReport.text(study).contains("<title>a\u{FFFD}b\u{FFFD}c, quantized</title>"))
  }

  /// More than 200 trials of 80 layers with seven linears each.
  static let large = StudyFixture(
    layers: 80, bits: [2, 3, 4, 8], groupSizes: [16, 32, 64, 128, 256],
    damps: [0, 0.005, 0.01, 0.1, 0.2], descActs: [false, true]
  ).build()

  @Test func staysUnderThreeMegabytes() {
    let large = Self.large
    #expect(large.trials.count >= 200 && large.trials[0].modules.count == 560)
    #expect(HTMLReport.text(large).utf8.count < 3_000_000)
  }

  @Test("a thousand trials take 4.5 MB, most of it their rows, tooltips and CSVs")
  func thousandTrials() {
    let page = HTMLReport.text(BrowserTests.thousand)
    #expect(BrowserTests.thousand.trials.count >= 1000 && page.utf8.count < 4_750_000)
  }

  @Test("one file speaks both languages and opens in either")
  func languages() throws {
    let study = Self.small.build()
    for (language, other) in [(CardLanguage.en, CardLanguage.ja), (.ja, .en)] {
      let page = HTMLReport.text(study, language: language)
      #expect(page.contains("<html lang=\"\(language)\">"))
      #expect(page.contains("id=\"lang-\(language)\" value=\"\(language)\" checked"))
      #expect(!page.contains("id=\"lang-\(other)\" value=\"\(other)\" checked"))
    }
    let (en, ja) = (
      HTMLReport.text(study).components(separatedBy: "class=\"en\" lang=\"en\""),
      HTMLReport.text(study).components(separatedBy: "class=\"ja\" lang=\"ja\"")
    )
    #expect(en.count == ja.count && en.count > 80)
  }

  @Test("Japanese is Japanese: its own colons and brackets, and no sentence left in English")
  func japanese() throws {
    for study in Page.hardStudies where !study.description.contains("hostile") {
      let page = HTMLReport.text(study.results)
      for part in page.components(separatedBy: "<span class=\"ja\" lang=\"ja\">").dropFirst() {
        let text = part.components(separatedBy: "</span>")[0]
        #expect(!text.contains(": ") && !text.contains("符号"), "\(text)")
        #expect(text.unicodeScalars.contains { $0.value >= 0x2E80 }, "\(text)")
      }
    }
  }

  @Test("a command to copy is one line of a shell, whatever the study's file is called")
  func commands() throws {
    let commands = ReportCommands(model: "'a b'", study: "'s<1>.sqlite'")
    let page = HTMLReport.text(Self.small.build(), commands: commands)
    #expect(
      page.contains(
        ">tenbin quantize &#39;a b&#39; --trial &#39;s&lt;1&gt;.sqlite&#39;#2 "
          + "--output int4-g128-damp-0.01</code>"))
  }

  @Test("repeats and companions stand below their trial")
  func folded() throws {
    var study = Self.small.build()
    var again = study.trials[2]
    (again.number, again.draw, again.role) = (study.trials.count, 1, .repeat)
    study.trials.append(again)
    study.trials[0].role = .companion
    let rows = try Page.part("trials", of: HTMLReport.text(study)).components(separatedBy: "<tr ")
    let ids = rows.dropFirst().compactMap { $0.split(separator: "\"").dropFirst().first }
    let place = try #require(ids.firstIndex(of: "trial-2"))
    #expect(Set(ids[(place + 1)...(place + 2)]) == ["trial-0", "trial-\(again.number)"])
    #expect(rows.filter { $0.contains("data-of=\"trial-2\"") }.count == 2)
    #expect(rows.first { $0.hasPrefix("id=\"trial-2\"") }?.contains("1 repeat, RTN") == true)
    #expect(rows.first { $0.hasPrefix("id=\"trial-2\"") }?.contains("bits=4 ") == true)
  }

  @Test("a repeated pick says what its own checkpoint scored; without repeats nothing is said")
  func ownScore() throws {
    var study = Self.small.build()
    let note = "Each row is that trial&#39;s own score"
    #expect(!HTMLReport.text(study).contains("data-own"))
    #expect(!HTMLReport.text(study).contains(note))
    for draw in [1, 2] {
      var again = study.trials[2]
      (again.number, again.draw, again.role) = (study.trials.count, draw, .repeat)
      again.evaluations[0].nllDelta += 0.001 * Double(draw)
      again.evaluations[0].kldMean += 0.001
      study.trials.append(again)
    }
    let page = HTMLReport.text(study)
    let picks = try Page.part("picks", of: page)
    #expect(picks.contains("<p class=\"reading\" data-own=\"2\">"))
    #expect(
      picks.contains(
        "Mean of 2 repeats. The checkpoint that this command writes scored +5.60 ± 0.17 %, "
          + "KL 59.98 ± 0.99."))
    #expect(
      picks.contains(
        "再実行 2 回の平均です。このコマンドで書き出すチェックポイント自体の値は +5.60 ± 0.17 %、KL 59.98 ± 0.99 です。"))
    #expect(page.components(separatedBy: note).count == 3)
  }

  @Test func loadsNothing() throws {
    let page = HTMLReport.text(Self.small.build())
    #expect(!page.contains("://"))
    #expect(!page.contains("@import"))
    #expect(!page.contains(" src="))
    #expect(!page.contains("<link"))
  }

  @Test func scriptIsSmall() throws {
    let page = HTMLReport.text(Self.small.build())
    let script = try Page.inner("<script>\n", "</script>", in: page)
    #expect(script.utf8.count <= 20_000)
  }
}
