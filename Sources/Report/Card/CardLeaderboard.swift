import Analysis

/// The scores that a leaderboard's page prints for a model of a name, beside its base where the page
/// has that: differences with their errors, and averages by the leaderboard's rules.
public struct CardLeaderboard: Sendable {
  /// The model's name there.
  public let model: String
  /// The base's name there; nil: the page has none.
  public let base: String?
  /// Where the scores are from: an address, or a file.
  public let source: String
  /// What the page says of the quantization.
  public let settings: CardFacts.Rows
  private let page: ScoreTable

  /// The scores of `model` in `table`; nil where it has none. The base is `base` where the page has its
  /// scores, else the page's variant `base`.
  public init?(_ table: ScoreTable, model: String, base: String?) {
    guard let first = table.scores.first(where: { $0.model == model }) else { return nil }
    let others = table.scores.filter { $0.source == first.source && $0.model != model }
    let named = others.first { $0.model == base } ?? others.first { $0.variant == "base" }
    self.model = model
    self.base = first.variant == "base" ? nil : named?.model
    source = first.source
    settings = table.settings[model] ?? []
    let baseName = self.base
    page = ScoreTable(
      scores: table.scores.filter { $0.source == first.source && $0.model == model }
        + others.filter { $0.model == baseName })
  }

  /// Bits of the quantization, as the page has them.
  var bits: Int? { settings.first { $0.key == "bits" }.flatMap { Int($0.value) } }

  /// The section.
  func text(_ words: CardWords) -> String {
    let estimates = page.estimates()
    let own = estimates.filter { $0.score.model == model }
    let differences = page.comparisons()
    let names = LeaderboardWords(words.language)
    func number(_ value: Double?) -> Table.Cell {
      value.map { .text(NumberText.fixed($0, 4)) } ?? .missing
    }
    var columns = [words.pick("category", "カテゴリ"), model]
    if let base {
      columns += [
        base, words.pick("difference", "差"),
        words.pick("verdict", "判定"),
      ]
    } else {
      columns.append(words.pick("standard error", "標準誤差"))
    }
    let rows = own.map { estimate -> [Table.Cell] in
      let score = estimate.score
      let name = score.group == "average" ? score.category : "\(score.group)_\(score.category)"
      let found = differences.first {
        $0.first.category == score.category && $0.first.group == score.group
      }
      guard base != nil else { return [.text(name), number(score.value), number(estimate.stderr)] }
      return [
        .text(name), number(score.value), number(found?.second.value),
        found.map { difference in
          difference.stderr.map { .estimate(difference.difference, stderr: $0) }
            ?? number(difference.difference)
        } ?? .missing,
        .text(found.map { names.verdict($0.verdict) } ?? ""),
      ]
    }
    var parts = [words.published(source), CardMarkup.table(columns, rows), words.publishedNote]
    let wrong = page.recomputed().filter { $0.contradicts && $0.model == model }
    parts += wrong.map { names.contradiction($0) }
    return parts.joined(separator: "\n\n")
  }
}
