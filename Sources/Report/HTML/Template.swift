import Mustache

/// The page's skeleton. Names in triple braces are markup made and escaped by this target; all
/// others are escaped by Mustache.
enum Template {
  static let page = """
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
    <section id="findings">
    <h2>{{findingsHeading}}</h2>
    <ul class="findings">
    {{#findings}}
    <li class="{{tone}}">{{text}}</li>
    {{/findings}}
    </ul>
    </section>
    <section id="trials">
    <h2>{{trialsHeading}}</h2>
    <p class="reading">{{trialsNote}}</p>
    {{{trialsTable}}}
    </section>
    {{#figures}}
    {{{.}}}
    {{/figures}}
    {{#domains}}
    <section id="scores">
    <h2>{{heading}}</h2>
    {{{table}}}
    </section>
    {{/domains}}
    <section id="environment">
    <h2>{{environmentHeading}}</h2>
    <dl class="environment">
    {{#environment}}
    <div><dt>{{name}}</dt><dd>{{value}}</dd></div>
    {{/environment}}
    </dl>
    {{#sweepFile}}
    <details><summary>{{heading}}</summary><pre>{{text}}</pre></details>
    {{/sweepFile}}
    </section>
    </main>
    {{#heatData}}
    <script type="application/json" id="heat-data">{{{.}}}</script>
    {{/heatData}}
    <script>
    {{{script}}}</script>
    </body>
    </html>

    """

  /// Fills `template` with `values`.
  static func render(_ template: String, _ values: [String: Any]) -> String {
    do {
      return try MustacheTemplate(string: template).render(values)
    } catch {
      preconditionFailure("a template of this file does not parse: \(error)")
    }
  }
}
