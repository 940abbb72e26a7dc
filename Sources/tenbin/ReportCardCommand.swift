import ArgumentParser
import Basics
import Calib
import CalibStore
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep

extension CardLanguage: ExpressibleByArgument {}

extension ReportCommand {
  struct Card: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes the model card (README.md) of a quantized checkpoint.",
      discussion: """
        States what the files show, and what tenbin.json records of these very codes. With --study it
        has the scores of the trial that the checkpoint is: of the same model, settings, calibration
        set and codes; where there is none, it says why.

        Examples:
          tenbin report card --quantized MODEL-int4 --study study.sqlite --language ja
          tenbin report card --quantized MODEL-int4 --base-model owner/MODEL \\
            --output README.md
        """)

    @Option(help: "The checkpoint's folder.", completion: .directory)
    var quantized: String

    @Option(help: "A study with the trial that the checkpoint is, or STUDY.sqlite#NUMBER.")
    var study: String?

    @Option(help: "The language the card is written in: ja or en.")
    var language = CardLanguage.en

    @Option(help: "The base model on the hub, as owner/name.")
    var baseModel: String?

    @Option(help: "The hub's identifier of the licence, such as llama3.1.")
    var license = ""

    @Option(
      help: "The languages of the model, for the card's header, such as ja,en.",
      transform: { $0.split(separator: ",").map(String.init) })
    var languages: [String]?

    @Option(help: "The file to write; without it the card goes to stdout.")
    var output: String?

    @OptionGroup var replace: ReplaceOption

    func run() throws {
      // A path may hold the separator, a number does not.
      let parts = study?.splitAtLast("#")
      let file = parts.map { $0.number == nil ? study ?? "" : $0.path }
      var files = replace.files(reading: [quantized, file])
      let target = try output.map { try files.output($0, .card) }
      let folder = URL(fileURLWithPath: quantized)
      let proof = try CheckpointProof(folder)
      try proof.reader.warnings().forEach(Terminal.warn)
      if proof.hasForeignRecord {
        Terminal.say("warning: tenbin.json is not of these codes, or of an older tenbin: left out")
      }
      var subject = ModelCard.Subject(
        name: folder.name, baseModel: try hubName() ?? proof.hubName, license: license,
        languages: languages ?? [])
      subject.command = Self.command(proof, output: folder.name)
      var scores = ModelCard.Scores.none
      var facts = CardFacts(proof)
      var provenance = CalibrationProvenance()
      if let file {
        let results = try Study(existing: URL(fileURLWithPath: file)).results()
        switch try match(proof, results, number: parts?.number) {
        case .success(let trial):
          scores = .trial(trial, results)
          facts = CardFacts(trial, of: results.environment)
          facts.sizeBytes = proof.reader.tensors.byteCount
          provenance = Self.provenance(results)
          subject.command =
            "tenbin quantize \(results.environment.modelName) --trial \(file)#\(trial.number)"
            + " --output \(folder.name)"
        case .failure(let doubt):
          scores = .foreign(doubt.doubt)
          Terminal.say("warning: \(file) has no scores of this checkpoint; the card says why")
        }
      }
      let card = ModelCard(facts, scores: scores, subject: subject, calibration: provenance)
        .markdown(language)
      guard let target else { return try Terminal.print(card) }
      try AtomicOutput.write(card, to: target)
      Terminal.say("wrote \(output ?? "")")
    }

    /// `--base-model`, which hubs link by: owner/name.
    private func hubName() throws(InputError) -> String? {
      guard let baseModel else { return nil }
      let parts = baseModel.split(separator: "/", omittingEmptySubsequences: false)
      let isName =
        parts.count == 2
        && parts.allSatisfy { part in
          !part.isEmpty
            && part.unicodeScalars.allSatisfy {
              $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
                || "-._".unicodeScalars.contains($0)
            }
        }
      guard isName else {
        throw InputError(
          .usage, asked: "--base-model \(baseModel)", found: "no name of a model on the hub",
          hint: "write owner/name, such as --base-model meta-llama/Llama-3.1-8B; or leave it out")
      }
      return baseModel
    }

    private struct Unmatched: Error {
      let doubt: CheckpointProof.Doubt
    }

    /// The trial that the checkpoint is, of all complete ones or the one asked for; else the doubt of
    /// the one that comes closest.
    private func match(
      _ proof: CheckpointProof, _ results: StudyResults, number: Int?
    ) throws(InputError) -> Result<TrialResult, Unmatched> {
      var trials = results.trials.filter { $0.draw == 0 && $0.state == .complete }
      if let number {
        guard let asked = results.trial(number), asked.state == .complete, asked.draw == 0 else {
          throw InputError(
            .usage, asked: "write the card of \(quantized) with trial \(number)",
            found: results.trial(number).map {
              $0.draw == 0 ? "it is \($0.state.rawValue)" : "it is a repeat on another draw"
            } ?? "no such trial", hint: "`tenbin sweep status` lists them")
        }
        trials = [asked]
      }
      var closest = CheckpointProof.Doubt.noRecord
      for trial in trials {
        guard let doubt = proof.doubt(of: trial, in: results.environment) else {
          return .success(trial)
        }
        closest = max(closest, doubt)
      }
      return .failure(Unmatched(doubt: closest))
    }

    /// The command that a record proves; nil where there is none.
    private static func command(_ proof: CheckpointProof, output: String) -> String? {
      guard let making = proof.record?.making, let config = proof.config else { return nil }
      let quantize = config.quantize
      var parts = [
        "tenbin quantize \(making.modelName) --calibration \(making.calibration)",
        "--algorithm \(quantize.algorithm.rawValue) --bits \(quantize.bits)",
        "--group-size \(quantize.groupSize)",
      ]
      if quantize.algorithm != .rtn {
        parts.append("--damp-percent \(quantize.dampPercent)")
        if quantize.descAct { parts.append("--desc-act") }
        if quantize.actGroupAware { parts.append("--act-group-aware") }
        if quantize.staticGroups { parts.append("--static-groups") }
        if quantize.groupTiming != .blockStart {
          parts.append("--group-timing \(quantize.groupTiming.rawValue)")
        }
        if quantize.rescue != .auto { parts.append("--rescue \(quantize.rescue.rawValue)") }
        parts.append("--propagation \(config.propagation.rawValue)")
      }
      if !quantize.sym { parts.append("--no-sym") }
      if quantize.scalesDtype != .f16, config.packer == .exact {
        parts.append("--scales-dtype \(quantize.scalesDtype.rawValue)")
      }
      if config.packer != .exact { parts.append("--packer \(config.packer.rawValue)") }
      if let modules = config.modules {
        let names = modules.map(\.rawValue).joined(separator: "," as String)
        parts.append("--modules-in-block-to-quantize \(names)")
      }
      if config.quantizesHead { parts.append("--lm-head") }
      for rule in config.dynamic.rules { parts.append("--dynamic '\(rule.key)={…}'") }
      return (parts + ["--output \(output)"]).joined(separator: " ")
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
          let hub = HubName(source.name).flatMap { $0.path == nil ? nil : $0 }
          return .init(
            name: hub?.repository ?? URL(fileURLWithPath: source.name).lastPathComponent,
            revision: hub?.revision ?? "", rows: recipe.take.text,
            sha256: source.isWhole ? source.sha256 : "")
        },
        processing: "--clean \(recipe.clean?.rawValue ?? "none") --normalize \(recipe.normalize)",
        layout: recipe.layout.rawValue, maxSeqLength: recipe.maxSeqLength ?? 0)
    }
  }
}

extension String {
  /// `STUDY.sqlite#7` as path and number; without a number behind the last separator, all is path.
  fileprivate func splitAtLast(_ separator: Character) -> (path: String, number: Int?) {
    guard let at = lastIndex(of: separator), let number = Int(self[index(after: at)...]) else {
      return (self, nil)
    }
    return (String(self[..<at]), number)
  }
}

extension CheckpointProof {
  /// The base model's name on the Hub, where the record has one.
  fileprivate var hubName: String? {
    guard let making = record?.making, making.modelRevision != nil else { return nil }
    return making.model
  }
}

extension CheckpointRecord.Making {
  /// The base model as it is typed.
  fileprivate var modelName: String { model + (modelRevision.map { "@\($0)" } ?? "") }
}

extension StudyEnvironment {
  /// The base model as it is typed.
  fileprivate var modelName: String { model + (modelRevision.isEmpty ? "" : "@\(modelRevision)") }
}

extension URL {
  /// The folder's name.
  fileprivate var name: String { standardizedFileURL.lastPathComponent }
}
