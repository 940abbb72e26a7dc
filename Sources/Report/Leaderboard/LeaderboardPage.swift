import Analysis

/// Comparisons of leaderboard scores as one self-contained page: a radar with the differences beside
/// it, and a table of every difference with its verdict.
public enum LeaderboardPage {
  /// The page of the models of `table`, which are held against `base`; nil where nothing can be drawn.
  public static func text(
    _ table: ScoreTable, base: String, toolVersion: String, language: CardLanguage = .en
  ) -> String? {
    guard let plot = LeaderboardPlot(table, base: base) else { return nil }
    let comparisons = table.comparisons().filter { $0.second.model == base }
    let heading = Bilingual("Every difference", "すべての差")
    let figure = plot.figure
    return HTMLPage(
      language: language, version: toolVersion,
      title: Bilingual("Leaderboard scores against \(base)", "リーダーボードのスコア：\(base) との比較"),
      summary: Bilingual { LeaderboardWords($0).summary(comparisons) },
      places: [
        .init(id: figure.id, name: figure.title), .init(id: "differences", name: heading),
      ], style: LeaderboardPlot.style
    ).text(
      """
      {{{figure}}}
      <section id="differences">
      <h2>{{{heading}}}</h2>
      {{{table}}}
      </section>

      """,
      [
        "figure": FigureMarkup.html(figure),
        "heading": heading.html,
        "table": TableMarkup.filter + rows(comparisons),
      ])
  }

  private static func rows(_ comparisons: [ScoreComparison]) -> String {
    func number(_ value: Double?) -> TableMarkup.Cell {
      .number(value.map { NumberText.fixed($0, 4) } ?? "", value)
    }
    return TableMarkup.table(
      [
        .init(Bilingual("model", "モデル")), .init(Bilingual("category", "カテゴリ")),
        .init(Bilingual("score", "スコア"), isNumeric: true),
        .init(Bilingual("base", "比較元"), isNumeric: true),
        .init(Bilingual("difference", "差"), isNumeric: true),
        .init(Bilingual("standard error", "標準誤差"), isNumeric: true),
        .init(Bilingual("95 % from", "95 % 下限"), isNumeric: true),
        .init(Bilingual("to", "上限"), isNumeric: true), .init(Bilingual("verdict", "判定")),
      ],
      comparisons.map { found in
        .init([
          .text(found.first.model, style: "name"), .text(found.first.category),
          number(found.first.value), number(found.second.value), number(found.difference),
          number(found.stderr), number(found.interval?.lowerBound),
          number(found.interval?.upperBound),
          .text(Bilingual { LeaderboardWords($0).verdict(found.verdict) }),
        ])
      })
  }
}
