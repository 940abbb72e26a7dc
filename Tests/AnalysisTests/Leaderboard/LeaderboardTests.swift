import Analysis
import Basics
import Foundation
import TestSupport
import Testing

@Suite("Leaderboard scores")
struct LeaderboardTests {
  @Test("Wilson and Newcombe intervals: the worked example of Newcombe 1998, 56/70 against 48/80")
  func intervals() {
    let first = WilsonInterval(56.0 / 70, items: 70)
    #expect(abs(first.low - 0.6919) < 1e-3)
    #expect(abs(first.high - 0.8775) < 1e-3)
    // Equal sizes, by hand: p = .5, q = .4, n = 100: l₁ .4038, u₁ .5962, l₂ .3094, u₂ .4980.
    let (low, high) = WilsonInterval.difference(0.5, 0.4, items: 100)
    #expect(abs(low - -0.0371) < 2e-3)
    #expect(abs(high - 0.2325) < 2e-3)
  }

  static let header =
    "model,variant,category_group,category,score,scale_max,items,item_step,source\n"

  static func comparison(_ a: Double, _ b: Double, items: Int?) throws -> ScoreComparison {
    let count = items.map(String.init) ?? ""
    let csv =
      header + "m,Int8,GLP,x,\(a),1,\(count),,p\n"
      + "\"n, the other\",base,GLP,x,\(b),1,\(count),,p\n"
    let found = try ScoreTable(csv: csv, name: "test").comparisons()
    return try #require(found.first)
  }

  @Test("a CSV as Excel saves it, with a byte order mark, and one that is something else")
  func encodings() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("scores.csv")
      let csv = Data((Self.header + "m,Int8,GLP,x,0.5,1,,,p\r\n").utf8)
      try (Data(TextDecoding.byteOrderMark) + csv).write(to: url)
      #expect(try ScoreTable(url).scores.map(\.model) == ["m"])
      try Data("<!doctype html>".utf8).write(to: url)
      let error = #expect(throws: InputError.self) { try ScoreTable(url) }
      #expect(error?.found == "an HTML page")
    }
  }

  @Test(
    "verdicts",
    arguments: [
      (0.5, 0.8, 100 as Int?, ScoreComparison.Verdict.exceeds), (0.5, 0.55, 100, .withinError),
      (0.5, 0.55, 10_000, .exceeds), (0.5, 0.50004, 100, .belowResolution),
      (0.5, 0.8, nil, .unknown), (0.0, 0.0, 100, .belowResolution), (1.0, 0.99, 100, .withinError),
    ])
  func verdicts(a: Double, b: Double, items: Int?, verdict: ScoreComparison.Verdict) throws {
    let found = try Self.comparison(a, b, items: items)
    #expect(found.verdict == verdict)
    #expect(found.second.model == "n, the other")
    #expect(found.stderr.map { $0 >= 0 } ?? (items == nil))
  }

  @Test("the standard error by hand: √((.5·.5 + .4·.6)/100) = .07")
  func standardError() throws {
    let found = try Self.comparison(0.5, 0.4, items: 100)
    #expect(abs((found.stderr ?? 0) - 0.07) < 1e-12)
    #expect(found.pairingCouldDecide)
    #expect(try !Self.comparison(0.5, 0.46, items: 100).pairingCouldDecide)
  }

  @Test("the published scores: one category of Int8 against base exceeds, the rest does not")
  func published() throws {
    let url = Repository.root.appendingPathComponent("notebooks-data/nejumi-scores.csv")
    let all = try ScoreTable(url).comparisons()
    let mine = all.filter {
      $0.first.model.contains("70B") && $0.first.variant == "Int8" && $0.second.variant == "base"
    }
    #expect(mine.count >= 19)
    #expect(mine.filter { $0.verdict == .exceeds }.map(\.first.category) == ["堅牢性"])
    let english = try #require(mine.first { $0.first.category == "英語" })
    #expect(english.items == 285)
    // By hand: √((.7316·.2684 + .7754·.2246)/285) = .03602; −.0438 is 1.2 of it.
    #expect(abs((english.stderr ?? 0) - 0.03602) < 1e-4)
    #expect(english.verdict == .withinError)
    #expect(english.pairingCouldDecide)
    let reasoning = try #require(mine.first { $0.first.category == "推論" })
    #expect(reasoning.items == 10)
    #expect(!reasoning.pairingCouldDecide)
    let toxicity = try #require(mine.first { $0.first.category == "毒性" })
    #expect(toxicity.verdict == .unknown)
  }

  @Test("published scores lie on the lattices that the item counts give, and averages reproduce")
  func lattices() throws {
    let url = Repository.root.appendingPathComponent("notebooks-data/nejumi-scores.csv")
    let table = try ScoreTable(url)
    for page in Set(table.scores.map(\.source)) {
      let scores = table.scores.filter { $0.source == page }
      for (category, n) in [
        ("英語", 570), ("意味解析", 1000), ("堅牢性", 530), ("数学的推論", 600), ("表現", 600),
        ("推論", 200), ("真実性", 582), ("倫理・道徳", 100),
      ] {
        let values = scores.filter { $0.category == category }.map(\.value)
        #expect(!values.isEmpty && ScoreLattice.fits(values, n), "\(category) \(page)")
        #expect(scores.filter { $0.category == category }.allSatisfy { $0.items == Double(n) })
      }
      for model in Set(scores.map(\.model)) {
        let mine = scores.filter { $0.model == model }
        func printed(_ name: String) throws {
          let average = try #require(mine.first { $0.category == name })
          // Half of the last decimal: the page rounds once, from the unrounded categories.
          let value = try #require(ScoreTable.unrounded(average, mine))
          #expect(abs(value - average.value) < 0.6e-4, "\(model) \(name)")
        }
        try printed("汎用的言語性能(GLP)_AVG")
        try printed("アラインメント(ALT)_AVG")
        try printed("TOTAL_AVG")
      }
    }
    // 英語 fits no lattice of half as many answers, 真実性 none of one more or less.
    let english = table.scores.filter { $0.category == "英語" }.map(\.value)
    #expect(!ScoreLattice.fits(english, 285))
    let truth = table.scores.filter { $0.category == "真実性" }.map(\.value)
    #expect(!ScoreLattice.fits(truth, 581) && !ScoreLattice.fits(truth, 583))
    #expect(ScoreLattice.chance(582, scores: 6) < 1e-7)
  }

  @Test(
    "differences in answers: 英語 of Int8 is 25 of 570 below the base, Int4's 真実性 12 of 582 above")
  func steps() throws {
    let url = Repository.root.appendingPathComponent("notebooks-data/nejumi-scores.csv")
    let all = try ScoreTable(url).comparisons().filter {
      $0.first.model.contains("70B") && $0.second.variant == "base"
    }
    func steps(_ variant: String, _ category: String) throws -> Int? {
      try #require(all.first { $0.first.variant == variant && $0.first.category == category }).steps
    }
    #expect(try steps("Int8", "英語") == -25)
    #expect(try steps("Int4", "真実性") == 12)
    #expect(try steps("Int4", "推論") == 10)
    #expect(try steps("Int8", "倫理・道徳") == -1)
    let total = try #require(
      all.first { $0.first.variant == "Int8" && $0.first.category == "TOTAL_AVG" })
    // .67282 − .69790 of the unrounded averages.
    #expect(abs(total.difference - -0.02508) < 2e-5)
  }

  @Test(
    "files that are no scores",
    arguments: [
      "", "model\n", header + "m,Int8,GLP,x,high,1,,,p\n", header + "m,Int8,GLP\n",
      header + "m,Int8,GLP,x,1.5,1,,,p\n", header + "m,Int8,GLP,x,nan,1,,,p\n",
    ])
  func refused(csv: String) {
    #expect(throws: InputError.self) { try ScoreTable(csv: csv, name: "test").comparisons() }
  }
}
