import ArgumentParser
import Basics
import Calib
import Foundation
import GPTQ
import Model
import Report
import Sweep

extension CardLanguage: ExpressibleByArgument {}

extension ReportCommand {
  struct Card: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes the model card (README.md) of a quantized checkpoint.",
      discussion: """
        With --study the card has the scores of the trial whose settings the checkpoint has, and
        says where the calibration texts came from, if the set is still there.

        Examples:
          tenbin report card --quantized MODEL-int4 --study study.sqlite --language ja
          tenbin report card --quantized MODEL-int4 --base-model owner/MODEL \\
            --license llama3.1 --output MODEL-int4/README.md
        """)

    @Option(help: "The checkpoint's folder.", completion: .directory)
    var quantized: String

    @Option(help: "A study with a trial of the same settings, or STUDY.sqlite#NUMBER.")
    var study: String?

    @Option(help: "ja or en.")
    var language = CardLanguage.en

    @Option(help: "The base model on the hub, as owner/name.")
    var baseModel: String?

    @Option(help: "The hub's identifier of the licence, such as llama3.1.")
    var license = ""

    @Option(help: "The file to write; without it the card goes to stdout.")
    var output: String?

    func run() throws {
      let folder = URL(fileURLWithPath: quantized)
      let checkpoint = try CheckpointSummary(folder)
      var results = checkpoint.results
      var number = 0
      var provenance = CalibrationProvenance()
      var command = "tenbin quantize BASE_MODEL --calibration SET.sqlite --output \(folder.name)"
      if let study {
        let reference = TrialReference(study)
        results = try Study(existing: URL(fileURLWithPath: reference.study)).results()
        number = try trial(reference.number, of: results, like: checkpoint).number
        command =
          "tenbin quantize \(results.environment.model) --trial \(reference.study)#\(number)"
          + " --output \(folder.name)"
        provenance = Self.provenance(results)
      }
      let card = try ModelCard(
        results, trial: number,
        subject: ModelCard.Subject(
          name: folder.name, baseModel: baseModel ?? checkpoint.baseName(results.environment.model),
          license: license, command: command),
        calibration: provenance
      ).markdown(language)
      guard let output else { return try Terminal.print(card) }
      try AtomicOutput.write(card, to: URL(fileURLWithPath: output))
      Terminal.say("wrote \(output)")
    }

    /// The trial asked for, or the first complete one of the checkpoint's settings.
    private func trial(
      _ number: Int?, of results: StudyResults, like checkpoint: CheckpointSummary
    ) throws(InputError) -> TrialResult {
      let matching = results.trials.filter {
        $0.draw == 0 && $0.state == .complete && checkpoint.matches($0.config)
      }
      let asked = results.trials.first { $0.number == number }
      // A checkpoint written with propagation has its own trial before one on shared activations.
      let own = matching.first { $0.config.propagation == .quantized }
      guard let trial = number == nil ? own ?? matching.first : asked else {
        throw InputError(
          .usage, asked: "write the card of \(quantized) with \(study ?? "")",
          found: number == nil
            ? "no complete trial of its settings (\(checkpoint.settings))" : "no such trial",
          hint: number == nil
            ? "give a study with such a trial, or leave --study out"
            : "name one that `tenbin sweep status` lists, or none")
      }
      guard checkpoint.matches(trial.config) else {
        throw InputError(
          .usage, asked: "write the card of \(quantized) with trial \(trial.number)",
          found: "the trial is \(trial.label), the checkpoint \(checkpoint.settings)",
          hint: "name the trial that the checkpoint was made from")
      }
      return trial
    }

    /// Where the study's calibration texts came from, if its set is still there, unchanged.
    private static func provenance(_ results: StudyResults) -> CalibrationProvenance {
      guard
        let file = try? SweepFile(text: results.environment.sweepYAML, name: "sweep.yaml"),
        let set = try? CalibrationSet.read(from: URL(fileURLWithPath: file.calibration)),
        set.hash == results.environment.calibrationHash
      else { return CalibrationProvenance() }
      let recipe = set.recipe
      return CalibrationProvenance(
        sources: set.sources.map { source in
          .init(
            name: URL(fileURLWithPath: source.name).lastPathComponent, rows: recipe.take.text,
            sha256: source.isWhole ? source.sha256 : "")
        },
        processing: "--clean \(recipe.clean?.rawValue ?? "none") --normalize \(recipe.normalize)",
        layout: recipe.layout.rawValue, maxSeqLength: recipe.maxSeqLength ?? 0)
    }
  }
}

/// What a checkpoint folder says of itself.
private struct CheckpointSummary {
  let config: QuantizeConfig
  let settings: String
  let results: StudyResults
  private let base: String

  init(_ folder: URL) throws(InputError) {
    let reader = try GPTQCheckpointReader(folder)
    try reader.warnings().forEach(Terminal.warn)
    let model = try ModelConfig(directory: folder)
    var config = QuantizeConfig()
    config.bits = reader.config.bits
    config.groupSize = reader.config.groupSize
    config.sym = reader.config.sym
    config.descAct = reader.config.descAct
    let record = try? Data(contentsOf: folder.appendingPathComponent("tenbin.json"))
    let written = record.flatMap { try? JSONDecoder().decode(CheckpointRecord.self, from: $0) }
    config = written?.quantize ?? config
    self.config = config
    let damp = written == nil ? "" : " damp_percent \(config.dampPercent)"
    settings =
      "\(config.algorithm.rawValue) bits \(config.bits) group_size \(config.groupSize)"
      + " desc_act \(config.descAct) sym \(config.sym)\(damp)"
    var trial = TrialResult(number: 0, config: TrialConfig(quantize: config), companion: nil)
    trial.config.propagation = .quantized
    trial.state = .complete
    trial.bitsPerWeight = model.bitsPerWeight(of: trial.config)
    trial.sizeBytes = reader.tensors.byteCount
    var environment = StudyEnvironment()
    environment.toolVersion = written?.tenbinVersion ?? ""
    results = StudyResults(environment: environment, base: [], trials: [trial])
    base = folder.name
  }

  /// Whether a trial of `config` may have made the checkpoint: the settings that are in it.
  func matches(_ config: TrialConfig) -> Bool {
    var stored = config.quantize
    // AutoGPTQ's packer stores BF16 scales whatever is asked for.
    if config.packer == .autogptqBF16 { stored.scalesDtype = .bf16 }
    return stored == self.config
  }

  /// The base model's name, as far as it can be told.
  func baseName(_ studied: String) -> String { studied.isEmpty ? "the base of \(base)" : studied }
}

extension URL {
  /// The folder's name.
  fileprivate var name: String { standardizedFileURL.lastPathComponent }
}
