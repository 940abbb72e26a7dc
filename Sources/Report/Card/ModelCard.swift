import Analysis
import Basics
import GPTQ
import Sweep

/// A quantized checkpoint's README.md for the Hugging Face hub: what it is, how it was made, what
/// it scores beside its base, and what is not known about it.
public struct ModelCard: Sendable {
  /// What is published, and under which terms: what the study does not know.
  public struct Subject: Sendable, Equatable {
    /// The published name.
    public var name: String
    /// The base model on the hub, as `owner/name`.
    public var baseModel: String
    /// The licence identifier of the hub, as `llama3.1`.
    public var license: String
    /// Language codes, most important first.
    public var languages: [String]
    /// The command that made the checkpoint.
    public var command: String

    /// A subject; an empty licence is left out of the header.
    public init(
      name: String, baseModel: String, license: String = "", languages: [String] = ["ja"],
      command: String
    ) {
      self.name = name
      self.baseModel = baseModel
      self.license = license
      self.languages = languages
      self.command = command
    }
  }

  private let results: StudyResults
  private let trial: TrialResult
  private let subject: Subject
  private let calibration: CalibrationProvenance

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
    self.results = results
    self.trial = trial
    self.subject = subject
    self.calibration = calibration
  }

  /// The card in `language`.
  public func markdown(_ language: CardLanguage) -> String {
    let words = CardWords.of(language)
    let sections = [
      header, "# \(Self.line(subject.name))",
      words.intro(
        Self.line(subject.baseModel), config.bits, config.groupSize,
        NumberText.bytes(trial.sizeBytes), NumberText.significant(trial.bitsPerWeight, 4)),
      "## \(words.settings)", settings(words), "## \(words.scores)", scores(words),
      "## \(words.calibration)", provenance(words), "## \(words.making)",
      "```sh\n\(subject.command.replacing("```", with: "` ` `"))\n```",
      "## \(words.notes)", notes(words),
    ]
    return sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }

  private var config: QuantizeConfig { trial.config.quantize }

  private var header: String {
    var lines = ["---", "language:"]
    lines += subject.languages.map { "- \(Self.yaml($0))" }
    if !subject.license.isEmpty { lines.append("license: \(Self.yaml(subject.license))") }
    lines += [
      "base_model: \(Self.yaml(subject.baseModel))", "base_model_relation: quantized",
      "library_name: transformers", "pipeline_tag: text-generation", "tags:",
      "- \(config.algorithm == .rtn ? "rtn" : "gptq")", "- \(config.bits)-bit", "- tenbin",
    ]
    let datasets = calibration.sources.map(\.name).filter { $0.contains("/") }
    if !datasets.isEmpty {
      lines.append("datasets:")
      lines += datasets.map { "- \(Self.yaml($0))" }
    }
    return (lines + ["---"]).joined(separator: "\n")
  }

  private func settings(_ words: CardWords) -> String {
    var rows: [(String, String)] = [
      ("bits", String(config.bits)), ("group_size", String(config.groupSize)),
      ("damp_percent (prec_damp)", NumberText.setting(config.dampPercent)),
      ("desc_act", String(config.descAct)), ("static_groups", String(config.staticGroups)),
      ("sym", String(config.sym)), ("scales_dtype", config.scalesDtype.rawValue),
      ("group_timing", config.groupTiming.rawValue), ("rescue", config.rescue.rawValue),
    ]
    if config.algorithm == .rtn {
      let unused = [
        "damp_percent (prec_damp)", "desc_act", "static_groups", "group_timing", "rescue",
      ]
      rows = rows.filter { !unused.contains($0.0) }
    }
    rows.insert(("algorithm", config.algorithm.rawValue), at: 0)
    rows.append(("propagation", trial.config.propagation.rawValue))
    rows.append(("packer", trial.config.packer.rawValue))
    if calibration.maxSeqLength > 0 {
      rows.append(("model_seqlen", String(calibration.maxSeqLength)))
    }
    return table([words.key, words.value], rows.map { [.text($0.0), .text($0.1)] })
  }

  private func scores(_ words: CardWords) -> String {
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
    let environment = results.environment
    var lines: [String] = []
    if environment.calibrationTokens > 0 {
      lines.append(
        words.calibrationSize(
          NumberText.count(environment.calibrationSamples),
          NumberText.count(environment.calibrationTokens)))
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
    if !environment.calibrationHash.isEmpty {
      lines.append("\(words.tokenHash): `\(Self.line(environment.calibrationHash))`")
    }
    return lines.isEmpty ? words.unknownCalibration : Self.bullets(lines)
  }

  private func notes(_ words: CardWords) -> String {
    let environment = results.environment
    var lines: [String] = []
    let rescued = trial.rescued.count
    if rescued > 0 { lines.append(words.rescued(rescued, trial.modules.count)) }
    if trial.config.packer != .exact {
      lines.append(words.inexactPacker(trial.config.packer.rawValue))
    }
    if trial.config.propagation == .shared { lines.append(words.sharedPropagation) }
    lines.append(words.limits)
    let made = [
      "tenbin \(environment.toolVersion)", environment.engine, environment.machine,
      "scales \(config.scalesDtype.rawValue)", "seed \(environment.seed)", environment.started,
    ].filter { !$0.isEmpty && $0 != "tenbin " }.map(Self.line)
    lines.append("\(words.madeWith): \(made.joined(separator: "; "))")
    if !environment.modelHash.isEmpty {
      lines.append("\(words.baseHash): `\(Self.line(environment.modelHash))`")
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
