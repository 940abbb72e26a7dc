import Analysis
import Results

/// The page's tables as HTML. Every cell carries its sort key in `data-v`, in full precision.
enum TableMarkup {
  /// One cell: what is shown, what it sorts by, how it is styled.
  struct Cell {
    var html: String
    var key = ""
    var style = ""

    static func text(_ text: String, style: String = "") -> Cell {
      Cell(html: text.xmlEscaped, key: text, style: style)
    }

    static func number(_ shown: String, _ value: Double?) -> Cell {
      guard let value, !value.isNaN else { return Cell(html: NumberText.missing, style: "num") }
      return Cell(html: spaced(shown), key: sortKey(value), style: "num")
    }

    /// JavaScript reads `Infinity`, not `inf`.
    private static func sortKey(_ value: Double) -> String {
      value.isFinite ? NumberText.shortest(value) : (value > 0 ? "Infinity" : "-Infinity")
    }

    /// The standard error stands back behind its value.
    private static func spaced(_ shown: String) -> String {
      let text = shown.xmlEscaped
      guard let sign = text.range(of: " ± "), !text.hasPrefix("(") else { return text }
      return "\(text[..<sign.lowerBound])<span class=\"dim\"> ± \(text[sign.upperBound...])</span>"
    }
  }

  /// The trials, one a row, every column sortable.
  static func trials(_ findings: Findings) -> String {
    let results = findings.results
    let rows = results.trials.sorted { $0.number < $1.number }.map { trialRow($0, findings) }
    return table(PageWords.trialColumns, rows)
  }

  private static func trialRow(_ trial: TrialResult, _ findings: Findings) -> [Cell] {
    let results = findings.results
    let evaluation = results.mainEvaluation(trial)
    let paired = results.mainBase == nil ? nil : evaluation
    let isBest = findings.sizes.contains { $0.best == trial.number }
    var name = Cell.text(findings.names.name(trial), style: "name \(trial.look.rawValue)")
    if isBest { name.html += " <span title=\"\(PageWords.best.xmlEscaped)\">★</span>" }
    if trial.state != .complete {
      name.html += " <span class=\"dim\">\(PageWords.state(trial.state).xmlEscaped)</span>"
    }
    let calibration = trial.mean(\.relativeErrorCalibration)
    let heldout = trial.mean(\.relativeErrorHeldout)
    let bits = trial.bitsPerWeight > 0 ? trial.bitsPerWeight : nil
    let size = trial.sizeBytes > 0 ? trial.sizeBytes : nil
    return [
      .number(String(trial.number), Double(trial.number)), name,
      .number(bits.map { NumberText.significant($0, 4) } ?? "", bits),
      .number(size.map(NumberText.bytes) ?? "", size.map(Double.init)),
      estimate(evaluation, \.perplexity, \.perplexityStderr),
      estimate(paired, \.nllDelta, \.nllDeltaStderr, signed: true, unit: 1e-3),
      estimate(paired, \.kldMean, \.kldStderr, unit: 1e-3),
      .number(
        paired.map { NumberText.fixed(100 * $0.sameTopP, 2) } ?? "", paired?.sameTopP),
      .number(calibration.map { NumberText.significant($0, 3) } ?? "", calibration),
      .number(heldout.map { NumberText.significant($0, 3) } ?? "", heldout),
      .number(
        String(trial.rescued.count), trial.modules.isEmpty ? nil : Double(trial.rescued.count)),
      .number(NumberText.duration(trial.wallSeconds), trial.wallSeconds),
    ]
  }

  /// Perplexity and KL divergence of the base, of the best trials and their companions on every
  /// domain; nil where nothing was evaluated.
  static func domains(_ findings: Findings) -> String? {
    let results = findings.results
    let domains = results.allDomains
    var seen: Set<Int> = []
    let trials = (findings.highlighted + findings.bestCompanions).filter {
      seen.insert($0).inserted
    }
    .compactMap { results.trial($0) }
    guard !domains.isEmpty, !results.base.isEmpty || !trials.isEmpty else { return nil }
    let columns =
      [(title: "model", help: "", isNumeric: false)]
      + domains.flatMap { domain in
        [
          (title: "\(domain): perplexity ±", help: "", isNumeric: true),
          (title: "KL ± ×10⁻³", help: "mean KL(base ‖ trial) on \(domain)", isNumeric: true),
        ]
      }
    let base = [
      [Cell.text("base", style: "name base")]
        + domains.flatMap { domain -> [Cell] in
          let evaluation = results.base.first { $0.domain == domain }
          return [estimate(evaluation, \.perplexity, \.perplexityStderr), .number("", nil)]
        }
    ]
    let rows = trials.map { trial in
      [Cell.text(findings.names.label(trial), style: "name \(trial.look.rawValue)")]
        + domains.flatMap { domain -> [Cell] in
          let evaluation = trial.evaluation(on: domain)
          let hasBase = results.base.contains { $0.domain == domain }
          return [
            estimate(evaluation, \.perplexity, \.perplexityStderr),
            estimate(hasBase ? evaluation : nil, \.kldMean, \.kldStderr, unit: 1e-3),
          ]
        }
    }
    return table(columns, (results.base.isEmpty ? [] : base) + rows)
  }

  private static func estimate(
    _ evaluation: Evaluation?, _ value: KeyPath<Evaluation, Double>,
    _ stderr: KeyPath<Evaluation, Double>, signed: Bool = false, unit: Double = 1
  ) -> Cell {
    guard let evaluation else { return .number("", nil) }
    let number = evaluation[keyPath: value]
    return .number(
      NumberText.estimate(number / unit, evaluation[keyPath: stderr] / unit, signed: signed), number
    )
  }

  /// Columns that sort by their cells' keys.
  static func table(
    _ columns: [(title: String, help: String, isNumeric: Bool)], _ rows: [[Cell]]
  ) -> String {
    let head = columns.map { column -> String in
      let style = column.isNumeric ? " class=\"num\"" : ""
      let help = column.help.isEmpty ? "" : " title=\"\(column.help.xmlEscaped)\""
      return "<th scope=\"col\"\(style)\(help)><button type=\"button\">"
        + "\(column.title.xmlEscaped)</button></th>"
    }.joined()
    // Typed, because GRDB, which Sweep brings along, joins strings into SQL where it may.
    let body = rows.map { row -> String in
      let cells = row.map { cell -> String in
        let style = cell.style.isEmpty ? "" : " class=\"\(cell.style)\""
        return "<td\(style) data-v=\"\(cell.key.xmlEscaped)\">\(cell.html)</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }.joined(separator: "\n")
    return "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead>\n"
      + "<tbody>\n\(body)\n</tbody></table></div>"
  }
}
