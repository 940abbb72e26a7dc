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
          tenbin report card --quantized MODEL-int4 --base MODEL_DIR \\
            --heldout wiki.jsonl
          tenbin report card --quantized MODEL-int4 --tasks results.json
          tenbin report card --quantized MODEL-int4 --name owner/MODEL-GPTQ-Int4 \\
            --base-model owner/MODEL --license llama3.1 --output README.md
          tenbin report card --leaderboard scores.csv --name owner/MODEL-GPTQ-Int8
        """)

    @Option(help: "The checkpoint's folder.", completion: .directory)
    var quantized: String?

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

    @Option(
      help: "Scores of tasks: what `evaluate tasks --output-results` wrote of this checkpoint.",
      completion: .file(extensions: ["json"]))
    var tasks: String?

    @Flag(inversion: .prefixedNo, help: "Audit the checkpoint, and state the verdict.")
    var audit = true

    @Option(
      help: """
        Published scores of the model called --name: whatever `leaderboard import` reads. Alone, without \
        --quantized, it gives a card of what is published.
        """)
    var leaderboard: String?

    @Option(help: "The language the card is written in: ja or en.")
    var language = CardLanguage.en

    @Option(help: "The name to publish it under, such as owner/MODEL. Default: the folder's.")
    var name: String?

    @Option(help: "The base model on the hub, as owner/name.")
    var baseModel: String?

    @Option(
      help: """
        The hub's identifier of the licence, such as llama3.1. Default: what the card in --base has.
        """)
    var license: String?

    @Option(
      help: """
        The languages of the model, for the card's header, such as ja,en. Default: those that the card \
        in --base has.
        """,
      transform: { $0.split(separator: ",").map(String.init) })
    var languages: [String]?

    @Option(help: "The file to write; without it the card goes to stdout.")
    var output: String?

    @OptionGroup var replace: ReplaceOption

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
      if quantized == nil, tasks != nil || leaderboard == nil || name == nil {
        throw ValidationError("give --quantized FOLDER, or --leaderboard SCORES and --name MODEL")
      }
    }

    func run() throws { _ = try write() }

    /// Writes the card.
    /// - Returns: the audit that it states; nil where none was made.
    func write() throws -> AuditReport? {
      guard let quantized else {
        try publish()
        return nil
      }
      let reference = study.map(StudyReference.init)
      var files = replace.files(
        reading: [quantized, reference?.file, base, leaderboard, tasks] + heldout)
      let target = try output.map { try files.output($0, .card) }
      let proof = try CheckpointProof(URL(fileURLWithPath: quantized))
      let subject = try CardSubject(
        name: name, baseModel: baseModel, license: license, languages: languages, base: base
      ).resolved(proof)
      try proof.reader.warnings().forEach(Terminal.warn)
      if proof.hasForeignRecord {
        Terminal.warn("tenbin.json is not of these codes, or of an older tenbin: left out")
      }
      if let changed = proof.changed, !changed.isEmpty {
        Terminal.warn("changed since it was written: \(changed.joined(separator: ", "))")
      }
      var evidence = try evidence(proof, reference, quantized)
      evidence.leaderboard = try published(as: subject)
      evidence.tasks = try taskScores(proof)
      let card = ModelCard(CardFacts(proof), subject: subject, evidence: evidence)
        .markdown(language)
      try write(card, to: target)
      if let audit = evidence.audit {
        AuditText.summary(audit, name: quantized).forEach(Terminal.say)
      }
      return evidence.audit
    }

    /// The scores of `--tasks`, where they are of the checkpoint's files.
    private func taskScores(_ proof: CheckpointProof) throws -> CardTasks? {
      guard let tasks else { return nil }
      let results = try LMEvalResults(contentsOf: URL(fileURLWithPath: tasks))
      let found = CardTasks(results, modelHash: try ModelIdentity.hash(proof.reader.tensors.url))
      if case .own = found { return found }
      Terminal.say("warning: \(tasks) has no scores of this checkpoint; the card says why")
      return found
    }

    /// Writes a card of what is published alone.
    private func publish() throws {
      var files = replace.files(reading: [leaderboard])
      let target = try output.map { try files.output($0, .card) }
      var subject = try CardSubject(
        name: name, baseModel: baseModel, license: license, languages: languages, base: nil
      ).resolved(nil)
      guard let scores = try published(as: subject) else { return }
      subject.baseModel = subject.baseModel ?? scores.base
      try write(ModelCard(scores, subject: subject).markdown(language), to: target)
    }

    /// The published scores of the subject; nil where none were given.
    private func published(as subject: ModelCard.Subject) throws -> CardLeaderboard? {
      guard let leaderboard else { return nil }
      let table = try LeaderboardExport(URL(fileURLWithPath: leaderboard)).table
      let found = CardLeaderboard(table, model: subject.name, base: subject.baseModel)
      guard let found else {
        let names = Set(table.scores.map(\.model)).sorted()
        throw InputError(
          .usage, asked: "the scores of \(subject.name) in \(leaderboard)",
          found: "none of that name",
          hint: "give --name as it stands there, such as \(names.first ?? "")")
      }
      return found
    }

    private func write(_ card: String, to target: URL?) throws {
      guard let target else { return try Terminal.print(card) }
      try AtomicOutput.write(card, to: target)
      Terminal.say("wrote \(output ?? "")")
    }

    /// What is known of the checkpoint from a study, from running it, and from its audit.
    private func evidence(
      _ proof: CheckpointProof, _ reference: StudyReference?, _ quantized: String
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
          Terminal.warn(
            "\(reference.file) has no scores of this checkpoint; the card says why")
        }
      }
      guard audit || !heldout.isEmpty || base != nil else { return evidence }
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
