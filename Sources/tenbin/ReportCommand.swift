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
      abstract: "Writes a study as one self-contained HTML page.",
      discussion: "Example:\n  tenbin report html study.sqlite --output report.html")

    @Argument(help: "The study.", completion: .file(extensions: ["sqlite"]))
    var study: String

    @Option(help: "The page to write.")
    var output: String

    @Option(help: "The language the page opens in, en or ja; its reader may switch.")
    var language = CardLanguage.en

    @OptionGroup var replace: ReplaceOption

    func run() throws {
      var files = replace.files(reading: [study])
      let page = try files.output(output, .page)
      let results = try Study(existing: URL(fileURLWithPath: study)).results()
      let commands = ReportCommands(
        model: ShellWord.quoted(SweepFile.model(of: results)), study: ShellWord.quoted(study))
      try AtomicOutput.write(
        HTMLReport.text(results, language: language, commands: commands), to: page)
      Terminal.say("wrote \(output)")
    }
  }
}
