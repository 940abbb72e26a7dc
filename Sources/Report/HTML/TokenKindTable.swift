import Analysis
import Results

/// KL divergence of the picks by the kind of token and by how sure the base is of the next one: on which
/// text a trial differs from the base. The numbers of `divergence.csv`.
struct TokenKindTable {
  private let findings: Findings
  private let trials: [TrialResult]
  private let domain: String
  /// The groups, in the order of the first trial that has them.
  private let parts: [DivergenceSummary.Part]

  /// Nil where the study keeps no groups of tokens.
  init?(_ findings: Findings) {
    let results = findings.results
    guard let domain = results.mainDomain, results.mainBase != nil else { return nil }
    self.findings = findings
    self.domain = domain
    let picks = findings.picks
    trials = (picks.ship.map(\.trial) + [picks.avoid?.trial].compactMap { $0 })
      .compactMap { results.trial($0) }
      .filter { $0.evaluation(on: domain)?.divergence != nil }
    parts =
      trials.first?.evaluation(on: domain)?.divergence?.parts.filter { $0.kind != nil } ?? []
    if parts.isEmpty { return nil }
  }

  /// The section.
  var html: String {
    """
    <section id="token-kinds">
    <h2>\(PageWords.tokenKinds.html)</h2>
    <p class="reading">\(PageWords.tokenKindsReading(domain).html)</p>
    \(table)
    </section>

    """
  }

  private var table: String {
    let columns =
      [
        TableMarkup.Column(PageWords.tokenKind),
        .init(
          PageWords.tokens,
          source: .init(column: "tokens_scored", domain: domain, trial: String(trials[0].number))),
      ]
      + trials.map { trial in
        TableMarkup.Column(
          Bilingual("\(findings.names.label(trial)): KL ± ×10⁻³"), help: PageWords.kld(on: domain),
          source: .init(
            column: "kld_mean", stderr: "stderr", domain: domain, unit: 1e-3,
            trial: String(trial.number)))
      }
    let rows = parts.map { part -> TableMarkup.Row in
      var row = TableMarkup.Row(
        [
          .text(PageWords.tokenKind(part), style: "name"),
          .number(NumberText.count(part.tokens), Double(part.tokens)),
        ] + trials.map { cell(part, of: $0) })
      row.part = Self.key(part)
      return row
    }
    return TableMarkup.table(columns, rows)
  }

  private func cell(_ part: DivergenceSummary.Part, of trial: TrialResult) -> TableMarkup.Cell {
    let parts = trial.evaluation(on: domain)?.divergence?.parts ?? []
    let line = parts.first { Self.key($0) == Self.key(part) }?["kld_mean"]
    return .number(
      line.map { NumberText.estimate(1000 * $0.value, 1000 * ($0.stderr ?? .nan)) } ?? "",
      line?.value)
  }

  /// As divergence.csv names a group.
  private static func key(_ part: DivergenceSummary.Part) -> String {
    "\(part.kind?.rawValue ?? "all") \(part.name)"
  }
}
