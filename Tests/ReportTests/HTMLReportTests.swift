import Foundation
import Report
import Results
import TestSupport
import Testing

@Suite struct HTMLReportTests {
  static let small = StudyFixture(layers: 2, bits: [4, 8], groupSizes: [128], damps: [0, 0.01])

  @Test(arguments: [
    "findings", "trials", "size-quality", "heat-map", "damp", "depth", "domains", "scores",
  ])
  func readsAsRecorded(part: String) throws {
    let page = HTMLReport.text(Self.small.build())
    try Snapshot.check(Page.part(part, of: page), "\(part).html")
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
    if page.contains("id=\"heat-data\"") {
      let json = try Page.inner(
        "<script type=\"application/json\" id=\"heat-data\">", "</script>", in: page)
      _ = try JSONSerialization.jsonObject(with: Data(json.utf8))
    }
  }

  @Test func namesCannotBecomeMarkup() throws {
    let page = HTMLReport.text(Page.hostile)
    #expect(!page.contains("<script>alert"))
    #expect(!page.contains("</pre><b>"))
    // The page's own script and data, and nothing else.
    #expect(page.components(separatedBy: "<script").count == 3)
    #expect(page.contains("日本語 &amp; &lt;モデル&gt;"))
  }

  @Test func staysUnderTwoMegabytes() {
    let large = StudyFixture(layers: 80, bits: [2, 3, 4, 8], descActs: [false, true]).build()
    #expect(large.trials.count >= 60)
    #expect(HTMLReport.text(large).utf8.count < 2_000_000)
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
    let script = try Page.inner("<script>", "</script>", in: page)
    #expect(script.utf8.count <= 10_000)
  }
}
