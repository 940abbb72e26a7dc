import ArgumentParser
import Basics
import Compute
import Foundation
import GPTQ
import Report
import Sweep
import Tensor

/// `tenbin quantize`: one model in, one GPTQ checkpoint out.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantizes a model with GPTQ and writes a checkpoint folder.",
    discussion: """
      Every packed linear is read back from disk and compared with its codes.

      Examples:
        tenbin quantize MODEL_DIR --calibration set.sqlite --bits 4 --group-size 128 --desc-act \\
          --output MODEL-int4
        tenbin quantize MODEL_DIR --trial study.sqlite#7 --output MODEL-trial7
      """)

  @Argument(help: "The model's Hugging Face folder.", completion: .directory)
  var model: String

  @Option(help: "A calibration set (.sqlite), or a .jsonl to build one from with the defaults.")
  var calibration: String?

  @Option(help: "The checkpoint of a trial of a study: STUDY.sqlite#NUMBER.")
  var trial: String?

  @OptionGroup var settings: QuantizeOptions

  @Option(help: "gptq (v1: symmetric grids) or gptq_v2; by default the one that fits.")
  var checkpointFormat: CheckpointFormat?

  @Option(help: "Bytes a shard holds at most, such as 4GB.", transform: ByteSize.parse)
  var shardSize = 4_000_000_000

  @Option(help: "The folder to write; it must not exist.", completion: .directory)
  var output: String

  @Option(help: "The summary on stdout: table, json, csv or markdown.")
  var format = OutputFormat.table

  func run() throws {
    let (config, calibration) = try resolved()
    let inputs = try SweepInputs(
      model: model, calibration: calibration, heldout: [], context: 2, heldoutTokens: 2,
      engine: CPUEngine())
    for warning in inputs.decoder.config.warnings(for: config.quantize) {
      Terminal.say("warning: \(warning)")
    }
    var options = CheckpointOptions(output: URL(fileURLWithPath: output))
    options.shardSize = shardSize
    options.format = checkpointFormat
    let bar = ProgressBar(layers: inputs.decoder.config.layers)
    defer { bar.finish() }
    let result = try inputs.quantize(config, options: options, observer: bar)
    bar.finish()
    Terminal.print(summary(result, inputs).render(as: format))
    Terminal.say(
      "every linear was read back from \(output) and equals its codes\n"
        + "next: tenbin evaluate perplexity \(output) --data TEXT.jsonl")
  }

  /// What to quantize with: the flags, or the settings and the set of a trial.
  private func resolved() throws -> (TrialConfig, calibration: String) {
    guard let trial else {
      guard let calibration else {
        throw ValidationError("give --calibration SET, or --trial STUDY.sqlite#NUMBER")
      }
      return (try settings.config(), calibration)
    }
    let parts = trial.split(separator: "#", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[1]) else {
      throw ValidationError("--trial \(trial): write STUDY.sqlite#NUMBER")
    }
    let results = try Study(existing: URL(fileURLWithPath: String(parts[0]))).results()
    guard let found = results.trials.first(where: { $0.number == number }) else {
      throw InputError(
        .usage, asked: "trial \(number) of \(parts[0])",
        found: "trials 0 to \(results.trials.count - 1)", hint: "tenbin sweep status \(parts[0])")
    }
    let file = try SweepFile(text: results.environment.sweepYAML, name: "the study's sweep.yaml")
    return (found.config, calibration ?? file.calibration)
  }

  private func summary(_ trial: TrialResult, _ inputs: SweepInputs) -> Table {
    let worst = trial.modules.max { $0.relativeErrorCalibration < $1.relativeErrorCalibration }
    let rescued = trial.modules.count {
      $0.solverPath != .direct && trial.config.quantize.algorithm != .rtn
    }
    let mean =
      trial.modules.reduce(0) { $0 + $1.relativeErrorCalibration }
      / Double(max(trial.modules.count, 1))
    return Table(
      columns: [
        .init("modules"), .init("bits_per_weight"), .init("size_bytes"),
        .init("relative_error_calibration_mean", title: "mean relative error"),
        .init("worst_module"), .init("modules_rescued"),
      ],
      rows: [
        [
          .integer(trial.modules.count), .number(trial.bitsPerWeight),
          .integer(inputs.checkpointBytes(bitsPerWeight: trial.bitsPerWeight)), .number(mean),
          .text(worst.map { "layers.\($0.layer).\($0.module)" } ?? ""), .integer(rescued),
        ]
      ])
  }
}

/// The flags of `QuantizeConfig`, under its own names.
struct QuantizeOptions: ParsableArguments {
  @Option(help: "gptq, or rtn (round to nearest).")
  var algorithm = QuantizeConfig.Algorithm.gptq

  @Option(help: "Bits a weight: 2, 3, 4 or 8.")
  var bits = 4

  @Option(parsing: .unconditional, help: "Columns that share a scale; -1 is the whole row.")
  var groupSize = 128

  @Option(help: "Damping as a fraction of the mean diagonal of H.")
  var dampPercent = 0.01

  @Flag(inversion: .prefixedNo, help: "Take columns in descending order of activation.")
  var descAct = false

  @Flag(inversion: .prefixedNo, help: "Fix every group's scale before the column loop.")
  var staticGroups = false

  @Flag(inversion: .prefixedNo, help: "A grid symmetric about zero.")
  var sym = true

  @Option(help: "The type of the stored scales: f16, bf16 or f32.")
  var scalesDtype = FloatFormat.f16

  @Option(help: "Groups inside a block see stale (as every peer) or fresh weights.")
  var groupTiming = QuantizeConfig.GroupTiming.stale

  @Option(help: "auto: mend failed and worse-than-RTN solves; off: exactly the damp asked for.")
  var rescue = QuantizeConfig.Rescue.auto

  @Option(help: "quantized: each layer sees the quantized ones before it; shared: the base's.")
  var propagation = TrialConfig.Propagation.quantized

  @Option(help: "exact, or autogptq-bf16 (AutoGPTQ 0.7's defect, for study).")
  var packer = Packer.exact

  func config() throws(InputError) -> TrialConfig {
    var quantize = QuantizeConfig()
    quantize.algorithm = algorithm
    quantize.bits = bits
    quantize.groupSize = groupSize
    quantize.dampPercent = dampPercent
    quantize.descAct = descAct
    quantize.staticGroups = staticGroups
    quantize.sym = sym
    quantize.scalesDtype = scalesDtype
    quantize.groupTiming = groupTiming
    quantize.rescue = rescue
    try quantize.validate()
    var config = TrialConfig(quantize: quantize)
    config.propagation = propagation
    config.packer = packer
    return config
  }
}

extension QuantizeConfig.Algorithm: ExpressibleByArgument {}
extension QuantizeConfig.GroupTiming: ExpressibleByArgument {}
extension QuantizeConfig.Rescue: ExpressibleByArgument {}
extension FloatFormat: ExpressibleByArgument {}
extension TrialConfig.Propagation: ExpressibleByArgument {}
extension Packer: ExpressibleByArgument {}
extension CheckpointFormat: ExpressibleByArgument {}

/// Sizes such as 500MB, 4GB or a plain number of bytes.
enum ByteSize {
  static func parse(_ text: String) throws -> Int {
    let units: [(String, Double)] = [
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
