import Basics
import Foundation
import Results

/// The pages that `tenbin serve` shows beside a study's report.
public enum ServedPage {
  /// The place in the text of a served page where its live part goes.
  public static var place: String { LiveStudy.place }

  /// A study of the list.
  public struct Entry: Sendable {
    /// Its file's name.
    public let name: String
    /// How far it has come, or why it cannot be read.
    public let progress: Result<StudyProgress, InputError>

    /// The study of that name.
    public init(name: String, progress: Result<StudyProgress, InputError>) {
      (self.name, self.progress) = (name, progress)
    }
  }

  /// The report of a study, with its live part left open.
  public static func study(
    _ results: StudyResults, _ live: LiveStudy, version: String, language: CardLanguage,
    commands: ReportCommands
  ) -> String {
    HTMLReport.text(
      results, language: language, commands: commands, live: live.section(version: version))
  }

  /// The page of a folder, with its list left open.
  public static func index(folder: String, version: String, language: CardLanguage) -> String {
    page(
      title: LiveWords.studies, summary: Bilingual(folder), language: language,
      body: section(study: "", version: version))
  }

  /// The list itself, `now` in seconds since 1970.
  public static func list(_ entries: [Entry], now: Double) -> String {
    guard !entries.isEmpty else { return "<p>\(LiveWords.noStudies.html)</p>" }
    let heads = LiveWords.indexColumns.map { "<th scope=\"col\">\($0.html)</th>" }.joined()
    let rows = entries.map { entry -> String in
      let cells: [String]
      switch entry.progress {
      case .success(let progress):
        cells = [
          progress.environment.model.xmlEscaped, ProgressWords.phase(progress.phase).html,
          ProgressWords.summary(progress, now: now).html,
        ]
      case .failure(let error):
        cells = ["", LiveWords.cannotShow.html, error.found.xmlEscaped]
      }
      return
        "<tr><td><a href=\"/studies/\(entry.name.percentEncoded)\">\(entry.name.xmlEscaped)</a></td>"
        + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
    }
    return TableMarkup.frame(
      "<table class=\"studies\"><thead><tr>\(heads)</tr></thead><tbody>\(rows.joined())</tbody></table>"
    )
  }

  /// Why a study, or anything else, cannot be shown. With the name of a study the page goes on asking
  /// for it.
  public static func message(
    _ error: InputError, study: String?, version: String, language: CardLanguage
  ) -> String {
    let parts = [
      (LiveWords.asked, error.asked), (LiveWords.found, error.found), (LiveWords.hint, error.hint),
    ]
    let list = parts.map { "<dt>\($0.html)</dt><dd>\($1.xmlEscaped)</dd>" }.joined()
    return page(
      title: LiveWords.cannotShow, summary: study == nil ? "" : LiveWords.comesBack,
      language: language, isLive: study != nil,
      body: "<dl class=\"three\">\(list)</dl>\n"
        + (study.map { section(study: $0, version: version) } ?? "")
        + "<p><a href=\"/\">tenbin serve</a></p>\n")
  }

  private static func section(study: String, version: String) -> String {
    "<section id=\"live\" data-study=\"\(study.percentEncoded)\" data-report=\"\(version.xmlEscaped)\">"
      + "<div class=\"live-part\">\(LiveStudy.place)</div><noscript><p class=\"reading\">"
      + "\(LiveWords.reload.html)</p></noscript>"
      + "<p class=\"reading lost\">\(LiveWords.lost.html)</p></section>\n"
  }

  private static func page(
    title: Bilingual, summary: Bilingual, language: CardLanguage, isLive: Bool = true, body: String
  ) -> String {
    var page = HTMLPage(
      language: language, version: ToolVersion.current, title: title, summary: summary)
    page.isServed = isLive
    return page.text("{{{body}}}", ["body": body])
  }

  /// What a browser lets the pages do: their own two scripts, styles, and questions to their server.
  public static let contentSecurityPolicy: String = {
    let scripts = [HTMLPage.script(isServed: false), HTMLPage.script(isServed: true)].map {
      "'sha256-\(Data(SHA256.digest(of: $0.utf8)).base64EncodedString())'"
    }
    return "default-src 'none'; script-src \(scripts.joined(separator: " ")); "
      + "style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
      + "frame-ancestors 'none'"
  }()
}
