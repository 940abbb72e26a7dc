import Analysis
import ArgumentParser
import Basics
import Calib
import CalibStore
import Compute
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep
import Tokenizers

/// `tenbin audit`: is this checkpoint what its quantizer computed?
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Looks for defects in anybody's GPTQ checkpoint.",
    discussion: """
      Everything that a loader reads is looked at: packed linears, norms, embeddings, config.json, the
      tokenizer. Without the base model it judges by the checkpoint alone; with --base it compares;
      with --calibration it measures outputs, too. A few hundred tokens of plain text are run through
      the checkpoint, and through the base beside it (--functional off leaves that out). Exits with 2 when the checkpoint is defective. What is looked for, how,
      and how small a defect is found: docs/audit.md.

      Examples:
        tenbin audit MODEL-int8
        tenbin audit MODEL-int8 --base MODEL --calibration set.sqlite \\
          --output audit.html
        tenbin audit MODEL-int8 --base MODEL --format json
        tenbin audit MODEL-int8 --base MODEL --repair MODEL-int8-repaired \\
          --heldout heldout.jsonl
      """)

  @Argument(help: "The checkpoint's folder, or its name on the Hub.", completion: .directory)
  var checkpoint: String

  @Option(
    help: "The model that was quantized: its folder, or its name on the Hub.",
    completion: .directory)
  var base: String?

  @Option(help: "A calibration set, to measure output errors on; needs --base.")
  var calibration: String?

  @Option(help: "Use no more than this many windows of the set.")
  var windows = 32

  @Option(
    help: "on, or off: run plain text through the checkpoint, and its base beside it.")
  var functional = Functional.on

  @Option(
    help: """
      Write the checkpoint to this folder with overflowed codes repaired, and what is only in another \
      place put back; needs --base.
      """,
    completion: .directory)
  var repair: String?

  @Option(
    name: .customLong("heldout"), parsing: .upToNextOption,
    help: "Held-out text for the perplexity before and after a repair.")
  var data: [String] = []

  @Option(help: "The window of --heldout, in tokens.")
  var context = 512

  @Option(
    name: .customLong("heldout-tokens"),
    help: "Score no more than this many tokens of each file of --heldout.")
  var maxTokens: Int?

  @Option(
    name: .customLong("output"), help: "Also write the audit as one HTML page to this file.")
  var html: String?

  @OptionGroup var replace: ReplaceOption

  @OptionGroup var compute: ComputeOptions

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  @Option(help: "The language of the text and the page: en or ja; JSON is English.")
  var language = CardLanguage.en

  /// Whether models are run.
  enum Functional: String, ExpressibleByArgument, CaseIterable {
    case on, off
  }

  func validate() throws {
    if base == nil, calibration != nil || repair != nil {
      throw ValidationError("--calibration and --repair need --base MODEL_DIR")
    }
    if repair == nil, !data.isEmpty { throw ValidationError("--heldout goes with --repair OUT") }
  }

  mutating func run() throws {
    checkpoint = try HubCache().model(checkpoint, needs: []).path
    base = try base.map { try HubCache().model($0).path }
    let engine = try compute.engine()
    var files = replace.files(reading: [checkpoint, base, calibration] + data)
    let html = try html.map { try files.output($0, .page) }
    let repair = try repair.map { try files.output($0, .checkpoint, option: "--repair") }
    let report = try audit(URL(fileURLWithPath: checkpoint), engine)
    try Terminal.print(text(report))
    if let html {
      let page = AuditPage.text(
        report, name: name, toolVersion: ToolVersion.current, language: language)
      try AtomicOutput.write(page, to: html)
    }
    if format != .table { Terminal.say("verdict: \(report.verdict.rawValue)") }
    if let repair { try writeRepaired(report, to: repair, engine) }
    if report.verdict == .defective { throw ExitCode(InputError.defectiveExitCode) }
  }

  private func audit(_ url: URL, _ engine: any Engine) throws -> AuditReport {
    var tokens: [[Int32]] = []
    if let calibration, let base {
      let set = try CalibrationSet.load(
        from: URL(fileURLWithPath: calibration), modelDirectory: URL(fileURLWithPath: base))
      tokens = Array(set.windows.prefix(max(windows, 1)))
      let config = try ModelConfig(directory: URL(fileURLWithPath: base))
      let longest = tokens.map(\.count).max() ?? 0
      if let note = config.positionNote(longest, of: "calibration samples") {
        Terminal.say("note: \(note)")
      }
    }
    if let base, !tokens.isEmpty,
      let config = try? ModelConfig(directory: URL(fileURLWithPath: base))
    {
      // A linear is compared with the base's at a time, as a pass on its activations solves one.
      var trial = TrialConfig()
      trial.propagation = .shared
      let plan = MemoryPlan(
        config: config, calibration: [tokens.map(\.count)], evaluation: [],
        trials: [trial])
      try MemoryLimits.current.check(
        plan: plan.total, for: "audit \(url.path) against \(base)",
        smaller: ("give fewer --windows", plan.fixed))
    }
    let audit = CheckpointAudit(
      url, base: base.map { URL(fileURLWithPath: $0) }, calibration: tokens,
      runs: functional == .on, engine: engine)
    if let base, tokens.isEmpty {
      try MemoryLimits.current.check(
        plan: audit.functionBytes, for: "audit \(url.path) against \(base)",
        smaller: ("give --functional off", 0))
    }
    if let cost = audit.functionCost, Terminal.isInteractive { Terminal.say(RepairText.text(cost)) }
    return try audit.run { done, total in
      if Terminal.isInteractive { Terminal.say("module \(done)/\(total)") }
    }
  }

  private var name: String { HubSnapshot.name(of: URL(fileURLWithPath: checkpoint)) }

  private func text(_ report: AuditReport) -> String {
    switch format {
    case .json: report.json()
    case .table: AuditText.text(report, name: name, language: language)
    case .csv, .markdown: AuditText.findings(report, language: language).render(as: format)
    }
  }

  /// Writes the repaired checkpoint, audits it, and compares perplexities.
  private func writeRepaired(_ report: AuditReport, to output: URL, _ engine: any Engine) throws {
    guard let base else { return }
    let (source, original) = (URL(fileURLWithPath: checkpoint), URL(fileURLWithPath: base))
    let order = OrderRepair(source, base: original, engine: engine)
    let plan = try order.plan(report.findings)
    let overflow = report.findings.first { $0.defect == .packingOverflow }
    let done: String
    if !plan.isEmpty {
      try order.write(plan, to: output, replacing: replace.force)
      done = RepairText.text(plan)
    } else if let overflow {
      done = RepairText.text(
        try OverflowRepair(source, base: original, engine: engine)
          .write(to: output, modules: overflow.modules, replacing: replace.force))
    } else {
      Terminal.say(
        "nothing to repair: no packing overflow, and nothing that is only in another place;"
          + " \(output.path) was not written")
      return
    }
    let after = try audit(output, engine)
    Terminal.say("repaired \(done); verdict of \(output.path): \(after.verdict.rawValue)")
    guard !data.isEmpty else { return }
    for (before, after) in zip(try scores(source, engine), try scores(output, engine)) {
      Terminal.say(
        "perplexity on \(before.domain): \(rounded(before.perplexity)) before,"
          + " \(rounded(after.perplexity)) after")
    }
  }

  private func scores(_ model: URL, _ engine: any Engine) throws -> [Evaluation] {
    let tokenizer = try Tokenizer(directory: URL(fileURLWithPath: base ?? checkpoint))
    let domains = try [HeldoutDomain](
      reading: data, tokenizer: tokenizer, model: ModelConfig(directory: model),
      context: context,
      maxTokens: maxTokens
    ) { _ in }
    // The audit has said all that there is to say of the checkpoint.
    let decoder = try Decoder.open(model, engine: engine) { _ in }
    return try Scoring(decoder).evaluate(domains)
  }

  private func rounded(_ value: Double) -> String { String(format: "%.4f", value) }
}
