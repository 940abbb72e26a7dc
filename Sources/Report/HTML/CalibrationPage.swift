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
    let markup = CalibrationMarkup(statistics)
    let groups = markup.groups
    let facts = Bilingual("Facts", "概要")
    let texts = Bilingual("Texts to read", "実際のテキスト")
    let values: [String: Any] = [
      "factsHeading": facts.html, "textsHeading": texts.html,
      "facts": markup.facts([
        (Bilingual("hash of the token ids", "トークン ID のハッシュ"), set.hash),
        ("tenbin", set.toolVersion),
      ]),
      "groups": groups.map { ["id": $0.id, "title": $0.name.html, "table": $0.table] },
      "samples": spread(set, samples),
    ]
    return HTMLPage(
      language: language, version: set.toolVersion, title: Bilingual(name),
      summary: summary(statistics),
      places: [.init(id: "facts", name: facts)]
        + groups.map { .init(id: $0.id, name: $0.name) } + [.init(id: "texts", name: texts)],
      style: CalibrationMarkup.style + quotes
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

  private static let quotes = """
    blockquote{margin:6px 0 22px;padding:8px 14px;background:var(--wash);white-space:pre-wrap;\
    overflow-wrap:anywhere;max-width:880px}
    """

  private static let body = """
    <section id="facts"><h2>{{{factsHeading}}}</h2>{{{facts}}}</section>
    {{#groups}}
    <section id="{{id}}"><h2>{{{title}}}</h2>{{{table}}}</section>
    {{/groups}}
    <section id="texts"><h2>{{{textsHeading}}}</h2>
    {{#samples}}
    <p class="reading">{{{index}}}; {{origins}}</p>
    <blockquote lang="ja">{{text}}</blockquote>
    {{/samples}}
    </section>

    """
}
