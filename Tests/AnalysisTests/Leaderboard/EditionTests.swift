import Analysis
import Basics
import Foundation
import TestSupport
import Testing

/// The two editions of the leaderboard by their own published numbers.
@Suite("Editions of the leaderboard")
struct EditionTests {
  /// Rows of the table of 4 as wandb/llm-leaderboard publishes it (scripts/analysis, 2025-08).
  static let four = """
    model_name,JA,model_size_category,TOTAL_SCORE,汎用的言語性能(GLP)_AVG,GLP_応用的言語性能,GLP_推論能力,GLP_知識・質問応答,GLP_基礎的言語性能,GLP_アプリケーション開発,GLP_表現,GLP_翻訳,GLP_情報検索,GLP_抽象的推論,GLP_論理的推論,GLP_数学的推論,GLP_一般的知識,GLP_専門的知識,GLP_意味解析,GLP_構文解析,GLP_コーディング,GLP_関数呼び出し,アラインメント(ALT)_AVG,ALT_制御性,ALT_倫理・道徳,ALT_毒性,ALT_バイアス,ALT_真実性,ALT_堅牢性,AVG_mtbench,model_size,model_release_date
    Qwen/Qwen3-32B,0,Large (30B+),0.7058204026,0.6823796063,0.8751005455,0.6327777778,0.5817925,0.7888333333,0.5333938746,0.9433333333,0.8956183033,0.78635,0.1,0.855,0.9433333333,0.591285,0.5723,0.796,0.7816666667,0.4760470085,0.5907407407,0.786937242,0.799437421,0.9,0.8090067595,0.7619047619,0.5612745098,0.89,0.92625,32762123264,1741219200000
    Qwen/QwQ-32B: reasoning-enabled,0,Large (30B+),0.6961270784,0.681385251,0.8842132899,0.6205555556,0.5774591667,0.7836666667,0.5410315764,0.9616666667,0.9014232029,0.78955,0.09,0.87,0.9016666667,0.601085,0.5538333333,0.794,0.7733333333,0.5240384615,0.5580246914,0.7666344241,0.7629677623,0.92,0.81063883,0.8055813953,0.5206185567,0.78,0.935625,32763876352,1741219200000
    meta-llama/Llama-3.2-3B-Instruct,0,Small (<10B),0.413457596,0.3464602591,0.6266524373,0.2027777778,0.2132908333,0.4251666667,0.2644135802,0.3316666667,0.8599156453,0.688375,0.04,0.325,0.2433333333,0.249515,0.1770666667,0.237,0.6133333333,0.135,0.3938271605,0.5626038097,0.5291039823,0.79,0.4049584258,0.8818181818,0.324742268,0.445,0.39625,3212749824,null

    """

  private func imported(_ text: String, _ name: String) throws -> LeaderboardExport {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: url)
      return try LeaderboardExport(url)
    }
  }

  @Test("4's averages come out of its categories to ten decimals, its weighted total included")
  func averages() throws {
    let table = try imported(Self.four, "four.csv").table
    #expect(Set(table.scores.map(\.model)).count == 3)
    #expect(table.scores.count { $0.model == "Qwen/Qwen3-32B" && $0.group != "average" } == 18)
    let printed = table.recomputed().filter { $0.printed != nil }
    // GLP, ALT, five parts and the total of each.
    #expect(printed.count == 3 * 8)
    for average in printed {
      #expect(abs(average.value - (average.printed ?? 0)) < 2e-10, "\(average)")
      #expect(average.missing.isEmpty && !average.contradicts)
    }
    // The mean of the two groups, which a run logs and the table does not have.
    let more = try #require(
      table.estimates().last {
        $0.score.model == "Qwen/Qwen3-32B" && $0.score.category == "TOTAL_AVG"
      })
    #expect(abs(more.score.value - (0.6823796063 + 0.786937242) / 2) < 1e-9)
  }

  @Test("categories of one name have the items of their edition")
  func items() throws {
    let table = try imported(Self.four, "four.csv").table
    func items(_ category: String) -> Double? {
      table.estimates().first { $0.score.category == category }?.items
    }
    // Three columns of 100; in 3 it is six, three of 20.
    #expect(items("構文解析") == 300 && items("倫理・道徳") == 100 && items("真実性") == 582)
    #expect(items("コーディング") == nil && items("毒性") == nil)
    let robust = try #require(
      table.comparisons().first {
        $0.first.category == "堅牢性" && $0.second.model.hasSuffix("3B-Instruct")
      })
    // By hand: √((.89·.11 + .445·.555)/100) = .0587.
    #expect(abs((robust.stderr ?? 0) - 0.0587) < 1e-4 && robust.verdict == .exceeds)
    let total = try #require(table.comparisons().first { $0.first.category == "TOTAL_SCORE" })
    #expect(total.interval == nil, "the error of some categories is not known")
  }

  @Test("the error of an average follows its categories' weights")
  func errorOfAverage() throws {
    let table = try imported(Self.four, "four.csv").table
    let estimates = table.estimates().filter { $0.score.model == "Qwen/Qwen3-32B" }
    func stderr(_ category: String) -> Double? {
      estimates.first { $0.score.category == category }?.stderr
    }
    let parts = try ["意味解析", "構文解析"].map { try #require(stderr($0)) }
    let expected = ((parts[0] * parts[0] + parts[1] * parts[1]) / 4).squareRoot()
    #expect(abs(try #require(stderr("GLP_基礎的言語性能")) - expected) < 1e-12)
    #expect(stderr("GLP_アプリケーション開発") == nil)
  }

  @Test(
    "a total that its categories do not give is noticed; a missing category is left out by the rule"
  )
  func contradiction() throws {
    let wrong = Self.four.replacing("0.7058204026,0.6823796063", with: "0.7158204026,0.6823796063")
    let found = try imported(wrong, "four.csv").table.recomputed().filter(\.contradicts)
    #expect(found.map(\.average) == ["TOTAL_SCORE"])
    #expect(abs((found.first?.value ?? 0) - 0.7058204026) < 1e-9)
    // 基礎的言語性能 without 意味解析 is 構文解析 alone.
    let less = Self.four.replacing("0.5723,0.796,", with: "0.5723,null,")
    let part = try imported(less, "four.csv").table.recomputed().first {
      $0.average == "GLP_基礎的言語性能"
    }
    #expect(part?.missing == ["意味解析"] && part?.contradicts == false)
    #expect(abs((part?.value ?? 0) - 0.7816666667) < 1e-12)
  }

  @Test("the tables of a card, models in rows or in columns, as people format them")
  func cards() throws {
    let rows = try imported(
      """
      # A card

      | model | GLP_表現 | **GLP_英語** | ALT_堅牢性 | AVG_mtbench |
      |:--|--:|--:|--:|--:|
      | `base` | 0.83 | **0.7754** | 0.6 ± 0.03 | 8.1 |
      | int8 | 0.79 | 0.7316 | – | 7.9 |

      | setting | value |
      | - | - |
      | bits | 8 |
      """, "README.md"
    ).scores
    #expect(rows.count == 5)
    #expect(rows.map(\.group) == ["GLP", "GLP", "ALT", "GLP", "GLP"])
    #expect(rows.map(\.value) == [0.83, 0.7754, 0.6, 0.79, 0.7316])
    let columns = try imported(
      """
      | カテゴリ | base | int8 | int8 − base | 差 ± 標準誤差 | 判定 |
      | --- | --- | --- | --- | --- | --- |
      | 表現 | 0.83 | 0.79 | -0.04 | 0.01 ± 0.02 | 区別できない |
      | 英語 | 0.7754 | 0.7316 | -0.0438 | 0.02 ± 0.04 | 区別できない |
      | 汎用的言語性能（GLP）_AVG | 0.8 | 0.76 | -0.04 | | |
      """, "README.md"
    ).scores
    #expect(columns.map(\.model) == ["base", "base", "base", "int8", "int8", "int8"])
    #expect(columns.map(\.group) == ["GLP", "GLP", "average", "GLP", "GLP", "average"])
    #expect(columns.last?.category == "汎用的言語性能(GLP)_AVG")
  }

  @Test("what is refused, word for word")
  func refused() throws {
    func refusal(_ text: String, _ name: String) throws -> String {
      try withTemporaryDirectory { folder in
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        let error = #expect(throws: InputError.self) { try LeaderboardExport(url) }
        return try #require(error).description.replacing(folder.path + "/", with: "")
      }
    }
    #expect(
      try refusal("| model | GLP_表現 |\n| - | - |\n| a | 83.1 |\n", "card.md") == """
        error: import the leaderboard scores of card.md
          found: 83.1 for 表現 of a
          hint: scores of the leaderboard are between 0 and 1
        """)
    #expect(
      try refusal("# nothing here\n", "card.md") == """
        error: import the leaderboard scores of card.md
          found: no table with categories of the leaderboard
          hint: columns or rows are named GLP_表現, ALT_堅牢性 and so on, with a model for each score
        """)
    let missing = #expect(throws: InputError.self) {
      try LeaderboardExport(URL(fileURLWithPath: "/nowhere/scores.csv"))
    }
    #expect(
      missing?.description == """
        error: import the leaderboard scores of /nowhere/scores.csv
          found: no such file or folder
          hint: give the folder of the artifacts, a CSV of the leaderboard, or a model card (.md)
        """)
  }

  @Test(
    "the published averages of 3 are those of their categories, and the order of rounding matters")
  func three() throws {
    let url = Repository.root.appendingPathComponent("notebooks-data/nejumi-scores.csv")
    let averages = try ScoreTable(url).recomputed()
    // Six models, one of them on two pages' worth of rows once each, three averages.
    #expect(averages.count == 18 && averages.allSatisfy { !$0.contradicts && $0.missing.isEmpty })
    let int4 = try #require(
      averages.first {
        $0.model.contains("70B") && $0.model.contains("Int4") && $0.average == "TOTAL_AVG"
      })
    // From its printed GLP and ALT it would be .6872.
    #expect(abs(int4.value - 0.68713) < 1e-5 && int4.printed == 0.6871)
  }
}
