import Basics
import Foundation
import Report
import Results
import Sweep
import Synchronization

/// Every answer of `tenbin serve`: pages of studies, and the same as JSON and CSV under /api. Nothing can
/// be written.
public final class Site: Sendable {
  private let studies: ServedStudies
  private let language: CardLanguage
  private let hosts: HostCheck
  private let views = Mutex<[String: StudyView]>([:])

  /// A site of `studies`, reached at `address`.
  /// - Parameters:
  ///   - hosts: further names that browsers may know it by.
  ///   - language: the language that pages open in.
  public init(
    _ studies: ServedStudies, address: String, hosts: [String] = [], language: CardLanguage = .en
  ) {
    (self.studies, self.language) = (studies, language)
    self.hosts = HostCheck(address: address, more: hosts)
  }

  /// The answer to a request.
  public func answer(_ request: RequestHead) async -> Response {
    guard let host = request.host, hosts.allows(host) else {
      return refusal(hosts.refusal(request.host), status: 403, isAPI: false)
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      var response = refusal(
        InputError(
          .usage, asked: "\(request.method) of \(request.target)",
          found: "a server that only shows",
          hint: "use GET or HEAD; tenbin sweep run writes studies"), status: 405, isAPI: false)
      response.headers.append(("Allow", "GET, HEAD"))
      return response
    }
    var response = await page(request.target)
    if let tag = response.tag, response.status == 200, let known = request.ifNoneMatch,
      known.split(separator: ",").contains(where: { $0.contains(tag) })
    {
      response.status = 304
    }
    return response
  }

  private func page(_ text: String) async -> Response {
    guard let target = RequestTarget(text) else {
      return refusal(
        InputError(
          .usage, asked: text, found: "an address that names nothing", hint: "begin at /"),
        status: 400, isAPI: text.hasPrefix("/api"))
    }
    let isPart = target.query["part"] == "live"
    switch target.path.first {
    case nil where target.path.isEmpty:
      if let only = studies.only, let view = view(only) { return await study(view, isPart) }
      return await index(isPart)
    case "studies" where target.path.count == 2:
      guard let view = view(target.path[1]) else { return unknown(target.path[1], isAPI: false) }
      return await study(view, isPart)
    case "api" where target.path.count == 2:
      return await answer(target.path[1], target.query)
    default:
      return refusal(
        InputError(
          .missing, asked: "the page \(text)", found: "no such page",
          hint: "the pages are / and /studies/NAME"),
        status: 404, isAPI: target.path.first == "api")
    }
  }

  /// The view of a study that may be shown.
  private func view(_ name: String) -> StudyView? {
    guard let url = studies.url(of: name) else { return nil }
    return views.withLock { views in
      if let view = views[url.path] { return view }
      let view = StudyView(url, isInFolder: studies.only == nil, language: language)
      views[url.path] = view
      return view
    }
  }

  private func study(_ view: StudyView, _ isPart: Bool) async -> Response {
    let live = await view.progress()
    if isPart { return .page(live.html, tag: "\"\(live.version)\"") }
    let page = await view.report(live)
    return .page(
      page.before + live.html + page.after, status: page.status,
      tag: "\"\(page.version)-\(live.version)\"")
  }

  // MARK: The list of a folder

  private func entries() async -> [ServedPage.Entry] {
    var entries: [ServedPage.Entry] = []
    for name in studies.names() {
      guard let view = view(name) else { continue }
      let progress = await view.progress().progress
      // Calibration sets are SQLite files, too.
      if case .failure(let error) = progress, error.found == Study.noneFound { continue }
      entries.append(ServedPage.Entry(name: name, progress: progress))
    }
    return entries
  }

  private static let indexVersion = "index"

  private func index(_ isPart: Bool) async -> Response {
    let list = ServedPage.list(await entries(), now: Date.now.timeIntervalSince1970)
    if isPart { return .page(Data(list.utf8)) }
    let page = ServedPage.index(
      folder: studies.folder.lastPathComponent, version: Self.indexVersion, language: language)
    return .page(Data(page.replacing(ServedPage.place, with: list).utf8))
  }

  // MARK: /api

  private func answer(_ name: String, _ query: [String: String]) async -> Response {
    if name == "studies" {
      let all = await entries().map { StudyStatus($0) }
      return .json(StudyStatus.json(all))
    }
    let asked = query["study"].flatMap { $0.isEmpty ? nil : $0 } ?? studies.only
    guard let asked else {
      guard name == "status" else {
        return refusal(
          InputError(
            .usage, asked: "/api/\(name)", found: "several studies, and no word of which",
            hint: "add ?study=NAME; /api/studies lists them"), status: 400, isAPI: true)
      }
      let list = ServedPage.list(await entries(), now: Date.now.timeIntervalSince1970)
      var status = StudyStatus(study: "", phase: "folder")
      (status.report, status.live) = (Self.indexVersion, Version.of(list))
      return .json(StudyStatus.json(status))
    }
    guard let view = view(asked) else { return unknown(asked, isAPI: true) }
    if name == "status" { return .json(await view.status()) }
    guard let table = StudyTables.all.first(where: { $0.name == name }) else {
      return refusal(
        InputError(
          .missing, asked: "/api/\(name)", found: "no such table",
          hint: "there are studies, status, "
            + StudyTables.all.map(\.name).joined(separator: ", ")), status: 404, isAPI: true)
    }
    let asCSV = query["format"] == "csv"
    switch await view.table(table, asCSV: asCSV) {
    case .success(let data):
      return asCSV ? Response(type: "text/csv; charset=utf-8", body: data) : .json(data)
    case .failure(let error):
      return refusal(error, status: error.kind == .missing ? 404 : 503, isAPI: true)
    }
  }

  // MARK: What cannot be answered

  private func unknown(_ name: String, isAPI: Bool) -> Response {
    refusal(
      InputError(
        .missing, asked: "the study \(name)", found: "no such study among those that are served",
        hint: "/ lists them"), status: 404, isAPI: isAPI)
  }

  private func refusal(_ error: InputError, status: Int, isAPI: Bool) -> Response {
    if isAPI {
      return .json(StudyStatus.json(["error": StudyStatus.Refusal(error)]), status: status)
    }
    return .page(
      Data(
        ServedPage.message(error, study: nil, version: "", language: language)
          .replacing(ServedPage.place, with: "").utf8), status: status)
  }
}
