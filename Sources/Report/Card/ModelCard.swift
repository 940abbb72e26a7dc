import Analysis
import GPTQ
import Results

/// A quantized checkpoint's README.md for the Hugging Face hub: what it is, how it was made, what
/// it scores beside its base, and what is not known about it.
public struct ModelCard: Sendable {
  /// What is published, and under which terms: what the files do not know.
  public struct Subject: Sendable, Equatable {
    /// The published name.
    public var name: String
    /// The base model on the hub, as `owner/name`; nil: not stated.
    public var baseModel: String?
    /// The licence identifier of the hub, as `llama3.1`; empty: not stated.
    public var license: String
    /// Language codes, most important first; empty: not stated.
    public var languages: [String]

    /// A subject; what is not stated is left out of the header.
    public init(
      name: String, baseModel: String? = nil, license: String = "", languages: [String] = []
    ) {
      self.name = name
      self.baseModel = baseModel
      self.license = license
      self.languages = languages
    }
  }

  /// What was found out about the checkpoint for its card.
  public struct Evidence: Sendable {
    /// Tables of scores, the one that the header takes first.
    public var scores: [CardScores] = []
    /// Why a study that was given lends none; nil: none was given, or it does.
    public var doubt: CheckpointProof.Doubt?
    /// The trial of a study that the checkpoint is.
    public var trial: TrialResult?
    /// Scores of tasks; nil: no results were given.
    public var tasks: CardTasks?
    /// What a leaderboard's page prints for the model of its name.
    public var leaderboard: CardLeaderboard?
    /// What loaders make of it.
    public var loaders: [LoaderReport] = []
    /// Its audit; nil: none was made.
    public var audit: AuditReport?

    /// Nothing was found out.
    public init() {}
  }

  private let facts: CardFacts
  private let subject: Subject
  private let evidence: Evidence

  /// A card of what `facts` tell and what was found out besides.
  public init(_ facts: CardFacts, subject: Subject, evidence: Evidence = Evidence()) {
    (self.facts, self.subject, self.evidence) = (facts, subject, evidence)
  }

  /// A card of what is published of a model, none of whose files is at hand.
  public init(_ leaderboard: CardLeaderboard, subject: Subject) {
    var facts = CardFacts()
    facts.stated = leaderboard.settings
    facts.tags = ["gptq"] + (leaderboard.bits.map { ["\($0)-bit"] } ?? [])
    var evidence = Evidence()
    evidence.leaderboard = leaderboard
    self.init(facts, subject: subject, evidence: evidence)
  }

  /// Whether there are files that it is of.
  private var hasFiles: Bool { !facts.widths.isEmpty }

  /// The card in `language`.
  public func markdown(_ language: CardLanguage) -> String {
    let words = CardWords(language: language)
    let header = CardHeader(
      facts: facts, subject: subject, scores: evidence.scores, tasks: evidence.tasks)
    let loading = CardLoading(
      facts: facts, name: subject.name, loaders: evidence.loaders, words: words)
    var parts = [
      header.text, "# \(CardMarkup.line(subject.name))",
      hasFiles
        ? words.intro(facts, base: subject.baseModel ?? facts.making?.model ?? "")
        : words.publishedIntro(base: subject.baseModel ?? ""),
    ]
    let sections: [(String, String)] = [
      (words.loading, loading.text), (words.settings, settings(words)),
      (words.scores, hasFiles ? scores(words) : ""),
      (words.tasks, evidence.tasks?.text(words) ?? ""),
      (words.leaderboard, evidence.leaderboard?.text(words) ?? ""), (words.layers, layers(words)),
      (words.calibration, calibration(words)), (words.audit, hasFiles ? audit(words) : ""),
      (words.making, making(words)), (words.notes, notes(words)),
    ]
    for (title, text) in sections where !text.isEmpty { parts += ["## \(title)", text] }
    return parts.joined(separator: "\n\n") + "\n"
  }

  // MARK: Sections

  private func settings(_ words: CardWords) -> String {
    var rows = facts.settings
    if let length = facts.making?.calibrationOrigin?.maxSeqLength {
      rows.append(("model_seqlen", String(length)))
    }
    guard hasFiles else { return facts.stated.isEmpty ? "" : table(facts.stated, words) }
    var parts = [table(rows, words)]
    if !facts.stated.isEmpty { parts += [words.asStated, table(facts.stated, words)] }
    return parts.joined(separator: "\n\n")
  }

  private func table(_ rows: CardFacts.Rows, _ words: CardWords) -> String {
    CardMarkup.table([words.key, words.value], rows.map { [.text($0.key), .text($0.value)] })
  }

  private func scores(_ words: CardWords) -> String {
    let tables = evidence.scores.filter { !$0.rows.isEmpty }
    var parts = tables.flatMap { scores in
      [words.origin(scores)]
        + (scores.overlaps.isEmpty
          ? []
          : [CardMarkup.line(OverlapWords.sentence(scores.overlaps)[words.language])])
        + [table(scores, words), words.scoresNote(scores)]
    }
    let lines = [
      tables.isEmpty ? words.noScores : nil, evidence.doubt.map(words.doubt),
    ].compactMap { $0 }
    if !lines.isEmpty { parts.append(lines.joined(separator: words.pick(" ", ""))) }
    return parts.joined(separator: "\n\n")
  }

  private func table(_ scores: CardScores, _ words: CardWords) -> String {
    func perplexity(_ evaluation: Evaluation?) -> Table.Cell {
      evaluation.map { .estimate($0.perplexity, stderr: $0.perplexityStderr) } ?? .missing
    }
    let hasBase = scores.rows.contains { $0.base != nil }
    let hasRTN = scores.rows.contains { $0.rtn != nil }
    var columns = [words.domain]
    if hasBase { columns.append(words.basePerplexity) }
    columns.append(words.perplexity)
    if hasBase { columns += ["ΔNLL", "KL", words.sameTop] }
    if hasRTN { columns.append(words.rtnPerplexity) }
    return CardMarkup.table(
      columns,
      scores.rows.map { row in
        var cells: [Table.Cell] = [.text(row.domain)]
        if hasBase { cells.append(perplexity(row.base)) }
        cells.append(perplexity(row.own))
        if hasBase {
          let own = row.base == nil ? nil : row.own
          cells += [
            own.map { .estimate($0.nllDelta, stderr: $0.nllDeltaStderr) } ?? .missing,
            own.map { .estimate($0.kldMean, stderr: $0.kldStderr) } ?? .missing,
            own.map { .text(NumberText.fixed(100 * $0.sameTopP, 2) + " %") } ?? .missing,
          ]
        }
        if hasRTN { cells.append(perplexity(row.rtn)) }
        return cells
      })
  }

  private func layers(_ words: CardWords) -> String {
    let rows = CardLayers(facts.modules, trial: evidence.trial).rows
    guard !rows.isEmpty else { return "" }
    let isMeasured = rows.allSatisfy { $0.heldout != nil }
    func error(_ value: Double) -> Table.Cell { .number(value, .significant(3)) }
    let table = CardMarkup.table(
      words.layerColumns(isMeasured: isMeasured),
      rows.map { row in
        var cells: [Table.Cell] = [.text(row.kind), .integer(row.count), error(row.calibration)]
        if isMeasured { cells += [row.heldout, row.rtnHeldout].map { error($0 ?? .nan) } }
        let worst = "\(NumberText.significant(row.worst.error)) (\(row.worst.layer))"
        return cells + [.text(worst), .integer(row.rescued)]
      })
    let hidden = evidence.trial?.hiddenErrors.last.map {
      words.pick(" ", "") + words.hiddenError($0)
    }
    return table + "\n\n" + words.layersNote + (hidden ?? "")
  }

  private func calibration(_ words: CardWords) -> String {
    guard let making = facts.making, facts.isRTN == false else {
      return facts.isRTN == true ? "" : words.unknownCalibration
    }
    var lines = [words.calibrationSize(making.calibrationSamples, making.calibrationTokens)]
    if let origin = making.calibrationOrigin {
      lines += origin.sources.map { CardSource($0).line(words) }
      lines.append("\(words.selection)\(words.colon)`\(CardMarkup.line(origin.take))`")
      lines.append(
        words.processing + words.colon
          + words.processing(clean: origin.clean, normalize: origin.normalize))
      lines.append(words.layout + words.colon + words.windows(origin.layout, origin.maxSeqLength))
      lines.append("\(words.tokenizerHash)\(words.colon)`\(origin.tokenizerHash)`")
    }
    lines.append("\(words.tokenHash)\(words.colon)`\(CardMarkup.line(making.calibrationHash))`")
    return CardMarkup.bullets(lines)
  }

  private func audit(_ words: CardWords) -> String {
    guard let report = evidence.audit else { return words.notAudited }
    let audit = AuditWords(language: words.language)
    var parts = [words.audited(audit.verdict(report))]
    let findings = report.findings.filter { $0.defect != .loaderRefusal }
    if !findings.isEmpty {
      parts.append(
        CardMarkup.bullets(
          findings.map { finding in
            "\(audit.level(finding.level))\(words.colon)`\(finding.defect.rawValue)`\(words.comma)"
              + CardMarkup.line(audit.text(finding.evidence))
          }))
    }
    return parts.joined(separator: "\n\n")
  }

  private func making(_ words: CardWords) -> String {
    guard let making = facts.making, let config = facts.config else { return words.unknownMaking }
    let lines = CardCommand.lines(
      making, config, format: facts.format,
      output: subject.name.split(separator: "/").last.map(String.init) ?? subject.name)
    return words.again + "\n\n" + CardMarkup.code(lines.joined(separator: "\n"), "sh")
  }

  private func notes(_ words: CardWords) -> String {
    var lines: [String] = []
    if let changed = facts.changed, !changed.isEmpty { lines.append(words.changed(changed)) }
    lines += facts.doubts.map { words.doubtful(CardMarkup.line($0)) }
    if facts.rescued > 0 { lines.append(words.rescued(facts.rescued, of: facts.modules.count)) }
    if let config = facts.config {
      if config.packer != .exact { lines.append(words.inexactPacker(config.packer.rawValue)) }
      if config.propagation == .shared, facts.isRTN == false {
        lines.append(words.sharedPropagation)
      }
    }
    if evidence.scores.contains(where: { !$0.rows.isEmpty }) { lines.append(words.limits) }
    guard hasFiles else {
      let isRounded = facts.stated.contains { $0.key == "damp_percent_printed" }
      return CardMarkup.bullets(isRounded ? [words.roundedDamp] : [])
    }
    guard let making = facts.making else {
      return CardMarkup.bullets(lines + [words.filesOnly])
    }
    let made = ["tenbin \(facts.toolVersion)", making.engine, making.machine]
      .filter { !$0.isEmpty && $0 != "tenbin " }.map(CardMarkup.line)
    lines.append(words.madeWith + words.colon + made.joined(separator: "; "))
    if let commit = making.modelRevision {
      lines.append("\(words.baseRevision)\(words.colon)`\(CardMarkup.line(commit))`")
    }
    lines.append("\(words.baseHash)\(words.colon)`\(CardMarkup.line(making.modelHash))`")
    return CardMarkup.bullets(lines)
  }
}
