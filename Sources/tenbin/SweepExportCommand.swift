import ArgumentParser
import Basics
import Foundation
import Report
import Results
import Sweep

/// `tenbin sweep export`: a study as the files of other tools.
struct SweepExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes a study for other tools: CSVs, Optuna, W&B.",
    subcommands: [CSV.self, Optuna.self, Wandb.self])

  /// The study and where it goes.
  struct Paths: ParsableArguments {
    @Argument(help: "The study.", completion: .file(extensions: ["sqlite"]))
    var study: String

    @Option(help: "The file to write; for CSVs the folder.")
    var output: String

    @OptionGroup var replace: ReplaceOption

    func results() throws -> StudyResults {
      try Study(existing: URL(fileURLWithPath: study)).results()
    }

    /// Where the output goes.
    func target(_ kind: OutputKind) throws(InputError) -> URL {
      var files = replace.files(reading: [study])
      return try files.output(output, kind)
    }
  }
}

extension SweepExport {
  struct CSV: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes \(StudyTables.list), and figures/, the data of every plot.",
      discussion: "Example:\n  tenbin sweep export csv study.sqlite --output folder/")
    @OptionGroup var paths: Paths

    func run() throws { try Self.write(paths) }

    /// Writes the tables of the study, and the data of each figure of its page.
    static func write(_ paths: Paths) throws {
      var files = paths.replace.files(reading: [paths.study])
      func target(_ name: String) throws -> URL {
        try files.output("\(paths.output)/\(name).csv", .csv)
      }
      let tables = try StudyTables.all.map { try target($0.name) }
      let results = try paths.results()
      let figures = FigureCSVs.all(results)
      let targets = try tables + figures.map { try target("figures/\($0.name)") }
      let texts = StudyTables.all.map { $0.text(results) } + figures.map(\.text)
      for (text, target) in zip(texts, targets) { try AtomicOutput.write(text, to: target) }
      try removeOthers(than: figures.map(\.name), in: "\(paths.output)/figures")
      Terminal.say("wrote \(StudyTables.list), and figures/, to \(paths.output)")
    }

    /// Removes the data of plots that this study has not, and an earlier one in the same folder had: side
    /// by side with its tables they would pass for its own.
    private static func removeOthers(than names: [String], in folder: String) throws {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for file in files where file.hasSuffix(".csv") && !names.contains(String(file.dropLast(4))) {
        let url = URL(fileURLWithPath: "\(folder)/\(file)")
        let content = try FileContent(of: url)
        if content.kind == .csv, content.isOurs { try FileManager.default.removeItem(at: url) }
      }
    }
  }

  struct Optuna: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes an Optuna storage: the search's trials, for its dashboard and plots.",
      discussion: """
        optuna-dashboard sqlite:///optuna.db shows what the example writes.

        Example:
          tenbin sweep export optuna study.sqlite --output optuna.db
        """)
    @OptionGroup var paths: Paths

    func run() throws {
      let target = try paths.target(.optuna)
      try OptunaExport.write(paths.results(), to: target)
      Terminal.say("wrote \(paths.output)")
    }
  }

  struct Wandb: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes one run a line as JSON: name, state, config, summary, history.",
      discussion: "Example:\n  tenbin sweep export wandb study.sqlite --output runs.jsonl")
    @OptionGroup var paths: Paths

    func run() throws {
      let target = try paths.target(.runs)
      try AtomicOutput.write(WandbExport.text(paths.results()), to: target)
      Terminal.say("wrote \(paths.output)")
    }
  }
}
