import Analysis
import ArgumentParser
import Basics
import Compute
import Foundation
import Report
import Sweep

/// `tenbin diagnose`: why is this quantization worse than that one?
struct DiagnoseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "Finds the cause of a difference between two quantizations.",
    discussion: """
      A side is a YAML file of settings (the keys of a sweep's parameters, plus calibration,
      calibration_samples and seed), a preset (nejumi-int4, nejumi-int8), or a checkpoint's folder.
      The ranked causes go to stdout, the findings to stderr, everything to --output. How it works
      and what the JSON holds: docs/diagnosis.md. With --output a run that was interrupted goes on
      where it was when the same command is given again.

      Examples:
        tenbin diagnose MODEL --calibration set.sqlite --suspect int8.yaml \\
          --baseline nejumi-int4 --heldout wiki.jsonl news.jsonl --output report.html
        tenbin diagnose MODEL --calibration set.sqlite --suspect MODEL-int8 \\
          --baseline MODEL-int4 --heldout wiki.jsonl --format json
      """)

  @Argument(
    help: "The base model's Hugging Face folder, or its name on the Hub.", completion: .directory)
  var model: String

  @Option(help: "A calibration set (.sqlite), or a .jsonl to build one from with the defaults.")
  var calibration: String

  @Option(help: "The quantization that is suspected: settings, a preset, or a checkpoint.")
  var suspect: String

  @Option(help: "The one it is held against.")
  var baseline: String

  @Option(
    parsing: .upToNextOption,
    help: "Held-out text, one domain per file, the main one first.")
  var heldout: [String]

  @Option(help: "The window of the held-out text, in tokens.")
  var context = 512

  @Option(help: "Evaluation tokens per domain.")
  var heldoutTokens = 8192

  @Option(
    help:
      "How many times the calibration set is resampled to estimate noise: 3 or more; 2 give wide intervals."
  )
  var seeds = 3

  @Option(help: "Evaluation tokens of the module swap; 0 leaves it out.")
  var swapTokens = 4096

  @Option(help: "Bytes that hidden states may take, such as 4GB.", transform: ByteSize.parse)
  var memoryBudget = 4_000_000_000

  @Option(help: "The page to write.")
  var output: String?

  @OptionGroup var replace: ReplaceOption

  @OptionGroup var compute: ComputeOptions

  @Option(help: "The language of findings and page: en or ja.")
  var language = CardLanguage.en

  @Option(help: "The causes on stdout: table, csv or markdown; json is the whole diagnosis.")
  var format = OutputFormat.table

  func validate() throws {
    guard (1...64).contains(seeds) else { throw ValidationError("--seeds is 1 to 64") }
    guard swapTokens >= 0 else { throw ValidationError("--swap-tokens is 0 or more") }
    guard heldoutTokens >= context else {
      throw ValidationError("--heldout-tokens is at least one window of --context: \(context)")
    }
  }

  func run() throws {
    let engine = try compute.engine()
    let model = try HubCache().model(model).path
    let sides = try (DiagnosisSource(suspect), DiagnosisSource(baseline))
    (sides.0.warnings + sides.1.warnings).forEach(Terminal.warn)
    var files = replace.files(
      reading: [model, calibration, suspect, baseline] + heldout
        + [sides.0.calibrationSet, sides.1.calibrationSet])
    let page = try output.map { try files.output($0, .page) }
    let inputs = try SweepInputs(
      model: model, calibration: calibration, heldout: heldout, context: context,
      heldoutTokens: heldoutTokens, engine: engine)
    var options = DiagnosisOptions()
    options.draws = seeds
    options.swaps = swapTokens > 0
    options.swapTokens = swapTokens
    options.memoryBudget = memoryBudget
    let run = try DiagnosisRun(inputs, suspect: sides.0, baseline: sides.1, options: options)
    for note in run.notes { Terminal.say("note: \(note)") }
    Interruption.handleSignals()
    // A pipe or a device keeps nothing beside it.
    let kept = page.flatMap { OutputPlace($0.path).isStream ? nil : $0.path }
    let lock = try kept.map { path throws(InputError) in
      try OutputLock(
        URL(fileURLWithPath: path + ".lock"), asked: "write the diagnosis \(path)",
        hint: "wait for it, or give another --output")
    }
    defer { withExtendedLifetime(lock) {} }
    let unfinished = kept.map { URL(fileURLWithPath: $0 + ".pass") }
    if let unfinished { try PassCheckpoint.check(unfinished) }
    let bar = ProgressBar(layers: inputs.decoder.config.layers)
    defer { bar.finish() }
    var diagnosis = try run.run(savingIn: unfinished, observers: [bar]) { step in
      bar.complete()
      Terminal.say(step)
    }
    bar.complete()
    diagnosis.findings = DiagnosisPage.sentences(diagnosis, language: language)
    if let page {
      try AtomicOutput.write(DiagnosisPage.text(diagnosis, language: language), to: page)
    }
    try Terminal.print(
      format == .json ? diagnosis.json() : nil, else: DiagnosisPage.table(diagnosis), as: format)
    for sentence in diagnosis.findings { Terminal.say(sentence) }
    if let unfinished { try? FileManager.default.removeItem(at: unfinished) }
    if let output { Terminal.say("wrote \(output)") }
  }
}
