/// The editions of the Nejumi LLM Leaderboard whose categories and averages are known.
public enum LeaderboardEdition: String, Sendable, CaseIterable {
  /// 3: ten categories of GLP, six of ALT, all of one weight in their group.
  case three = "3"
  /// 4: twelve categories of GLP in five parts, six of ALT.
  case four = "4"

  /// The edition that only one of has such categories; nil where `categories` decide nothing.
  init?(categories: some Sequence<String>) {
    let names = Set(categories)
    let found = Self.allCases.filter { edition in
      let others = Self.allCases.filter { $0 != edition }.flatMap(\.names)
      return !names.isDisjoint(with: Set(edition.names).subtracting(others))
    }
    guard found.count == 1 else { return nil }
    self = found[0]
  }

  /// The categories of a group, in their order.
  func categories(_ group: String) -> [String] {
    group == "ALT" ? Self.alignment : parts.flatMap(\.categories)
  }

  /// The group of a category; nil where this edition has none of that name.
  func group(of category: String) -> String? {
    ["GLP", "ALT"].first { categories($0).contains(category) }
  }

  /// The parts of GLP between its average and its categories: those of 3 have no names.
  var parts: [(name: String, weight: Double, categories: [String])] {
    switch self {
    case .three:
      [
        (
          "", 1,
          ["表現", "翻訳", "情報検索", "推論", "数学的推論", "抽出", "知識・質問応答", "英語", "意味解析", "構文解析"]
        )
      ]
    case .four:
      [
        ("応用的言語性能", 1, ["表現", "翻訳", "情報検索"]),
        ("推論能力", 2, ["抽象的推論", "論理的推論", "数学的推論"]),
        ("知識・質問応答", 2, ["一般的知識", "専門的知識"]),
        ("基礎的言語性能", 1, ["意味解析", "構文解析"]),
        ("アプリケーション開発", 2, ["コーディング", "関数呼び出し"]),
      ]
    }
  }

  private static let alignment = ["制御性", "倫理・道徳", "毒性", "バイアス", "堅牢性", "真実性"]

  /// What tells an edition: categories and parts.
  private var names: [String] {
    parts.flatMap { [$0.name] + $0.categories }.filter { !$0.isEmpty }
  }

  /// The averages that it prints.
  ///
  /// 4's `TOTAL_AVG` is what it logs for a run, the mean of the two groups; its table has `TOTAL_SCORE`,
  /// which weights the parts of GLP by 1 or 2 and each category of ALT by 1. The weights are those with
  /// which all rows of the published table come out to ten decimals.
  var averages: [LeaderboardAverage] {
    let glp = parts.map { part in
      LeaderboardAverage.Part.mean(part.categories.map { (1, .category("GLP", $0)) })
    }
    let alt = Self.alignment.map { LeaderboardAverage.Part.category("ALT", $0) }
    let groups: [LeaderboardAverage.Part] = [.even(glp), .even(alt)]
    var averages = [
      LeaderboardAverage(name: LeaderboardAverage.glp, root: groups[0]),
      LeaderboardAverage(name: LeaderboardAverage.alt, root: groups[1]),
      LeaderboardAverage(name: "TOTAL_AVG", root: .even(groups)),
    ]
    for (part, mean) in zip(parts, glp) where !part.name.isEmpty {
      averages.append(LeaderboardAverage(name: "GLP_" + part.name, root: mean))
    }
    if self == .four {
      averages.append(
        LeaderboardAverage(
          name: "TOTAL_SCORE",
          root: .mean(zip(parts.map(\.weight), glp).map { ($0, $1) } + alt.map { (1, $0) })))
    }
    return averages
  }
}
