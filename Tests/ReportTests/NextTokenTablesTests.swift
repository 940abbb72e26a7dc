import Analysis
import Foundation
import Report
import Results
import TestSupport
import Testing

@Suite("What trials let follow prompts, on the page")
struct NextTokenTablesTests {
  /// The part of the page, and what the script has of each trial.
  private func page(_ study: StudyResults) throws -> (html: String, trials: [[String: Any]]) {
    let page = HTMLReport.text(study)
    try Page.parse(Page.between("<main>", "</main>", in: page))
    let json = try Page.inner(
      "<script type=\"application/json\" id=\"trial-data\">", "</script>", in: page)
    let data = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    let trials = try #require(data?["trials"] as? [[String: Any]])
    let html = try Page.part("one-trial", of: page)
    return (html, trials)
  }

  @Test("base and trial stand side by side, and what changed is marked by a sign")
  func reads() throws {
    var study = NextTokensFixture.study
    // The one that the page shows.
    study.trials = [study.trials[0]]
    let page = HTMLReport.text(study)
    let part = try Page.inner(
      "<div class=\"next\">", "</div>\n<details class=\"modules\">", in: page)
    try Snapshot.check(part, "next-tokens.html")
    #expect(part.contains("behind <b class=\"kept\">0</b> of 1 prompt."))
    #expect(part.contains("data-v=\"京都\">≠ 京都</td>"))
    let trial = try #require(try self.page(study).trials.first)
    let cells = try #require(trial["x"] as? [Double])
    #expect(cells.count == 4 + 3 * 2 + 2 * 3)
    #expect(cells[0] < 0 && cells[1...3] == [0.5, 0.25, 0.75])
    // The base has the first two at other ranks; the third is none of its own.
    #expect(cells[4] >= 0 && cells[6] >= 0 && cells[8] < 0)
    #expect(part.contains("<td class=\"name again\">日本の首都は</td>"))
    #expect(cells[10] >= 0 && cells[13] < 0 && cells[14...15] == [0.75, 0.25])
  }

  @Test("a trial that was not looked at says so; another one's cells are there for the script")
  func missing() throws {
    var study = NextTokensFixture.looked(StudyFixture(layers: 1, damps: [0.01]).build())
    for index in study.trials.indices.dropFirst() { study.trials[index].nextTokens = [] }
    let (html, trials) = try page(study)
    #expect(html.contains("<div class=\"next\" hidden=\"hidden\">"))
    #expect(html.contains("<p class=\"reading no-next\">"))
    #expect(trials.filter { $0["x"] != nil }.compactMap { $0["n"] as? Int } == [0])
  }

  @Test("a study without prompts says why there is nothing")
  func none() throws {
    let (html, trials) = try page(HTMLReportTests.small.build())
    #expect(html.contains("this study looks behind no prompts"))
    #expect(trials.allSatisfy { $0["x"] == nil })
    // Prompts of which the base knows nothing, as where no pass has ended yet.
    var study = NextTokensFixture.study
    study.baseNextTokens = []
    #expect(try page(study).html.contains("this study looks behind no prompts"))
  }

  @Test("what other trials need stays small, however many they are")
  func weight() throws {
    let study = StudyFixture(
      layers: 1, bits: [2, 3, 4, 8], groupSizes: [16, 32, 64, 128, 256],
      damps: [0, 0.005, 0.01, 0.1, 0.2], descActs: [false, true]
    ).build()
    for (count, most) in [(1, 120_000), (5, 200_000)] {
      var many = study
      many.trials = (0..<count).flatMap { round in
        study.trials.map { trial in
          var trial = trial
          trial.number += 1000 * round
          return trial
        }
      }
      let page = HTMLReport.text(NextTokensFixture.looked(many))
      let added = page.utf8.count - HTMLReport.text(many).utf8.count
      #expect(many.trials.count >= 200 * count && added < most, "\(added)")
      #expect(page.contains("next_tokens.csv of tenbin report csv has them"))
    }
  }
}
