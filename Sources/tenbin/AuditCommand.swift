import Analysis
import ArgumentParser
import Basics
import Calib
import Compute
import Foundation
import Model
import Report
import Tokenizers

/// `tenbin audit`: is this checkpoint what its quantizer computed?
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Looks for defects in anybody's GPTQ checkpoint.",
    discussion: """
      Without the base model it judges by the codes; with --base it counts; with --calibration it
      measures outputs, too. Exits with 2 when the checkpoint is defective. What is looked for, how,
      and how small a defect is found: docs/audit.md.

      Examples:
        tenbin audit MODEL-int8
        tenbin audit MODEL-int8 --base MODEL --calibration set.sqlite \\
          --html audit.html
        tenbin audit MODEL-int8 --base MODEL --format json
        tenbin audit MODEL-int8 --base MODEL --repair MODEL-int8-repaired \\
          --data heldout.jsonl
      """)

  @Argument(help: "The checkpoint's folder.", completion: .directory)
  var checkpoint: String

  @Option(help: "The model that was quantized.", completion: .directory)
  var base: String?

  @Option(help: "A calibration set, to measure output errors on; needs --base.")
  var calibration: String?

  @Option(help: "Use no more than this many windows of the set.")
  var windows = 32

  @Option(
    help: "Write a checkpoint with its overflowed codes mended to this new folder; needs --base.",
    completion: .directory)
  var repair: String?

  @Option(
    parsing: .upToNextOption, help: "Held-out text for the perplexity before and after a repair.")
  var data: [String] = []

  @Option(help: "The window of --data, in tokens.")
  var context = 512

  @Option(help: "Score no more than this many tokens of each file of --data.")
  var maxTokens: Int?

  @Option(help: "Also write the audit as one HTML page to this file.")
  var html: String?

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  func validate() throws {
    if base == nil, calibration != nil || repair != nil {
      throw ValidationError("--calibration and --repair need --base MODEL_DIR")
    }
    if repair == nil, !data.isEmpty { throw ValidationError("--data goes with --repair OUT") }
  }

  func run() throws {
    let report = try audit(URL(fileURLWithPath: checkpoint))
    try Terminal.print(text(report))
    if let html {
      let page = AuditPage.text(report, name: name, toolVersion: ToolVersion.current)
      try AtomicOutput.write(Data(page.utf8), to: URL(fileURLWithPath: html))
    }
    if format != .table { Terminal.say("verdict: \(report.verdict.rawValue)") }
    if let repair { try mend(report, to: URL(fileURLWithPath: repair)) }
    if report.verdict == .defective { throw ExitCode(2) }
  }

  private func audit(_ url: URL) throws -> AuditReport {
    var tokens: [[Int32]] = []
    if let calibration, let base {
      let set = try CalibrationSet.load(
        from: URL(fileURLWithPath: calibration), modelDirectory: URL(fileURLWithPath: base))
      tokens = Array(set.windows.prefix(max(windows, 1)))
    }
    let audit = CheckpointAudit(
      url, base: base.map { URL(fileURLWithPath: $0) }, calibration: tokens, engine: CPUEngine())
    return try audit.run { done, total in
      if Terminal.isInteractive { Terminal.say("module \(done)/\(total)") }
    }
  }

  private var name: String { URL(fileURLWithPath: checkpoint).lastPathComponent }

  private func text(_ report: AuditReport) -> String {
    switch format {
    case .json: report.json()
    case .table: AuditText.text(report, name: name)
    case .csv, .markdown: AuditText.findings(report).render(as: format)
    }
  }

  /// Writes the repaired checkpoint, audits it, and compares perplexities.
  private func mend(_ report: AuditReport, to output: URL) throws {
    guard let base else { return }
    guard let finding = report.findings.first(where: { $0.defect == .packingOverflow }) else {
      Terminal.say("nothing to repair: no packing overflow; \(output.path) was not written")
      return
    }
    let source = URL(fileURLWithPath: checkpoint)
    let summary = try OverflowRepair(
      source, base: URL(fileURLWithPath: base), engine: CPUEngine()
    ).write(to: output, modules: finding.modules)
    let after = try audit(output)
    Terminal.say(
      "repaired \(summary.repairedCodes) codes and \(summary.clearedCarries) neighbours in"
        + " \(summary.repairedModules) modules; verdict of \(output.path): \(after.verdict.rawValue)"
    )
    guard !data.isEmpty else { return }
    for (before, after) in zip(try scores(source), try scores(output)) {
      Terminal.say(
        "perplexity on \(before.domain): \(rounded(before.perplexity)) before,"
          + " \(rounded(after.perplexity)) after")
    }
  }

  private func scores(_ model: URL) throws -> [Evaluation] {
    let tokenizer = try Tokenizer(directory: URL(fileURLWithPath: base ?? checkpoint))
    // The audit has said all that there is to say of the checkpoint.
    let decoder = try Decoder.open(model, engine: CPUEngine()) { _ in }
    let domains = try [HeldoutDomain](
      reading: data, tokenizer: tokenizer, model: decoder.config, context: context,
      maxTokens: maxTokens
    ) { _ in }
    return try Scoring(decoder).evaluate(domains)
  }

  private func rounded(_ value: Double) -> String { String(format: "%.4f", value) }
}
