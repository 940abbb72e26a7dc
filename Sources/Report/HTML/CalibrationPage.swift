import Calib

/// A calibration set as one self-contained page: what it holds, by length, script, source and rule,
/// and texts to read with where they come from.
public enum CalibrationPage {
  /// The page of `set`, called `name`, with at most `samples` texts spread over it.
  public static func text(_ set: CalibrationSet, name: String, samples: Int = 12) -> String {
    let statistics = SetStatistics(set)
    let groups = [
      ("Tokens a document", statistics.lengths), ("Scripts", statistics.scripts),
      ("Sources", statistics.sources), ("Traces of markup", statistics.residue),
      ("Rows that pass each rule", statistics.passRates), ("Rows left out", statistics.lost),
    ]
    let values: [String: Any] = [
      "facts": facts(set, statistics),
      "groups": groups.filter { !$0.1.isEmpty }.map { title, shares in
        ["title": title, "rows": shares.map(row)] as [String: Any]
      },
      "samples": spread(set, samples),
    ]
    return HTMLPage(
      version: set.toolVersion, title: name, summary: summary(statistics), style: bars
    ).text(body, values)
  }

  private static func summary(_ statistics: SetStatistics) -> String {
    let (samples, tokens) = (statistics.samples, statistics.tokens)
    return "\(NumberText.count(samples)) samples with \(NumberText.count(tokens)) tokens from "
      + "\(NumberText.count(statistics.documents)) documents."
  }

  private static func facts(
    _ set: CalibrationSet, _ statistics: SetStatistics
  ) -> [[String: String]] {
    [
      ("characters", NumberText.count(statistics.characters)),
      ("tokens a character", NumberText.significant(statistics.tokensPerCharacter)),
      ("distinct tokens", NumberText.count(statistics.distinctTokens)),
      ("vocabulary coverage", NumberText.percent(statistics.vocabularyCoverage)),
      ("documents that repeat an earlier one", NumberText.count(statistics.duplicateDocuments)),
      ("hash of the token ids", set.hash), ("tenbin", set.toolVersion),
    ].map { ["name": $0.0, "value": $0.1] }
  }

  private static func row(_ share: SetStatistics.Share) -> [String: String] {
    [
      "name": share.name, "count": NumberText.count(share.count),
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
        "index": "\(index)", "tokens": NumberText.count(sample.tokenIDs.count),
        "origins": origins.joined(separator: "; ").withoutForbidden, "text": text.withoutForbidden,
      ]
    }
  }

  private static let bars = """
    .shares{width:100%;max-width:760px;border-collapse:collapse;font-variant-numeric:tabular-nums}
    .shares td{padding:3px 10px 3px 0;font-size:14.5px;vertical-align:middle}
    .shares .n{text-align:right;white-space:nowrap;color:var(--muted)}
    .shares .b{width:45%}.shares i{display:block;height:12px;background:var(--gptq)}
    .facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 18px;margin:0}
    .facts dd{margin:0;overflow-wrap:anywhere}
    blockquote{margin:6px 0 22px;padding:8px 14px;background:var(--wash);white-space:pre-wrap;\
    overflow-wrap:anywhere;max-width:880px}
    @media (max-width:520px){.facts{grid-template-columns:1fr}.facts dd{margin-bottom:8px}}
    """

  private static let body = """
    <section><dl class="facts">
    {{#facts}}
    <dt>{{name}}</dt><dd>{{value}}</dd>
    {{/facts}}
    </dl></section>
    {{#groups}}
    <section><h2>{{title}}</h2><table class="shares">
    {{#rows}}
    <tr><td>{{name}}</td><td class="n">{{count}}</td><td class="n">{{share}}</td>\
    <td class="b"><i style="width:{{width}}%"></i></td></tr>
    {{/rows}}
    </table></section>
    {{/groups}}
    <section><h2>Texts to read</h2>
    {{#samples}}
    <p class="reading">sample {{index}}, {{tokens}} tokens; {{origins}}</p>
    <blockquote lang="ja">{{text}}</blockquote>
    {{/samples}}
    </section>

    """
}
