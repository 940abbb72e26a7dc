import Calib

/// A calibration set as one self-contained page: what it holds, by length, script, source and rule,
/// and texts to read with where they come from.
public enum CalibrationPage {
  /// The page of `set`, called `name`, with at most `samples` texts spread over it. It opens in
  /// `language`; its reader may change that.
  public static func text(
    _ set: CalibrationSet, name: String, samples: Int = 12, language: CardLanguage = .en
  ) -> String {
    let statistics = SetStatistics(set)
    let groups: [(id: String, name: Bilingual, shares: [SetStatistics.Share])] = [
      ("lengths", Bilingual("Tokens per document", "文書あたりのトークン数"), statistics.lengths),
      ("scripts", Bilingual("Scripts", "文字種"), statistics.scripts),
      ("sources", Bilingual("Sources", "ソース"), statistics.sources),
      ("residue", Bilingual("Traces of markup", "マークアップの残り"), statistics.residue),
      ("rules", Bilingual("Rows that pass each rule", "各規則を満たす行"), statistics.passRates),
      ("lost", Bilingual("Rows left out", "除いた行"), statistics.lost),
    ].filter { !$0.shares.isEmpty }
    let facts = Bilingual("Facts", "概要")
    let texts = Bilingual("Texts to read", "実際のテキスト")
    let values: [String: Any] = [
      "factsHeading": facts.html, "textsHeading": texts.html, "facts": self.facts(set, statistics),
      "groups": groups.map { group in
        ["id": group.id, "title": group.name.html, "rows": group.shares.map(row)] as [String: Any]
      },
      "samples": spread(set, samples),
    ]
    return HTMLPage(
      language: language, version: set.toolVersion, title: Bilingual(name),
      summary: summary(statistics),
      places: [.init(id: "facts", name: facts)]
        + groups.map { .init(id: $0.id, name: $0.name) } + [.init(id: "texts", name: texts)],
      style: bars
    ).text(body, values)
  }

  private static func summary(_ statistics: SetStatistics) -> Bilingual {
    let samples = NumberText.count(statistics.samples)
    let tokens = NumberText.count(statistics.tokens)
    let documents = NumberText.count(statistics.documents)
    return Bilingual(
      "\(samples) samples with \(tokens) tokens from \(documents) documents.",
      "\(documents) 文書から \(samples) サンプル、\(tokens) トークン。")
  }

  private static func facts(
    _ set: CalibrationSet, _ statistics: SetStatistics
  ) -> [[String: String]] {
    let facts: [(Bilingual, String)] = [
      (Bilingual("characters", "文字数"), NumberText.count(statistics.characters)),
      (
        Bilingual("tokens per character", "文字あたりのトークン数"),
        NumberText.significant(statistics.tokensPerCharacter)
      ),
      (
        Bilingual("distinct tokens", "異なるトークン数"), NumberText.count(statistics.distinctTokens)
      ),
      (
        Bilingual("vocabulary coverage", "語彙のカバー率"),
        NumberText.percent(statistics.vocabularyCoverage)
      ),
      (
        Bilingual("documents that repeat an earlier one", "重複する文書"),
        NumberText.count(statistics.duplicateDocuments)
      ),
      (Bilingual("hash of the token ids", "トークン ID のハッシュ"), set.hash),
      ("tenbin", set.toolVersion),
    ]
    return facts.map { ["name": $0.0.html, "value": $0.1] }
  }

  /// Names of scripts in Japanese; sources and rules keep their own.
  private static let japanese = [
    "hiragana": "ひらがな", "katakana": "カタカナ", "kanji": "漢字", "latin": "ラテン文字",
    "digits": "数字", "punctuation and symbols": "句読点・記号", "cut or broken": "途切れた文字",
    "other letters": "その他の文字",
  ]

  private static func row(_ share: SetStatistics.Share) -> [String: String] {
    [
      "name": Bilingual(
        share.name,
        japanese[share.name]
          ?? share.name.replacing(/^(\d+) to (\d+)$/) { "\($0.output.1)～\($0.output.2)" }
      ).html, "count": NumberText.count(share.count),
      "share": NumberText.percent(share.share, 1),
      "width": NumberText.fixed(100 * min(max(share.share, 0), 1), 2),
    ]
  }

  /// Samples at even distances, each with the documents that its tokens come from.
  private static func spread(_ set: CalibrationSet, _ wanted: Int) -> [[String: String]] {
    let count = min(max(wanted, 0), set.samples.count)
    return (0..<count).map { number in
      let index = number * set.samples.count / count
      let sample = set.samples[index]
      let origins: [String] = sample.spans.prefix(4).map { span in
        let document = set.documents[span.document]
        return "\(set.sources[document.source].name):\(document.row) \(document.title)"
      }
      let text = String(String.UnicodeScalarView(sample.text.unicodeScalars.prefix(400)))
      return [
        "index": Bilingual(
          "sample \(index), \(NumberText.count(sample.tokenIDs.count)) tokens",
          "サンプル \(index)、\(NumberText.count(sample.tokenIDs.count)) トークン"
        ).html,
        "origins": origins.joined(separator: "; ").withoutForbidden, "text": text.withoutForbidden,
      ]
    }
  }

  private static let bars = """
    .shares{width:100%;max-width:760px;border-collapse:collapse;font-variant-numeric:tabular-nums}
    .shares td{padding:3px 10px 3px 0;font-size:14.5px;vertical-align:middle;white-space:normal;overflow-wrap:anywhere}
    .shares .n{text-align:right;white-space:nowrap;color:var(--muted)}
    .shares .b{width:45%}.shares i{display:block;height:12px;background:var(--gptq)}
    .facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 18px;margin:0}
    .facts dd{margin:0;overflow-wrap:anywhere}
    blockquote{margin:6px 0 22px;padding:8px 14px;background:var(--wash);white-space:pre-wrap;\
    overflow-wrap:anywhere;max-width:880px}
    @media (max-width:520px){.facts{grid-template-columns:1fr}.facts dd{margin-bottom:8px}}
    """

  private static let body = """
    <section id="facts"><h2>{{{factsHeading}}}</h2><dl class="facts">
    {{#facts}}
    <dt>{{{name}}}</dt><dd>{{value}}</dd>
    {{/facts}}
    </dl></section>
    {{#groups}}
    <section id="{{id}}"><h2>{{{title}}}</h2><table class="shares">
    {{#rows}}
    <tr><td>{{{name}}}</td><td class="n">{{count}}</td><td class="n">{{share}}</td>\
    <td class="b"><i style="width:{{width}}%"></i></td></tr>
    {{/rows}}
    </table></section>
    {{/groups}}
    <section id="texts"><h2>{{{textsHeading}}}</h2>
    {{#samples}}
    <p class="reading">{{{index}}}; {{origins}}</p>
    <blockquote lang="ja">{{text}}</blockquote>
    {{/samples}}
    </section>

    """
}
