import Analysis
import Foundation
import Report
import TestSupport
import Testing

/// Published scores on a page, and in a card of their own.
@Suite("Leaderboard pages and cards")
struct LeaderboardPageTests {
  private static let int8 = "nejumi/Llama-3.1-70B-Japanese-Instruct-2407-GPTQ-Int8-calib-ja-1k"
  private static let base = "cyberagent/Llama-3.1-70B-Japanese-Instruct-2407"

  private func table() throws -> ScoreTable {
    try ScoreTable(Repository.root.appendingPathComponent("notebooks-data/nejumi-scores.csv"))
  }

  /// The scores of one page, the base last.
  private func page() throws -> ScoreTable {
    let scores = try table().scores.filter { $0.source.contains("70B") }
    return ScoreTable(
      scores: scores.filter { $0.model != Self.base } + scores.filter { $0.model == Self.base })
  }

  @Test(
    "a radar of every category, and beside it each difference with its interval",
    arguments: CardLanguage.allCases)
  func page(language: CardLanguage) throws {
    let html = try #require(
      LeaderboardPage.text(try page(), base: Self.base, toolVersion: "1", language: language))
    let wide = try #require(html.firstMatch(of: /viewBox="0 0 1000 (?s:.*?)<\/svg>/)).0
    // Every axis is named twice: at the radar's rim and beside the differences.
    for axis in ["表現", "翻訳", "推論", "堅牢性", "真実性"] {
      #expect(wide.matches(of: try Regex(">\(axis)</text>")).count == 2, "\(axis)")
    }
    #expect(wide.matches(of: /class="line (base|gptq|fault)"/).count == 3)
    #expect(wide.components(separatedBy: "class=\"mark ").count == 33)
    // Three categories have no known error: no whisker for two models.
    #expect(wide.matches(of: /class="whisker"/).count == 26)
    #expect(wide.matches(of: /<g class="strong">/).count == 1)
    #expect(html.contains("誤差を超える 1件") && html.contains("1 exceeds"))
    #expect(html.contains("<html lang=\"\(language.rawValue)\">"))
    #expect(html.contains("-0.0905"))
  }

  @Test("a page needs another model with categories in common")
  func nothingToDraw() throws {
    let alone = ScoreTable(scores: try page().scores.filter { $0.model == Self.base })
    #expect(LeaderboardPage.text(alone, base: Self.base, toolVersion: "1") == nil)
    #expect(LeaderboardPage.text(try page(), base: "nobody", toolVersion: "1") == nil)
  }

  @Test(
    "the published card comes out of notebooks-data, with what it lacked",
    arguments: CardLanguage.allCases)
  func publishedCard(language: CardLanguage) throws {
    let scores = try #require(CardLeaderboard(try table(), model: Self.int8, base: nil))
    #expect(scores.base == Self.base)
    let subject = ModelCard.Subject(
      name: Self.int8, baseModel: scores.base, license: "llama3.1", languages: ["ja", "en"])
    let text = ModelCard(scores, subject: subject).markdown(language)
    try Snapshot.check(text, "card-published.\(language.rawValue).md")
  }

  @Test("an average that its categories do not give is said in the card")
  func wrongAverage() throws {
    let scores = try table().scores.map { score in
      guard score.model == Self.int8, score.category == "TOTAL_AVG" else { return score }
      return try ScoreTable(
        csv: "model,variant,category_group,category,score,source\n"
          + "\(score.model),Int8,average,TOTAL_AVG,0.6999,\(score.source)\n", name: "test"
      ).scores[0]
    }
    let card = try #require(
      CardLeaderboard(ScoreTable(scores: scores), model: Self.int8, base: nil))
    let text = ModelCard(card, subject: .init(name: Self.int8)).markdown(.en)
    #expect(text.contains("TOTAL_AVG is printed as 0.6999, its categories give 0.6728"))
  }
}
