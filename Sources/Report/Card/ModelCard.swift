import Analysis
import Basics
import GPTQ
import Results

/// A quantized checkpoint's README.md for the Hugging Face hub: what it is, how it was made, what
/// it scores beside its base, and what is not known about it.
public struct ModelCard: Sendable {
  /// What is published, and under which terms: what the study does not know.
  public struct Subject: Sendable, Equatable {
    /// The published name.
    public var name: String
    /// The base model on the hub, as `owner/name`; nil: not stated.
    public var baseModel: String?
    /// The licence identifier of the hub, as `llama3.1`; empty: not stated.
    public var license: String
    /// Language codes, most important first; empty: not stated.
    public var languages: [String]
    /// The command that made the checkpoint; nil: not known.
    public var command: String?

    /// A subject; what is not stated is left out of the header.
    public init(
      name: String, baseModel: String? = nil, license: String = "", languages: [String] = [],
      command: String? = nil
    ) {
      self.name = name
      self.baseModel = baseModel
      self.license = license
      self.languages = languages
      self.command = command
    }
  }

  /// The scores that a card may print.
  public enum Scores: Sendable {
    /// Those of a trial that the checkpoint is.
    case trial(TrialResult, StudyResults)
    /// None, since the study that was given did not score this checkpoint.
    case foreign(CheckpointProof.Doubt)
    /// None.
    case none
  }

  private let facts: CardFacts
  private let scored: Scores
  private let subject: Subject
  private let calibration: CalibrationProvenance

  /// A card of what `facts` tell.
  public init(
    _ facts: CardFacts, scores: Scores, subject: Subject,
    calibration: CalibrationProvenance = CalibrationProvenance()
  ) {
    self.facts = facts
    scored = scores
    self.subject = subject
    self.calibration = calibration
  }

  /// A card of trial `number` of `results`.
  /// Throws a usage error where the study has no such trial, or it is not complete.
  public init(
    _ results: StudyResults, trial number: Int, subject: Subject,
    calibration: CalibrationProvenance
  ) throws(InputError) {
    guard let trial = results.trial(number) else {
      throw InputError(
        .usage, asked: "write the model card of trial \(number)",
        found: "the study has \(results.numberRange.map { "trials \($0)" } ?? "no trials")",
        hint: "list them with `tenbin sweep status`")
    }
    guard trial.state == .complete else {
      throw InputError(
        .usage, asked: "write the model card of trial \(number)",
        found: "it is \(trial.state.rawValue)",
        hint: trial.state == .running
          ? "rerun the sweep until it is complete" : "name a complete trial")
    }
    self.init(
      CardFacts(trial, of: results.environment), scores: .trial(trial, results), subject: subject,
      calibration: calibration)
  }

  /// The card in `language`.
  public func markdown(_ language: CardLanguage) -> String {
    let words = CardWords.of(language)
    let base = subject.baseModel ?? facts.baseName
    let sections = [
      header, "# \(Self.line(subject.name))",
      words.intro(
        Self.line(base), facts.bits, facts.groupSize, NumberText.bytes(facts.sizeBytes),
        NumberText.significant(facts.bitsPerWeight, 4)),
      "## \(words.settings)", settings(words), "## \(words.scores)", scores(words),
      "## \(words.calibration)", provenance(words), "## \(words.making)",
      subject.command.map { "```sh\n\($0.replacing("```", with: "` ` `"))\n```" }
        ?? words.unknownMaking,
      "## \(words.notes)", notes(words),
    ]
    return sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private var header: String {
    var lines = ["---"]
    if !subject.languages.isEmpty {
      lines.append("language:")
      lines += subject.languages.map { "- \(Self.yaml($0))" }
    }
    if !subject.license.isEmpty { lines.append("license: \(Self.yaml(subject.license))") }
    if let base = subject.baseModel {
      lines += ["base_model: \(Self.yaml(base))", "base_model_relation: quantized"]
    }
    lines += [
      "library_name: transformers", "pipeline_tag: text-generation", "tags:",
      "- \(facts.isRTN == true ? "rtn" : "gptq")", "- \(facts.bits)-bit",
    ]
    if facts.isRTN != nil { lines.append("- tenbin") }
    var datasets: [String] = []
    for source in calibration.sources
    where source.name.contains("/") && !datasets.contains(source.name) {
      datasets.append(source.name)
    }
    if !datasets.isEmpty {
      lines.append("datasets:")
      lines += datasets.map { "- \(Self.yaml($0))" }
    }
    return (lines + ["---"]).joined(separator: "\n")
  }

  private func settings(_ words: CardWords) -> String {
    var rows = facts.settings
    if calibration.maxSeqLength > 0 {
      rows.append(("model_seqlen", String(calibration.maxSeqLength)))
    }
    return table([words.key, words.value], rows.map { [.text($0.key), .text($0.value)] })
  }

  private func scores(_ words: CardWords) -> String {
    let trial: TrialResult
    let results: StudyResults
    switch scored {
    case .none: return words.noScores
    case .foreign(let doubt): return words.noScores + " " + words.doubt(doubt)
    case .trial(let own, let study):
      trial = own
      results = study
    }
    let companion = trial.companion.flatMap { results.trial($0) }
    var columns = [
      words.domain, words.basePerplexity, words.perplexity, "ΔNLL", "KL", words.sameTop,
    ]
    if companion != nil { columns.append(words.rtnPerplexity) }
    let rows = results.allDomains.compactMap { domain -> [Table.Cell]? in
      guard let own = trial.evaluation(on: domain) else { return nil }
      let base = results.base.first { $0.domain == domain }
      var cells: [Table.Cell] = [
        .text(domain), perplexity(base), perplexity(own),
        base == nil ? .missing : .estimate(own.nllDelta, stderr: own.nllDeltaStderr),
        base == nil ? .missing : .estimate(own.kldMean, stderr: own.kldStderr),
        base == nil ? .missing : .text(NumberText.fixed(100 * own.sameTopP, 2) + " %"),
      ]
      if let companion { cells.append(perplexity(companion.evaluation(on: domain))) }
      return cells
    }
    guard !rows.isEmpty else { return words.noScores }
    return table(columns, rows) + "\n\n" + words.scoresNote(results.environment.context)
  }

  private func provenance(_ words: CardWords) -> String {
    var lines: [String] = []
    if facts.calibrationTokens > 0 {
      lines.append(
        words.calibrationSize(
          NumberText.count(facts.calibrationSamples), NumberText.count(facts.calibrationTokens)))
    }
    for source in calibration.sources {
      let details = [
        source.revision, source.rows.isEmpty ? "" : "\(words.rows) \(source.rows)", source.license,
        source.sha256.isEmpty ? "" : "SHA-256 `\(source.sha256)`",
      ].filter { !$0.isEmpty }.map(Self.line)
      lines.append(
        Self.line(source.name) + (details.isEmpty ? "" : ": " + details.joined(separator: ", ")))
    }
    if !calibration.processing.isEmpty {
      lines.append("\(words.processing): `\(Self.line(calibration.processing))`")
    }
    if !calibration.layout.isEmpty {
      lines.append("\(words.layout): \(Self.line(calibration.layout))")
    }
    if !facts.calibrationHash.isEmpty {
      lines.append("\(words.tokenHash): `\(Self.line(facts.calibrationHash))`")
    }
    return lines.isEmpty ? words.unknownCalibration : Self.bullets(lines)
  }

  private func notes(_ words: CardWords) -> String {
    var lines: [String] = []
    if let (count, total) = facts.rescued, count > 0 { lines.append(words.rescued(count, total)) }
    if let packer = facts.packer, packer != .exact {
      lines.append(words.inexactPacker(packer.rawValue))
    }
    if facts.propagation == .shared, facts.isRTN == false { lines.append(words.sharedPropagation) }
    if case .trial = scored { lines.append(words.limits) }
    if facts.isRTN == nil { lines.append(words.filesOnly) }
    if !facts.madeWith.isEmpty {
      let made = facts.madeWith.map(Self.line).joined(separator: "; ")
      lines.append("\(words.madeWith): \(made)")
    }
    if !facts.modelHash.isEmpty {
      lines.append("\(words.baseHash): `\(Self.line(facts.modelHash))`")
    }
    return Self.bullets(lines)
  }

  private func perplexity(_ evaluation: Evaluation?) -> Table.Cell {
    evaluation.map { .estimate($0.perplexity, stderr: $0.perplexityStderr) } ?? .missing
  }

  private func table(_ columns: [String], _ rows: [[Table.Cell]]) -> String {
    let text = Table(columns: columns.map { Table.Column($0) }, rows: rows).markdownText()
    return String(text.dropLast())
  }

  private static func bullets(_ lines: [String]) -> String {
    lines.map { "- \($0)" }.joined(separator: "\n")
  }

  /// One line of Markdown, whatever the text holds.
  private static func line(_ text: String) -> String {
    text.replacing("\n", with: " ").replacing("\r", with: " ").withoutControls
      .replacing("<", with: "&lt;")
  }

  /// A YAML scalar: plain where it is plainly a name, in JSON quotes (which YAML reads) otherwise.
  private static func yaml(_ text: String) -> String {
    let isName =
      text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: "_"), UInt8(ascii: "/"):
          true
        default: false
        }
      } && text.first?.isLetter == true
    let reserved = ["no", "yes", "on", "off", "true", "false", "null", "y", "n"]
    return isName && !reserved.contains(text.lowercased()) ? text : text.jsonQuoted
  }
}
