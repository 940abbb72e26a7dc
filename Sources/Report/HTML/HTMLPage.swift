import Mustache

/// What every page has around its own body: head, style, heading, and at the end the script. Nothing
/// is loaded from anywhere.
struct HTMLPage {
  /// BCP 47.
  var language = "en"
  /// tenbin's own version.
  let version: String
  let title: String
  /// What stands below the title.
  let summary: String
  /// Rules beside those that all pages share.
  var style = ""
  /// Whether tables sort and maps can be chosen.
  var hasScript = false
  /// JSON that the script reads, by the id of its element.
  var data: (id: String, json: String)?

  /// The page around `body`, a template that `values` fill. Names in triple braces are markup made
  /// and escaped by this target; all others are escaped by Mustache.
  func text(_ body: String, _ values: [String: Any]) -> String {
    var page: [String: Any] = [
      "language": language, "version": version, "title": title, "summary": summary,
      "style": Stylesheet.text + style, "definitions": FigureMarkup.definitions,
      "body": Self.render(body, values),
    ]
    if hasScript { page["script"] = Script.text }
    if let data { page["data"] = ["id": data.id, "json": data.json] }
    return Self.render(Self.skeleton, page).withoutForbidden
  }

  private static func render(_ template: String, _ values: [String: Any]) -> String {
    do {
      return try MustacheTemplate(string: template).render(values)
    } catch {
      preconditionFailure("a template of this target does not parse: \(error)")
    }
  }

  /// The section that a page of findings opens with: `findingsHeading`, `findings` of `tone` and `text`.
  static let findings = """
    <section id="findings">
    <h2>{{findingsHeading}}</h2>
    <ul class="findings">
    {{#findings}}
    <li class="{{tone}}">{{text}}</li>
    {{/findings}}
    </ul>
    </section>

    """

  private static let skeleton = """
    <!doctype html>
    <html lang="{{language}}">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="generator" content="tenbin {{version}}">
    <title>{{title}}</title>
    <style>
    {{{style}}}</style>
    </head>
    <body>
    {{{definitions}}}
    <main>
    <header>
    <h1>{{title}}</h1>
    <p class="summary">{{summary}}</p>
    </header>
    {{{body}}}</main>
    {{#data}}
    <script type="application/json" id="{{id}}">{{{json}}}</script>
    {{/data}}
    {{#script}}
    <script>
    {{{.}}}</script>
    {{/script}}
    </body>
    </html>

    """
}
