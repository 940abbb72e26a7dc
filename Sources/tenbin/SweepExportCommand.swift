import ArgumentParser
import Basics
import Foundation
import Report
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

    func results() throws -> StudyResults {
      try Study(existing: URL(fileURLWithPath: study)).results()
    }
  }
}

extension SweepExport {
  struct CSV: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes trials.csv, evaluations.csv and layers.csv.",
      discussion: "Example:\n  tenbin sweep export csv study.sqlite --output folder/")
    @OptionGroup var paths: Paths

    func run() throws { try Self.write(paths) }

    /// Writes the three tables of the study.
    static func write(_ paths: Paths) throws {
      let results = try paths.results()
      let files = [
        ("trials.csv", TrialsCSV.text(results)), ("evaluations.csv", EvaluationsCSV.text(results)),
        ("layers.csv", LayersCSV.text(results)),
      ]
      let folder = URL(fileURLWithPath: paths.output)
      for (name, text) in files {
        try AtomicOutput.write(text, to: folder.appendingPathComponent(name))
      }
      Terminal.say("wrote \(paths.output)/trials.csv, evaluations.csv, layers.csv")
    }
  }

  struct Optuna: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes an Optuna storage: the search's trials, for its dashboard and plots.",
      discussion: """
        Example:
          tenbin sweep export optuna study.sqlite --output optuna.db
          optuna-dashboard sqlite:///optuna.db
        """)
    @OptionGroup var paths: Paths

    func run() throws {
      try OptunaExport.write(paths.results(), to: URL(fileURLWithPath: paths.output))
      Terminal.say("wrote \(paths.output)")
    }
  }

  struct Wandb: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes one run a line as JSON: name, state, config, summary, history.",
      discussion: "Example:\n  tenbin sweep export wandb study.sqlite --output runs.jsonl")
    @OptionGroup var paths: Paths

    func run() throws {
      try AtomicOutput.write(
        WandbExport.text(paths.results()), to: URL(fileURLWithPath: paths.output))
      Terminal.say("wrote \(paths.output)")
    }
  }
}
