import ArgumentParser
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep
import Tensor

/// `tenbin quantize`: one model in, one GPTQ checkpoint out.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantizes a model with GPTQ and writes a checkpoint folder.",
    discussion: """
      Every tensor is read back from disk; packed linears are unpacked and compared with their codes.
      A run that was interrupted goes on where it was when the same command is given again.

      Examples:
        tenbin quantize MODEL_DIR --calibration set.sqlite --bits 4 \\
          --group-size 128 --desc-act --output MODEL-int4
        tenbin quantize MODEL_DIR --calibration set.sqlite --preset nejumi-int8 \\
          --output MODEL-int8
        tenbin quantize MODEL_DIR --calibration set.sqlite \\
          --dynamic '+:.*down_proj={"bits":8}' \\
          --dynamic '-:model\\.layers\\.0\\.={}' --output MODEL-mixed
        tenbin quantize MODEL_DIR --trial study.sqlite#7 --output MODEL-trial7
      """)

  @Argument(
    help: "The model's Hugging Face folder, or its name on the Hub.", completion: .directory)
  var model: String

  @Option(help: "A calibration set (.sqlite), or a .jsonl to build one from with the defaults.")
  var calibration: String?

  @Option(help: "The checkpoint of a trial, STUDY.sqlite#NUMBER, which other flags change.")
  var trial: String?

  @OptionGroup var settings: QuantizeOptions

  @Option(help: "gptq (v1: symmetric grids) or gptq_v2; by default the one that fits.")
  var checkpointFormat: CheckpointFormat?

  @Option(
    help: """
      Names of linears: as published, or as gptqmodel 7 loads them; they differ for mixtral and phi3.
      """)
  var names: ModelNames.Convention?

  @Option(help: "Bytes a shard holds at most, such as 4GB.", transform: ByteSize.parse)
  var shardSize = 4_000_000_000

  @Option(help: "The folder to write.", completion: .directory)
  var output: String

  @OptionGroup var replace: ReplaceOption

  @OptionGroup var resources: PassResources

  @Option(help: "The summary on stdout: table, json (with every module), csv or markdown.")
  var format = OutputFormat.table

  func validate() throws {
    if trial != nil, try settings.preset() != nil {
      throw ValidationError("--trial and --preset are two recipes: give one of them")
    }
  }

  func run() throws {
    let engine = try resources.compute.engine()
    let (config, calibration, study) = try resolved()
    let model = try HubCache().model(model).path
    var files = replace.files(reading: [model, calibration, trial.map(Self.studyFile)])
    let trace = try resources.trace(&files)
    var options = CheckpointOptions(output: try files.output(output, .checkpoint))
    options.replacing = replace.force
    var inputs = try SweepInputs(
      model: model, calibration: calibration, heldout: [], context: 2, heldoutTokens: 2,
      convention: names, engine: engine)
    if let study { try inputs.check(against: study, calibration: self.calibration == nil) }
    (inputs.decoder.config.warnings(for: config) + settings.warnings(for: inputs))
      .forEach(Terminal.warn)
    for note in inputs.notes(for: [config]) { Terminal.say("note: \(note)") }
    options.shardSize = shardSize
    options.format = checkpointFormat
    let bar = ProgressBar(layers: inputs.decoder.config.layers)
    defer { bar.finish() }
    let estimate = PassEstimate(
      inputs.decoder.config, calibration: inputs.calibration.windows.map(\.count),
      evaluation: [], trials: [TrialResult(number: 0, config: config, companion: nil)],
      memoryBudget: resources.memoryBudget)
    inputs.groupsAtOnce = estimate.memory.groupsAtOnce
    try resources.limit(
      engine, estimate.memory, folder: options.output.deletingLastPathComponent(),
      for: "quantize \(self.model)")
    let (result, record) = try resources.watch(bar, engine, trace: trace) {
      [inputs] observers throws(InputError) in
      try inputs.quantize(config, options: options, observers: observers)
    }
    bar.complete()
    let summary = QuantizeSummary(result, record, inputs)
    try Terminal.print(
      format == .json ? summary.json() : nil, else: summary.table, as: format)
    for line in summary.rescues { Terminal.say(line) }
    Terminal.say(
      "all \(record.verifiedTensors) tensors were read back from \(output); the"
        + " \(record.verifiedModules) quantized linears equal their codes\n"
        + "next: tenbin evaluate perplexity \(output) --heldout TEXT.jsonl")
  }

  /// The study of STUDY.sqlite#NUMBER.
  private static func studyFile(_ trial: String) -> String { TrialReference(trial).study }

  /// What to quantize with: the flags alone, or changing the settings and the set of a trial.
  private func resolved() throws -> (TrialConfig, calibration: String, StudyEnvironment?) {
    guard let trial else {
      guard let calibration else {
        throw ValidationError("give --calibration SET, or --trial STUDY.sqlite#NUMBER")
      }
      return (try settings.config(), calibration, nil)
    }
    let reference = TrialReference(trial)
    guard let number = reference.number else {
      throw ValidationError("--trial \(trial): write STUDY.sqlite#NUMBER")
    }
    let results = try Study(existing: URL(fileURLWithPath: reference.study)).results()
    guard let found = results.trials.first(where: { $0.number == number }) else {
      throw InputError(
        .usage, asked: "trial \(number) of \(reference.study)",
        found: results.numberRange.map { "the trials \($0)" } ?? "no trials",
        hint: "tenbin sweep status \(reference.study) lists them")
    }
    guard found.draw == 0 else {
      let own = results.trials.first { $0.draw == 0 && $0.config == found.config }
      throw InputError(
        .usage, asked: "the checkpoint of trial \(number) of \(reference.study)",
        found: "it was solved on another draw of the calibration set, which is not kept",
        hint: own.map { "trial \($0.number) is the same on the set itself" }
          ?? "tenbin sweep status \(reference.study) lists the others")
    }
    let file = try SweepFile(text: results.environment.sweepYAML, name: "the study's sweep.yaml")
    return (
      try settings.config(changing: found.config), calibration ?? file.calibration,
      results.environment
    )
  }
}

/// Sizes such as 500MB, 4GB, 24GiB or a plain number of bytes.
enum ByteSize {
  static func parse(_ text: String) throws -> Int {
    let units: [(String, Double)] = [
      ("TIB", 0x1p40), ("GIB", 0x1p30), ("MIB", 0x1p20), ("KIB", 0x1p10),
      ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("B", 1), ("", 1),
    ]
    let upper = text.uppercased()
    for (unit, factor) in units where upper.hasSuffix(unit) {
      let bytes = (Double(upper.dropLast(unit.count)) ?? -1) * factor
      guard bytes >= 1, bytes < 1e18 else { break }
      return Int(bytes)
    }
    throw ValidationError("\(text) is not a size such as 500MB or 4GB")
  }
}

extension ModelNames.Convention: ExpressibleByArgument {}
