import Results

/// A study on a served page: how far it has come, kept up to date while the page is open.
public struct LiveStudy: Sendable {
  let progress: StudyProgress
  let name: String
  let now: Double
  let isInFolder: Bool
  let isOfLaterTenbin: Bool

  /// - Parameters:
  ///   - progress: how far it has come.
  ///   - name: its file's name.
  ///   - now: the time, in seconds since 1970.
  ///   - isInFolder: whether there is a page that lists it beside others.
  ///   - isOfLaterTenbin: whether a later tenbin wrote it.
  public init(
    _ progress: StudyProgress, name: String, now: Double, isInFolder: Bool,
    isOfLaterTenbin: Bool = false
  ) {
    (self.progress, self.name, self.now) = (progress, name, now)
    (self.isInFolder, self.isOfLaterTenbin) = (isInFolder, isOfLaterTenbin)
  }

  /// What a page replaces in itself whenever the study has changed: markup without scripts.
  public var html: String {
    var parts: [String] = []
    if isInFolder { parts.append("<p><a href=\"/\">\(LiveWords.back.html)</a></p>") }
    parts.append(
      "<p class=\"now \(progress.phase)\"><strong>\(ProgressWords.phase(progress.phase).html)</strong> "
        + "\(ProgressWords.summary(progress, now: now).html)</p>")
    if isOfLaterTenbin { parts.append("<p class=\"reading\">\(LiveWords.later.html)</p>") }
    if progress.phase != .finished, let pass = progress.pass { parts.append(bar(pass)) }
    let onWay = progress.trials.filter { isOnItsWay($0) }
    if !onWay.isEmpty {
      parts.append(table(onWay))
      if let plot = LivePlot(progress, onWay) { parts.append(FigureMarkup.html(plot.figure)) }
    }
    return parts.joined(separator: "\n")
  }

  /// Trials that are not at their end, and those that the pass under way has stopped.
  private func isOnItsWay(_ trial: TrialResult) -> Bool {
    progress.state(of: trial) == .running
      || (trial.state == .running && progress.state(of: trial) == .pruned)
  }

  private func bar(_ pass: PassProgress) -> String {
    let share = NumberText.fixed(min(1, max(0, pass.share)), 3)
    return "<p><progress max=\"1\" value=\"\(share)\" \(LiveWords.bar.attribute("aria-label"))>"
      + "</progress> <span class=\"reading\">\(pass.doing.xmlEscaped)</span></p>"
  }

  private func table(_ trials: [TrialResult]) -> String {
    let names = TrialNames(progress.trials)
    let layers = max(1, progress.layers)
    let rows = trials.map { trial -> String in
      let done = trial.hiddenErrors.count
      let state = progress.state(of: trial)
      let error = trial.hiddenErrors.last { $0.isFinite }
      return "<tr><td class=\"num\">\(trial.number)</td><td>\(names.name(trial).xmlEscaped)</td>"
        + "<td>\(PageWords.state(state).html)</td>"
        + "<td class=\"num\">\(done) / \(progress.layers)</td>"
        + "<td class=\"way\"><i style=\"width:\(NumberText.fixed(100 * Double(done) / Double(layers), 1))%\">"
        + "</i></td><td class=\"num\">\(error.map { NumberText.significant($0) } ?? NumberText.missing)</td></tr>"
    }
    let heads = LiveWords.columns.map { "<th scope=\"col\">\($0.html)</th>" }.joined()
    return "<details open=\"open\"><summary>\(LiveWords.trials(trials.count).html)</summary>"
      + TableMarkup.frame(
        "<table class=\"onway\"><thead><tr>\(heads)</tr></thead><tbody>\(rows.joined())</tbody></table>"
      )
      + "</details>"
  }

  /// Where the page has what changes: Serve puts `html` there.
  static let place = "<!--live-->"

  /// The section around it.
  func section(version: String) -> String {
    "<section id=\"live\" data-study=\"\(name.percentEncoded)\" data-report=\"\(version.xmlEscaped)\">\n"
      + "<div class=\"live-part\">\(Self.place)</div>\n<noscript><p class=\"reading\">"
      + "\(LiveWords.reload.html)</p></noscript>\n"
      + "<p class=\"reading lost\">\(LiveWords.lost.html)</p></section>\n"
  }
}

extension String {
  /// The text for a part of a path or of a query.
  public var percentEncoded: String { dataURIEncoded.replacing(",", with: "%2C") }
}
