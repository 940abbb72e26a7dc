import Analysis
import Foundation

/// Leaderboard comparisons as tables, in English or Japanese.
public struct LeaderboardWords: Sendable {
  private let language: CardLanguage

  /// Words of `language`.
  public init(_ language: CardLanguage) {
    self.language = language
  }

  private var isJapanese: Bool { language == .ja }

  private static let japaneseTitles = [
    "model_a": "モデルA", "variant_a": "種別A", "model_b": "モデルB", "variant_b": "種別B",
    "category_group": "区分", "category": "カテゴリ", "score_a": "スコアA", "score_b": "スコアB",
    "difference": "差 ± 標準誤差", "ci_low": "95 %下限", "ci_high": "95 %上限", "items": "問題数",
    "item_step": "1問の幅", "steps": "差(問・点)", "verdict": "判定",
    "pairing_could_decide": "対応比較で決まりうる", "tasks": "タスク", "better": "勝ち", "worse": "負け",
    "sign_test_p": "符号検定p", "independent_items": "独立な問題数", "score_stderr": "標準誤差",
    "recomputed": "再計算値", "model": "モデル", "variant": "種別", "score": "スコア",
  ]

  private func column(_ key: String) -> Table.Column {
    Table.Column(key, title: isJapanese ? Self.japaneseTitles[key] : nil)
  }

  /// What a verdict is called.
  public func verdict(_ verdict: ScoreComparison.Verdict) -> String {
    guard isJapanese else { return verdict.rawValue }
    return switch verdict {
    case .exceeds: "誤差を超える"
    case .withinError: "区別できない"
    case .belowResolution: "分解能未満"
    case .unknown: "不明"
    }
  }

  /// Comparisons of published scores, one a row.
  public func table(_ comparisons: [ScoreComparison]) -> Table {
    let keys = [
      "model_a", "variant_a", "model_b", "variant_b", "category_group", "category", "score_a",
      "score_b", "difference", "ci_low", "ci_high", "items", "item_step", "steps", "verdict",
      "pairing_could_decide",
    ]
    return Table(
      columns: keys.map(column),
      rows: comparisons.map { comparison in
        [
          .text(comparison.first.model), .text(comparison.first.variant),
          .text(comparison.second.model), .text(comparison.second.variant),
          .text(comparison.first.group), .text(comparison.first.category),
          .number(comparison.first.value, .decimals(4)),
          .number(comparison.second.value, .decimals(4)),
          comparison.stderr.map { .estimate(comparison.difference, stderr: $0) }
            ?? .number(comparison.difference, .decimals(4)),
          number(comparison.interval?.lowerBound, 4), number(comparison.interval?.upperBound, 4),
          number(comparison.items, 0), number(comparison.step, 5),
          comparison.steps.map { .integer($0) } ?? .missing,
          .text(verdict(comparison.verdict)), .flag(comparison.pairingCouldDecide),
        ]
      })
  }

  /// Paired comparisons, one a row.
  public func table(_ comparisons: [PairedComparison]) -> Table {
    let keys = [
      "model_a", "model_b", "category", "tasks", "items", "score_a", "score_b", "difference",
      "ci_low", "ci_high", "better", "worse", "sign_test_p", "verdict",
    ]
    return Table(
      columns: keys.map(column),
      rows: comparisons.map { comparison in
        [
          .text(comparison.first), .text(comparison.second), .text(comparison.category),
          .text(comparison.tasks.joined(separator: " ")), .integer(comparison.items),
          .number(comparison.firstScore, .decimals(4)),
          .number(comparison.secondScore, .decimals(4)),
          .estimate(comparison.difference, stderr: comparison.stderr),
          number(comparison.interval.lowerBound, 4), number(comparison.interval.upperBound, 4),
          .integer(comparison.better), .integer(comparison.worse),
          .number(comparison.signTestP, .significant(2)), .text(verdict(comparison.verdict)),
        ]
      })
  }

  /// Scores with their errors, in the columns that `leaderboard compare` reads and some more.
  public func table(_ estimates: [ScoreTable.Estimate]) -> Table {
    let keys = [
      "model", "variant", "category_group", "category", "score", "scale_max", "items",
      "item_step", "independent_items", "score_stderr", "ci_low", "ci_high", "recomputed", "source",
    ]
    return Table(
      columns: keys.map(column),
      rows: estimates.map { estimate in
        let score = estimate.score
        return [
          .text(score.model), .text(score.variant), .text(score.group), .text(score.category),
          .number(score.value, .decimals(4)), .integer(1), number(score.items, 0),
          number(score.step, 5), number(estimate.items, 0), number(estimate.stderr, 4),
          number(estimate.interval?.lowerBound, 4), number(estimate.interval?.upperBound, 4),
          number(estimate.recomputed, 4), .text(score.source),
        ]
      })
  }

  /// What a page prints as an average, and its categories do not give.
  public func contradiction(_ average: ScoreTable.Recomputed) -> String {
    let printed = NumberText.fixed(average.printed ?? .nan, 4)
    let value = NumberText.fixed(average.value, 4)
    return isJapanese
      ? "\(average.model)：\(average.average) は \(printed) と記載されていますが、カテゴリからは \(value) になります"
      : "\(average.model): \(average.average) is printed as \(printed), its categories give \(value)"
  }

  /// How many comparisons have each verdict.
  public func summary(_ comparisons: [ScoreComparison]) -> String {
    let counts = ScoreComparison.Verdict.allCases.compactMap { kind -> String? in
      let count = comparisons.count { $0.verdict == kind }
      guard count > 0 else { return nil }
      return isJapanese ? "\(verdict(kind)) \(count)件" : "\(count) \(verdict(kind))"
    }
    return isJapanese
      ? "\(comparisons.count)件の差：" + counts.joined(separator: "、")
      : "\(comparisons.count) differences: " + counts.joined(separator: ", ")
  }

  private func number(_ value: Double?, _ decimals: Int) -> Table.Cell {
    value.map { .number($0, .decimals(decimals)) } ?? .missing
  }
}
