import Mustache

/// What every page has around its own body: head, style, heading, contents, the switches of language
/// and theme, and at the end the script. Nothing is loaded from anywhere. The switches are radio
/// buttons that CSS reads, so that they work without the script.
struct HTMLPage {
  /// A place in the page that the contents link to.
  struct Place: Sendable {
    /// The fragment.
    let id: String
    /// What it is called.
    let name: Bilingual
  }

  /// The language that is shown first.
  var language = CardLanguage.en
  /// tenbin's own version.
  let version: String
  let title: Bilingual
  /// What stands below the title.
  let summary: Bilingual
  /// What the contents list; none have no list.
  var places: [Place] = []
  /// Rules beside those that all pages share.
  var style = ""
  /// JSON that the script reads, by the id of its element.
  var data: [(id: String, json: String)] = []
  /// Whether `tenbin serve` shows it, and it keeps itself up to date.
  var isServed = false

  /// The page around `body`, a template that `values` fill. Names in triple braces are markup made
  /// and escaped by this target; all others are escaped by Mustache.
  func text(_ body: String, _ values: [String: Any]) -> String {
    var page: [String: Any] = [
      "language": language.rawValue, "version": version, "title": title[language],
      "heading": title.html, "summary": summary.html,
      "style": Stylesheet.text + style
        + (isServed ? LiveStyle.text : ""),
      "definitions": FigureMarkup.definitions, "switches": switches,
      "head": isServed ? LiveStyle.head : "",
      "body": Self.render(body, values), "script": Self.script(isServed: isServed),
    ]
    if !places.isEmpty { page["contents"] = contents }
    page["data"] = data.map { ["id": $0.id, "json": $0.json] }
    return Self.render(Self.skeleton, page).withoutForbidden
  }

  /// The text of the page's one `<script>` that runs.
  static func script(isServed: Bool) -> String {
    "\n" + Script.text + (isServed ? LiveScript.text : "")
  }

  private static func render(_ template: String, _ values: [String: Any]) -> String {
    do {
      return try MustacheTemplate(string: template).render(values)
    } catch {
      preconditionFailure("a template of this target does not parse: \(error)")
    }
  }

  private var contents: String {
    let items = places.map { "<li><a href=\"#\($0.id)\">\($0.name.html)</a></li>" }
    return "<nav class=\"contents\" \(ShellWords.contents.attribute("aria-label"))>"
      + "<ul>\(items.joined())</ul></nav>"
  }

  private var switches: String {
    Self.group(
      "lang", ShellWords.language, chosen: language == .ja ? "ja" : "en",
      [("en", "English"), ("ja", "日本語")])
      + Self.group("theme", ShellWords.theme, chosen: "auto", ShellWords.themes)
  }

  /// Radio buttons in a row, of which one is chosen.
  private static func group(
    _ name: String, _ legend: Bilingual, chosen: String, _ choices: [(id: String, Bilingual)]
  ) -> String {
    let buttons = choices.map { id, text in
      "<input type=\"radio\" name=\"\(name)\" id=\"\(name)-\(id)\" value=\"\(id)\""
        + "\(id == chosen ? " checked=\"checked\"" : "")/>"
        + "<label for=\"\(name)-\(id)\">\(text.html)</label>"
    }
    return
      "<fieldset class=\"switch\"><legend>\(legend.html)</legend>\(buttons.joined())</fieldset>"
  }

  private static let skeleton = """
    <!doctype html>
    <html lang="{{language}}">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="generator" content="tenbin {{version}}">
    <title>{{title}}</title>
    {{{head}}}<style>
    {{{style}}}</style>
    </head>
    <body>
    {{{definitions}}}
    <main>
    <div class="switches">{{{switches}}}</div>
    <header>
    <h1>{{{heading}}}</h1>
    <p class="summary">{{{summary}}}</p>
    {{{contents}}}
    </header>
    {{{body}}}</main>
    {{#data}}
    <script type="application/json" id="{{id}}">{{{json}}}</script>
    {{/data}}
    <script>{{{script}}}</script>
    </body>
    </html>

    """
}

/// What another room adds to a study's report.
public struct PagePart: Sendable {
  /// Its sections and figures.
  let html: String
  /// What the contents list of them.
  let places: [HTMLPage.Place]
  /// The rules that only they need.
  let style: String

  init(html: String, places: [HTMLPage.Place], style: String) {
    (self.html, self.places, self.style) = (html, places, style)
  }
}

/// A list of findings, as every page opens with.
enum FindingList {
  /// The section: each finding with how a reader should take it.
  static func html(
    _ heading: Bilingual, _ findings: [(tone: String, text: Bilingual)], id: String = "findings"
  ) -> String {
    let items = findings.map { "<li class=\"\($0.tone)\">\($0.text.html)</li>" }
    return "<section id=\"\(id)\">\n<h2>\(heading.html)</h2>\n<ul class=\"findings\">\n"
      + items.joined(separator: "\n") + "\n</ul>\n</section>\n"
  }
}

/// The words around every page.
enum ShellWords {
  static let contents = Bilingual("Contents", "目次")
  static let language = Bilingual("Language", "言語")
  static let theme = Bilingual("Theme", "表示")
  static let themes: [(id: String, Bilingual)] = [
    ("auto", Bilingual("Auto", "自動")), ("light", Bilingual("Light", "ライト")),
    ("dark", Bilingual("Dark", "ダーク")),
  ]
  static let findings = Bilingual("Findings", "わかったこと")
  static let data = Bilingual("Data (CSV)", "データ（CSV）")
  static let filter = Bilingual("Filter rows", "行の絞り込み")
  static let copy = Bilingual("Copy command", "コマンドをコピー")
  static let copied = Bilingual("Copied", "コピーしました")
  static let table = Bilingual("table, scrolls sideways", "表（横にスクロールできます）")
}
