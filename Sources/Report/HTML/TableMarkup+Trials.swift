import Analysis
import GPTQ
import Results

/// The tables of a study.
extension TableMarkup {
  /// The trials, one a row. Repeats on other draws, and a grid's round-to-nearest, stand below the
  /// trial that they belong to.
  static func trials(_ findings: Findings) -> String {
    let trials = findings.results.trials.sorted { $0.number < $1.number }
    let owners = owners(findings)
    let hasRescued = trials.contains { !$0.rescued.isEmpty }
    let owned = Dictionary(grouping: trials.filter { owners[$0.number] != nil }) {
      owners[$0.number] ?? 0
    }
    let rows = trials.filter { owners[$0.number] == nil }.flatMap { trial -> [Row] in
      let below = owned[trial.number] ?? []
      var row = Row(trialRow(trial, findings, hasRescued))
      row.id = "trial-\(trial.number)"
      row.trial = String(trial.number)
      row.search = search(trial)
      if !below.isEmpty { row.cells[1].html += fold(below) }
      return [row]
        + below.map { other in
          var under = Row(trialRow(other, findings, hasRescued))
          under.id = "trial-\(other.number)"
          under.trial = String(other.number)
          under.owner = row.id
          under.search = search(other)
          return under
        }
    }
    return filter + table(PageWords.trialColumns(hasRescued: hasRescued), rows)
  }

  /// The button that folds and unfolds the rows below a trial's.
  private static func fold(_ below: [TrialResult]) -> String {
    let repeats = below.count { $0.draw > 0 }
    return " <button type=\"button\" class=\"fold js-only\" aria-expanded=\"true\">"
      + "\(PageWords.folded(repeats: repeats, companions: below.count - repeats).html)</button>"
  }

  /// The trial below which another one stands, by number.
  private static func owners(_ findings: Findings) -> [Int: Int] {
    let results = findings.results
    let bests = Set(findings.sizes.map(\.best))
    var owners: [Int: Int] = [:]
    for trial in results.trials where trial.draw > 0 {
      owners[trial.number] =
        results.trials.first { $0.draw == 0 && $0.config == trial.config }?.number
    }
    for trial in results.trials where trial.role == .companion && !bests.contains(trial.number) {
      let solved = results.trials.filter { $0.companion == trial.number && $0.draw == 0 }
      owners[trial.number] = (solved.first { bests.contains($0.number) } ?? solved.first)?.number
    }
    return owners
  }

  /// `bits=4 group_size=128 …`: every setting that is a number or not as usual.
  private static func search(_ trial: TrialResult) -> String {
    TrialConfig.columns.filter {
      [.integer, .number].contains($0.kind) || !$0.isUsual(trial.config)
    }
    .map { "\($0.key)=\($0.text(trial.config))" }.joined(separator: " ")
  }

  private static func trialRow(
    _ trial: TrialResult, _ findings: Findings, _ hasRescued: Bool
  ) -> [Cell] {
    let results = findings.results
    let evaluation = results.mainEvaluation(trial)
    let paired = results.mainBase == nil ? nil : evaluation
    let isBest = findings.sizes.contains { $0.best == trial.number }
    var name = Cell.text(findings.names.name(trial), style: "name \(trial.look.rawValue)")
    if isBest { name.html += " <span \(PageWords.best.attribute("title"))>★</span>" }
    if trial.state != .complete {
      name.html += " <span class=\"dim\">\(PageWords.state(trial.state).html)</span>"
    }
    let calibration = trial.mean(\.relativeErrorCalibration)
    let heldout = trial.mean(\.relativeErrorHeldout)
    let bits = trial.bitsPerWeight > 0 ? trial.bitsPerWeight : nil
    let size = trial.sizeBytes > 0 ? trial.sizeBytes : nil
    var cells: [Cell] = [
      .number(String(trial.number), Double(trial.number)), name,
      .number(
        evaluation.map { NumberText.significant($0.perplexity, 4) } ?? "", evaluation?.perplexity),
      estimate(paired, \.kldMean, \.kldStderr, unit: 1e-3),
      estimate(paired, \.nllDelta, \.nllDeltaStderr, signed: true, unit: 1e-3),
      .number(
        paired.map { NumberText.fixed(100 * $0.sameTopP, 2) } ?? "", paired?.sameTopP),
      .number(bits.map { NumberText.significant($0, 4) } ?? "", bits),
      .number(size.map(NumberText.bytes) ?? "", size.map(Double.init)),
      .number(calibration.map { NumberText.significant($0, 3) } ?? "", calibration),
      .number(heldout.map { NumberText.significant($0, 3) } ?? "", heldout),
    ]
    if hasRescued {
      let count = trial.rescued.count
      cells.append(.number(String(count), trial.modules.isEmpty ? nil : Double(count)))
    }
    let seconds = trial.wallSeconds
    cells.append(
      .number(NumberText.duration(seconds), (0..<1e12).contains(seconds) ? seconds : nil))
    return cells
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
    let questions = Set(
      (results.base + trials.flatMap(\.evaluations)).filter { $0.accuracy != nil }.map(\.domain))
    func accuracy(_ evaluation: Evaluation?, on domain: String) -> [Cell] {
      guard questions.contains(domain) else { return [] }
      return [.number(evaluation.map(accuracyText) ?? "", evaluation?.accuracy)]
    }
    let columns =
      [Column(PageWords.model)]
      + domains.flatMap { domain in
        [
          Column(
            PageWords.perplexity(on: domain),
            source: .init(column: "perplexity", stderr: "perplexity_stderr", domain: domain)),
          Column(
            "KL ± ×10⁻³", help: PageWords.kld(on: domain),
            source: .init(column: "kld_mean", stderr: "kld_stderr", domain: domain, unit: 1e-3)),
        ]
          + (questions.contains(domain)
            ? [
              Column(
                PageWords.accuracy,
                source: .init(
                  column: "accuracy", stderr: "accuracy_stderr", domain: domain, unit: 0.01))
            ] : [])
      }
    var base = Row(
      [Cell(html: PageWords.base.html, key: "base", style: "name base")]
        + domains.flatMap { domain -> [Cell] in
          let evaluation = results.base.first { $0.domain == domain }
          return [estimate(evaluation, \.perplexity, \.perplexityStderr), .number("", nil)]
            + accuracy(evaluation, on: domain)
        })
    base.trial = "base"
    let rows = trials.map { trial in
      var row = Row(
        [Cell.text(findings.names.label(trial), style: "name \(trial.look.rawValue)")]
          + domains.flatMap { domain -> [Cell] in
            let evaluation = trial.evaluation(on: domain)
            let hasBase = results.base.contains { $0.domain == domain }
            return [
              estimate(evaluation, \.perplexity, \.perplexityStderr),
              estimate(hasBase ? evaluation : nil, \.kldMean, \.kldStderr, unit: 1e-3),
            ] + accuracy(evaluation, on: domain)
          })
      row.trial = String(trial.number)
      return row
    }
    return table(columns, (results.base.isEmpty ? [] : [base]) + rows)
  }

  /// What a trial scored on one domain, as texts with their sort keys: perplexity, ΔNLL, KL and the
  /// share of equal first tokens, the last three against a base; where the study has questions, the
  /// share of right answers.
  static func scoreCells(
    _ evaluation: Evaluation, isPaired: Bool, hasQuestions: Bool
  ) -> [(text: String, key: String)] {
    let paired = isPaired ? evaluation : nil
    var cells: [(text: String, value: Double?)] = [
      (text(evaluation, \.perplexity, \.perplexityStderr), evaluation.perplexity),
      (
        text(paired, \.nllDelta, \.nllDeltaStderr, signed: true, unit: 1e-3), paired?.nllDelta
      ), (text(paired, \.kldMean, \.kldStderr, unit: 1e-3), paired?.kldMean),
      (paired.map { NumberText.fixed(100 * $0.sameTopP, 2) } ?? "", paired?.sameTopP),
    ]
    if hasQuestions { cells.append((accuracyText(evaluation), evaluation.accuracy)) }
    return cells.map { text, value in
      let cell = Cell.number(text, value)
      return (cell.key.isEmpty ? NumberText.missing : text, cell.key)
    }
  }

  private static func accuracyText(_ evaluation: Evaluation) -> String {
    guard let share = evaluation.accuracy else { return "" }
    return NumberText.estimate(100 * share, 100 * (evaluation.accuracyStderr ?? .nan)) + " %"
  }

  private static func estimate(
    _ evaluation: Evaluation?, _ value: KeyPath<Evaluation, Double>,
    _ stderr: KeyPath<Evaluation, Double>, signed: Bool = false, unit: Double = 1
  ) -> Cell {
    .number(
      text(evaluation, value, stderr, signed: signed, unit: unit),
      evaluation.map { $0[keyPath: value] })
  }

  private static func text(
    _ evaluation: Evaluation?, _ value: KeyPath<Evaluation, Double>,
    _ stderr: KeyPath<Evaluation, Double>, signed: Bool = false, unit: Double = 1
  ) -> String {
    guard let evaluation else { return "" }
    return NumberText.estimate(
      evaluation[keyPath: value] / unit, evaluation[keyPath: stderr] / unit, signed: signed)
  }
}
