import Analysis
import ArgumentParser
import Basics
import Foundation
import Model
import Report
import Results
import Sweep

/// `tenbin run`: the whole way from a model and a text to a checkpoint, a report and a model card.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "From a model and a text to the best checkpoint of a size, a report and a card.",
    discussion: """
      Builds a calibration set, keeps text apart to measure on, sweeps a few settings, quantizes by
      the best trial, and writes a report and a model card, auditing the checkpoint for it: exits with
      2 where it is defective. Each step is shown as the command that does it alone. Given again, a run that was stopped goes on where it was.

      Examples:
        tenbin run MODEL_DIR --calibration ja_wiki.jsonl --size int4
        tenbin run org/name --calibration org/texts --heldout wiki.jsonl news.jsonl \\
          --size int8 --output name-int8
      """)

  @Argument(
    help: "The model's Hugging Face folder, or its name on the Hub.", completion: .directory)
  var model: String

  @Option(help: "Text to calibrate on, whatever calib build takes as --source; or a set of it.")
  var calibration: String

  @Option(
    parsing: .upToNextOption,
    help: """
      Text to measure on, one domain per file. Default: a tenth of the calibration text, at most 64 \\
      documents, which the set then leaves out.
      """)
  var heldout: [String] = []

  @Option(help: "int8, int4, int3 or int2: the size of the checkpoint.")
  var size = CheckpointSize.int4

  @Option(help: "The length of a calibration sample, in tokens.")
  var maxSeqLength = 2048

  @Option(help: "Evaluation tokens of each domain.")
  var heldoutTokens = 8192

  @Option(help: "The folder of everything. Default: the model's name and the size.")
  var output: String?

  @OptionGroup var compute: ComputeOptions

  /// Sizes by the names of checkpoints.
  enum CheckpointSize: String, ExpressibleByArgument, CaseIterable {
    case int8, int4, int3, int2

    var bits: Int { Int(rawValue.dropFirst(3)) ?? 4 }
  }

  func run() throws {
    let folder = try HubCache().model(model)
    let config = try ModelConfig(directory: folder)
    let output = output ?? "\(folder.lastName)-\(size.rawValue)"
    let plan = RunPlan(output)
    if heldout.isEmpty, RunPlan.isSet(calibration) {
      throw ValidationError("a set has no text to keep apart: give --heldout, too")
    }
    let (set, texts) = try calibrationSet(plan)
    try writeSweep(plan, config, set, texts)
    try step(["sweep", "run", plan.sweep, "--study", plan.study] + computing)
    let results = try Study(existing: URL(fileURLWithPath: plan.study)).results()
    let best = Findings(results).sizes.first { size in
      results.trial(size.best).map { !$0.isRTN } ?? false
    }
    guard let best else {
      throw InputError(
        .failed, asked: "choose a trial of \(plan.study)", found: "no trial that came to its end",
        hint: "tenbin sweep status \(plan.study) says what became of each")
    }
    let checkpoint = plan.checkpoint
    if plan.isThere("\(checkpoint)/tenbin.json") {
      Terminal.say("\n\(checkpoint) is there")
    } else {
      try step(
        ["quantize", model, "--trial", "\(plan.study)#\(best.best)", "--output", checkpoint]
          + computing)
    }
    try step(["report", "html", plan.study, "--output", plan.report])
    try step(["report", "csv", plan.study, "--output", plan.tables])
    let audit = try card(checkpoint, trial: "\(plan.study)#\(best.best)")
    Terminal.say(
      """

      the checkpoint and its card:  \(checkpoint)
      the report:                   \(plan.report)
      """)
    if audit?.verdict == .defective { throw ExitCode(InputError.defectiveExitCode) }
  }

  /// Writes the card, which takes an audit.
  private func card(_ checkpoint: String, trial: String) throws -> AuditReport? {
    let command = try parsed(
      ["report", "card", "--quantized", checkpoint, "--study", trial, "--base", model]
        + ["--output", "\(checkpoint)/README.md"] + computing)
    return try (command as? ReportCommand.Card)?.write()
  }

  /// The calibration set and the held-out texts, made where they are not given.
  private func calibrationSet(_ plan: RunPlan) throws -> (set: String, heldout: [String]) {
    guard !RunPlan.isSet(calibration) else { return (calibration, heldout) }
    var texts = heldout
    if texts.isEmpty {
      texts = [plan.heldout]
      if !plan.isThere(plan.heldout) {
        let count = try RunPlan.heldoutDocuments(of: calibration)
        try step(
          build(plan.heldoutSet) + ["--take", "random:\(count)", "--layout", "document", "--force"])
        try step(["calib", "export", plan.heldoutSet, "--output", plan.heldout, "--force"])
      }
    }
    if !plan.isThere(plan.set) {
      try step(
        build(plan.set)
          + ["--max-seq-length", "\(maxSeqLength)", "--exclude"] + texts)
    }
    return (plan.set, texts)
  }

  private func build(_ set: String) -> [String] {
    ["calib", "build", "--source", calibration, "--tokenizer", model, "--output", set]
  }

  private func writeSweep(
    _ plan: RunPlan, _ config: ModelConfig, _ set: String, _ texts: [String]
  ) throws {
    var template = SweepTemplate(model: model, config)
    template.calibration = set
    template.heldout = texts
    template.bits = [size.bits]
    template.heldoutTokens = heldoutTokens
    let text = template.text([
      "Written by: tenbin run, for \(size.rawValue).",
      "Calibrated on: \(calibration.debugDescription)"
        + (RunPlan.isSet(calibration) ? "." : ", samples of \(maxSeqLength) tokens."),
    ])
    let file = URL(fileURLWithPath: plan.sweep)
    if let old = try InputFile.dataIfThere(file, asked: "read \(plan.sweep)") {
      guard old == Data(text.utf8) else {
        throw InputError(
          .usage, asked: "go on with \(plan.sweep)",
          found: "the sweep of other settings, or one that was edited",
          hint: "give the settings of before, or another --output")
      }
      return
    }
    try AtomicOutput.write(text, to: file)
    Terminal.say("\nwrote \(plan.sweep)")
  }

  /// What computes, as it was given.
  private var computing: [String] {
    (compute.device == "cpu" ? [] : ["--device", compute.device])
      + (compute.threads.map { ["--threads", "\($0)"] } ?? [])
  }

  /// Shows the command of `arguments` and runs it.
  private func step(_ arguments: [String]) throws {
    var command = try parsed(arguments)
    try command.run()
  }

  /// Shows the command of `arguments`.
  /// - Returns: the command, to be run.
  private func parsed(_ arguments: [String]) throws -> ParsableCommand {
    Terminal.say("\n$ tenbin " + arguments.map(ShellWord.quoted).joined(separator: " "))
    return try Tenbin.parseAsRoot(arguments)
  }
}

extension URL {
  /// The last part of what it is called, on the Hub or as a folder.
  fileprivate var lastName: String {
    HubSnapshot.name(of: self).split(separator: "/").last.map(String.init) ?? "model"
  }
}
