import Analysis
import ArgumentParser
import Basics
import Foundation
import GPTQ
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
        set, codes and other tensors; where there is none, it says why. With --heldout it measures.

        Examples:
          tenbin report card --quantized MODEL-int4 --study study.sqlite --language ja
          tenbin report card --quantized MODEL-int4 --base MODEL_DIR --heldout wiki.jsonl
          tenbin report card --quantized MODEL-int4 --name owner/MODEL-GPTQ-Int4 \\
            --base-model owner/MODEL --license llama3.1 --output README.md
        """)

    @Option(help: "The checkpoint's folder.", completion: .directory)
    var quantized: String

    @Option(help: "A study with the trial that the checkpoint is, or STUDY.sqlite#NUMBER.")
    var study: String?

    @Option(
      parsing: .upToNextOption,
      help: "Text to measure perplexity on, one domain per file; with --base divergence, too.")
    var heldout: [String] = []

    @Option(
      help:
        "The model that was quantized, to measure and audit against: folder or name on the Hub.",
      completion: .directory)
    var base: String?

    @Option(help: "The window of --heldout, in tokens.")
    var context = 512

    @Option(help: "Score no more than this many tokens of each file of --heldout.")
    var heldoutTokens = 8192

    @Flag(inversion: .prefixedNo, help: "Audit the checkpoint, and state the verdict.")
    var audit = true

    @Option(help: "The language the card is written in: ja or en.")
    var language = CardLanguage.en

    @Option(help: "The name to publish it under, such as owner/MODEL. Default: the folder's.")
    var name: String?

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

    @OptionGroup var compute: ComputeOptions

    func run() throws {
      let reference = study.map(StudyReference.init)
      var files = replace.files(reading: [quantized, reference?.file, base] + heldout)
      let target = try output.map { try files.output($0, .card) }
      let proof = try CheckpointProof(URL(fileURLWithPath: quantized))
      let subject = try CardSubject(
        name: name, baseModel: baseModel, license: license, languages: languages ?? [], base: base
      ).resolved(proof)
      try proof.reader.warnings().forEach(Terminal.warn)
      if proof.hasForeignRecord {
        Terminal.say("warning: tenbin.json is not of these codes, or of an older tenbin: left out")
      }
      if let changed = proof.changed, !changed.isEmpty {
        Terminal.say("warning: changed since it was written: \(changed.joined(separator: ", "))")
      }
      let evidence = try evidence(proof, reference)
      let card = ModelCard(CardFacts(proof), subject: subject, evidence: evidence)
        .markdown(language)
      guard let target else { return try Terminal.print(card) }
      try AtomicOutput.write(card, to: target)
      Terminal.say("wrote \(output ?? "")")
    }

    /// What is known of the checkpoint from a study, from running it, and from its audit.
    private func evidence(
      _ proof: CheckpointProof, _ reference: StudyReference?
    ) throws -> ModelCard.Evidence {
      var evidence = ModelCard.Evidence()
      evidence.loaders = LoaderReport.all(of: proof.reader)
      if let reference {
        let results = try Study(existing: URL(fileURLWithPath: reference.file)).results()
        switch try reference.match(proof, results, checkpoint: quantized) {
        case .success(let trial):
          evidence.trial = trial
          evidence.scores.append(CardScores(trial, of: results))
        case .failure(let unmatched):
          evidence.doubt = unmatched.doubt
          Terminal.say(
            "warning: \(reference.file) has no scores of this checkpoint; the card says why")
        }
      }
      guard audit || !heldout.isEmpty else { return evidence }
      let engine = try compute.engine()
      let measurement = try CardMeasurement(proof, base: base, engine: engine)
      if !heldout.isEmpty {
        evidence.scores.append(
          try measurement.scores(heldout, context: context, maxTokens: heldoutTokens))
      }
      if audit { evidence.audit = try measurement.audit() }
      return evidence
    }
  }
}
