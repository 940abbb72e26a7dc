import Analysis
import Results

/// The first screen: which model to ship. A table of picks with the command that writes each, three
/// sentences, and size against divergence beside them.
struct PicksMarkup {
  private let findings: Findings
  private let words: PickWords
  private let picks: Picks
  private let commands: ReportCommands

  init(_ findings: Findings, _ commands: ReportCommands) {
    self.findings = findings
    self.commands = commands
    words = PickWords(findings)
    picks = findings.picks
  }

  private var results: StudyResults { findings.results }

  /// The whole section.
  var html: String {
    let sentences = [
      (PickWords.why, words.reason), (PickWords.certainty, words.sureness),
      (PickWords.wrong, words.problem),
    ].map { "<div><dt>\($0.0.html)</dt><dd>\($0.1.html)</dd></div>" }
    let figure = SizeDivergencePlot(findings)?.figure
    return """
      <section id="picks">
      <h2>\(PageWords.picks.html)</h2>
      <div class="beside">
      <div>\(offer)</div>
      \(figure.map { FigureMarkup.html($0) } ?? "")
      </div>
      <dl class="why">\(sentences.joined(separator: "\n"))</dl>
      </section>

      """
  }

  /// The table with its data; nothing where neither a trial nor the base was scored.
  private var offer: String {
    guard results.mainBase != nil || !picks.ship.isEmpty || picks.avoid != nil else { return "" }
    let badges = words.badges.map { "<p class=\"reading\">\($0.html)</p>\n" } ?? ""
    return "\(table)\n\(badges)\(FigureMarkup.link(data, name: "picks"))"
  }

  private var table: String {
    let head = PickWords.columns.map { "<th scope=\"col\">\($0.html)</th>" }.joined()
    var rows = results.mainBase.map { [base($0)] } ?? []
    for pick in picks.ship {
      let badges = pick.roles.map { Self.badge(PickWords.role($0), "") }.joined()
      rows += row(pick.trial, badges, ties: pick.ties, isOffered: true)
    }
    if let avoid = picks.avoid {
      rows += row(
        avoid.trial, Self.badge(PickWords.avoid, " avoid"), ties: [], isOffered: false)
    }
    return "<table class=\"picks\"><thead><tr>\(head)</tr></thead>\n"
      + "<tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table>"
  }

  private static func badge(_ text: Bilingual, _ style: String) -> String {
    "<span class=\"badge\(style)\">\(text.html)</span>"
  }

  /// A cell; on a telephone, where there is no head, it says itself what it holds.
  private static func cell(_ name: Bilingual, _ html: String, style: String = "") -> String {
    "<td\(style.isEmpty ? "" : " class=\"\(style)\"")>"
      + "<span class=\"in-cell\">\((name + Bilingual(": ", "：")).html)</span>\(html)</td>"
  }

  private static func dim(_ text: Bilingual, _ style: String = "") -> String {
    "<span class=\"dim\(style)\">\(text.html)</span>"
  }

  /// A number that is not broken into two lines.
  private static func whole(_ text: String) -> String {
    "<span class=\"whole\">\(text.xmlEscaped)</span>"
  }

  private func base(_ evaluation: Evaluation) -> String {
    let bytes = results.environment.baseSizeBytes
    let cells = [
      "<th scope=\"row\">\(Self.badge(PickWords.base, " base"))</th>",
      "<td>\(results.environment.model.xmlEscaped)</td>",
      Self.cell(PickWords.size, bytes > 0 ? NumberText.bytes(bytes) : NumberText.missing),
      Self.cell(
        PickWords.change,
        NumberText.significant(evaluation.perplexity, 4) + " "
          + Self.dim(Bilingual(results.mainDomain ?? ""))),
      Self.cell(PickWords.kld, "0"), "<td></td>",
    ]
    return "<tr>\(cells.joined())</tr>"
  }

  private func row(
    _ number: Int, _ badges: String, ties: [Int], isOffered: Bool
  ) -> [String] {
    guard let trial = results.trial(number) else { return [] }
    let evaluation = findings.standings.evaluation(trial)
    let hasBase = results.mainBase != nil
    let change = evaluation.map {
      hasBase ? PickWords.percent($0) : NumberText.significant($0.perplexity, 4)
    }
    let kld = evaluation.flatMap { hasBase ? PickWords.thousandths($0) : nil }
    let bits = NumberText.significant(trial.bitsPerWeight, 4)
    let size = trial.sizeBytes > 0 ? NumberText.bytes(trial.sizeBytes) : NumberText.missing
    let id = "command-\(number)"
    let button =
      "<button type=\"button\" class=\"copy js-only\" data-of=\"\(id)\">"
      + "<span class=\"ask\">\(ShellWords.copy.html)</span>"
      + "<span class=\"said\">\(ShellWords.copied.html)</span></button>"
    let cells = [
      "<th scope=\"row\">\(badges)</th>",
      "<td class=\"name \(trial.look.rawValue)\"><a href=\"#trial-\(number)\">"
        + "\(findings.names.label(trial).xmlEscaped)</a></td>",
      Self.cell(
        PickWords.size,
        "\(size) " + Self.dim(Bilingual("\(bits) ") + PickWords.bitsPerWeight, " whole")),
      Self.cell(PickWords.change, Self.whole(change ?? NumberText.missing)),
      Self.cell(PickWords.kld, Self.whole(kld ?? NumberText.missing)),
      Self.cell(
        PickWords.ties,
        isOffered ? Self.dim(Self.list(ties)) : NumberText.missing),
    ]
    let row = "<tr>\(cells.joined())</tr>"
    guard isOffered else { return [row] }
    let command = commands.quantize(trial, named: findings.names.name(trial))
    let own = words.own(trial).map {
      "<p class=\"reading\" data-own=\"\(number)\">\($0.html)</p>"
    }
    return [
      row,
      "<tr class=\"command\"><td colspan=\"\(cells.count)\">\(own ?? "")"
        + "\(button)<code id=\"\(id)\">\(command.xmlEscaped)</code></td></tr>",
    ]
  }

  private static func list(_ ties: [Int]) -> Bilingual {
    guard !ties.isEmpty else { return Bilingual("none", "なし") }
    let first = ties.sorted().prefix(3).map { "#\($0)" }.joined(separator: " ")
    return ties.count <= 3
      ? Bilingual(first) : Bilingual("\(ties.count) trials", "\(ties.count) 件")
  }

  /// Perplexity, its change and KL divergence of an evaluation, with errors.
  private func values(_ evaluation: Evaluation?) -> [String] {
    let paired = results.mainBase == nil ? nil : evaluation
    let change = paired.map(PerplexityChange.init)
    return [
      evaluation?.perplexity, change?.percent, change?.stderr, paired?.kldMean, paired?.kldStderr,
    ].map { NumberText.shortest($0 ?? .nan) }
  }

  /// The table in full precision; of a repeated trial the mean of its repeats, its own values last.
  var data: String {
    var csv = CSVText(columns: [
      "trial", "pick", "settings", "bits_per_weight", "size_bytes", "perplexity",
      "perplexity_change_percent", "perplexity_change_stderr", "kld_mean", "kld_stderr", "ties",
      "repeats", "own_perplexity", "own_perplexity_change_percent", "own_perplexity_change_stderr",
      "own_kld_mean", "own_kld_stderr",
    ])
    func append(_ role: String, _ number: Int, _ ties: [Int]) {
      guard let trial = results.trial(number) else { return }
      let repeats = findings.standings.noises.first { $0.trial == number }?.repeats.count ?? 0
      csv.append(
        [
          String(number), role, findings.names.name(trial),
          NumberText.shortest(trial.bitsPerWeight), String(trial.sizeBytes),
        ] + values(findings.standings.evaluation(trial))
          + [ties.map { "#\($0)" }.joined(separator: " "), String(repeats)]
          + values(results.mainEvaluation(trial)))
    }
    for pick in picks.ship {
      append(pick.roles.map(\.rawValue).joined(separator: " "), pick.trial, pick.ties)
    }
    if let avoid = picks.avoid { append("avoid", avoid.trial, []) }
    return csv.text
  }
}

/// The commands that a page offers to copy.
public struct ReportCommands: Sendable {
  /// The model's folder or name, as a shell takes it.
  public let model: String
  /// The study's file, as a shell takes it.
  public let study: String

  /// Commands about the trials of `study`, of `model`; both are words of a shell already.
  public init(model: String = "MODEL", study: String = "STUDY.sqlite") {
    self.model = model
    self.study = study
  }

  /// The command that writes the checkpoint of `trial`; its folder is `named` after the trial.
  func quantize(_ trial: TrialResult, named name: String) -> String {
    let folder = name.unicodeScalars.map { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
        || ".-_".unicodeScalars.contains(scalar) ? String(scalar) : "-"
    }.joined()
    return "tenbin quantize \(model) --trial \(study)#\(trial.number) --output \(folder)"
  }
}
