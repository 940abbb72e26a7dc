import Analysis
import ArgumentParser
import Basics
import Foundation
import Report
import Results
import Sweep

/// `tenbin report`: a study as a page, as tables, as a model card.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Writes a study as an HTML report, CSV files or a model card.",
    subcommands: [HTML.self, CSV.self, Card.self])
}

extension ReportCommand {
  /// What `sweep export csv` writes, too.
  struct CSV: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: SweepExport.CSV.configuration.abstract,
      discussion: "Example:\n  tenbin report csv study.sqlite --output folder/")
    @OptionGroup var paths: SweepExport.Paths

    func run() throws { try SweepExport.CSV.write(paths) }
  }

  struct HTML: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes a study, or two side by side, as one self-contained HTML page.",
      discussion: """
        Examples:
          tenbin report html study.sqlite --output report.html
          tenbin report html study.sqlite --diagnosis why.json \\
            --output report.html
          tenbin report html new.sqlite --against old.sqlite --output compare.html
          tenbin report html study.sqlite#3 --against study.sqlite#7 \\
            --output compare.html
        """)

    @Argument(
      help: "The study; with --against also one of its trials, STUDY.sqlite#NUMBER.",
      completion: .file(extensions: ["sqlite"]))
    var study: String

    @Option(
      help: "The study, or the trial, to hold it against.",
      completion: .file(extensions: ["sqlite"]))
    var against: String?

    @Option(
      help:
        "What tenbin diagnose --format json printed on the study's model: its causes are shown, too.",
      completion: .file(extensions: ["json"]))
    var diagnosis: String?

    @Option(help: "The page to write.")
    var output: String

    @Option(help: "The language the page opens in, en or ja; its reader may switch.")
    var language = CardLanguage.en

    @OptionGroup var replace: ReplaceOption

    func validate() throws {
      if against != nil, diagnosis != nil {
        throw ValidationError("--diagnosis belongs to the page of one study, without --against")
      }
    }

    func run() throws {
      let inputs = [study, against].map { $0.map { TrialReference($0).study } } + [diagnosis]
      var files = replace.files(reading: inputs)
      let page = try files.output(output, .page)
      let text = try against.map(comparison) ?? study(alone: study)
      try AtomicOutput.write(text, to: page)
      Terminal.say("wrote \(output)")
    }

    private func study(alone study: String) throws -> String {
      let reference = TrialReference(study)
      if let number = reference.number {
        throw InputError(
          .usage, asked: "write a page of trial \(number) of \(reference.study)",
          found: "a page is of a whole study, where every trial can be looked at",
          hint: "give \(reference.study), or hold the trial --against another one")
      }
      let results = try Study(existing: URL(fileURLWithPath: study)).results()
      let commands = ReportCommands(
        model: ShellWord.quoted(SweepFile.model(of: results)), study: ShellWord.quoted(study))
      return HTMLReport.text(
        results, language: language, commands: commands,
        diagnosis: try diagnosis.map { PagePart(try cause($0, results)) })
    }

    /// The diagnosis in a file, which is of the study's own model.
    private func cause(_ file: String, _ results: StudyResults) throws(InputError) -> Diagnosis {
      let diagnosis = try Diagnosis(contentsOf: URL(fileURLWithPath: file), name: file)
      let model = results.environment.model
      if !model.isEmpty, diagnosis.model != model {
        throw InputError(
          .usage, asked: "show the diagnosis \(file) with the study \(study)",
          found: "the diagnosis is of \(diagnosis.model), the study of \(model)",
          hint:
            "give one that tenbin diagnose \(SweepFile.model(of: results)) … --format json printed")
      }
      return diagnosis
    }

    // MARK: Two of them

    private func comparison(_ against: String) throws -> String {
      let references = [study, against].map { TrialReference($0) }
      let paths = references.map { URL(fileURLWithPath: $0.study).standardizedFileURL.path }
      let isOne = paths[0] == paths[1]
      let asked = "hold \(study) against \(against)"
      if (references[0].number == nil) != (references[1].number == nil) {
        throw InputError(
          .usage, asked: asked, found: "a trial and a whole study",
          hint: "name a trial of both, or of neither: STUDY.sqlite#NUMBER is a trial")
      }
      if isOne, references[0].number == references[1].number {
        throw InputError(
          .usage, asked: asked, found: "they are the same",
          hint: "give another study, or two trials: \(references[0].study)#0 and"
            + " \(references[0].study)#1")
      }
      let sides = try references.map { reference in
        let results = try Study(existing: URL(fileURLWithPath: reference.study)).results()
        return ComparisonPage.Side(
          name: self.name(reference, results), results: results,
          trial: try reference.number.map { try trial($0, of: results, asked, reference.study) })
      }
      return ComparisonPage(sides[0], sides[1], isOneStudy: isOne).text(language: language)
    }

    /// The file's name and the trial's settings.
    private func name(_ reference: TrialReference, _ results: StudyResults) -> String {
      let file = URL(fileURLWithPath: reference.study).lastPathComponent
      guard let number = reference.number, let trial = results.trial(number) else { return file }
      return "\(file) \(TrialNames(results.trials).label(trial))"
    }

    private func trial(
      _ number: Int, of results: StudyResults, _ asked: String, _ study: String
    ) throws(InputError) -> TrialResult {
      let trial = results.trial(number)
      if let trial, !trial.evaluations.isEmpty { return trial }
      throw InputError(
        .usage, asked: asked,
        found: trial.map { "trial \(number) of \(study) is \($0.state.rawValue), without scores" }
          ?? results.numberRange.map { "the trials of \(study) are \($0)" }
          ?? "\(study) has no trials",
        hint: "tenbin sweep status \(study) lists them")
    }
  }
}
