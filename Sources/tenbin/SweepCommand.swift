import ArgumentParser
import Basics
import Compute
import Foundation
import Report
import Sweep

/// `tenbin sweep`: many trials in one pass over the model.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Runs many quantization trials in one pass over the model.",
    subcommands: [Run.self, Status.self, Best.self, Export.self])
}

/// The study that a reading command opens, and the form of its answer.
struct StudyOptions: ParsableArguments {
  @Argument(
    help: "A study that `tenbin sweep run` wrote.", completion: .file(extensions: ["sqlite"]))
  var study: String

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  func results() throws -> StudyResults {
    try Study(existing: URL(fileURLWithPath: study)).results()
  }
}

extension OutputFormat: ExpressibleByArgument {}

extension SweepCommand {
  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Runs the trials of a sweep file that the study does not have yet.",
      discussion: """
        Rerunning an interrupted or extended sweep resumes it: complete trials are kept.

        Examples:
          tenbin sweep run sweep.yaml --study study.sqlite
          tenbin sweep run sweep.yaml --study study.sqlite --dry-run
        """)

    @Argument(help: "The sweep file.", completion: .file(extensions: ["yaml", "yml"]))
    var sweep: String

    @Option(help: "The study to write, or to go on with.")
    var study: String

    @Flag(help: "Print the trials and stop.")
    var dryRun = false

    func run() throws {
      let file = try SweepFile(contentsOf: URL(fileURLWithPath: sweep))
      let plan = TrialPlan(file.trials)
      if dryRun {
        Terminal.print(planTable(plan).render(as: .table))
        return
      }
      let sweepRun = try SweepRun(file, engine: CPUEngine())
      for warning in sweepRun.warnings { Terminal.say("warning: \(warning)") }
      let companions = plan.trials.count - file.trials.count
      Terminal.say(
        "\(file.trials.count) trials and \(companions) round-to-nearest companions on"
          + " \(sweepRun.inputs.calibration.tokenCount) calibration tokens")
      let bar = ProgressBar(layers: sweepRun.inputs.decoder.config.layers)
      defer { bar.finish() }
      let store = try Study(URL(fileURLWithPath: study))
      try sweepRun.run(into: store, observer: bar)
      bar.finish()
      Terminal.print(bestTable(try store.results()).render(as: .table))
      Terminal.say("next: tenbin report html \(study) --output report.html")
    }

    private func planTable(_ plan: TrialPlan) -> Table {
      Table(
        columns: [.init("trial"), .init("settings")],
        rows: plan.trials.map { [.integer($0.number), .text($0.config.label)] })
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How far each trial of a study has come.",
      discussion: "Example:\n  tenbin sweep status study.sqlite --format json")
    @OptionGroup var options: StudyOptions

    func run() throws {
      let results = try options.results()
      let table = Table(
        columns: [.init("trial"), .init("settings"), .init("state"), .init("perplexity")],
        rows: results.trials.map { trial in
          [
            .integer(trial.number), .text(trial.config.label), .text(trial.state.rawValue),
            trial.evaluations.first.map {
              .estimate($0.perplexity, stderr: $0.perplexityStderr)
            } ?? .missing,
          ]
        })
      Terminal.print(table.render(as: options.format))
    }
  }

  struct Best: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The best trial of each size (within 3 % of the same bits_per_weight).",
      discussion: "Example:\n  tenbin sweep best study.sqlite --format markdown")
    @OptionGroup var options: StudyOptions

    func run() throws {
      Terminal.print(bestTable(try options.results()).render(as: options.format))
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes a study's trials.csv, evaluations.csv and layers.csv.",
      discussion: "Example:\n  tenbin sweep export study.sqlite --output notebooks-data/")

    @Argument(help: "The study.", completion: .file(extensions: ["sqlite"]))
    var study: String

    @Option(help: "The folder to write to.")
    var output: String

    func run() throws {
      try StudyFiles.writeCSVs(
        of: Study(existing: URL(fileURLWithPath: study)).results(),
        to: URL(fileURLWithPath: output))
    }
  }
}

/// One row for the best trial of each size.
func bestTable(_ results: StudyResults) -> Table {
  let findings = Findings(results)
  let rows = findings.sizes.compactMap { size -> [Table.Cell]? in
    guard let trial = results.trials.first(where: { $0.number == size.best }),
      let evaluation = trial.evaluations.first
    else { return nil }
    let ties = size.ties.isEmpty ? "" : size.ties.map { "#\($0)" }.joined(separator: " ")
    return [
      .number(trial.bitsPerWeight), .integer(trial.number), .text(trial.config.label),
      .estimate(evaluation.perplexity, stderr: evaluation.perplexityStderr),
      .estimate(evaluation.kldMean, stderr: evaluation.kldStderr), .text(ties),
    ]
  }
  return Table(
    columns: [
      .init("bits_per_weight"), .init("trial"), .init("settings"), .init("perplexity"),
      .init("kld_mean"), .init("ties_with"),
    ], rows: rows)
}

/// The files that a study is handed over as.
enum StudyFiles {
  /// Writes the three CSVs of `results` to `folder`.
  static func writeCSVs(of results: StudyResults, to folder: URL) throws(InputError) {
    let files = [
      ("trials.csv", TrialsCSV.text(results)), ("evaluations.csv", EvaluationsCSV.text(results)),
      ("layers.csv", LayersCSV.text(results)),
    ]
    for (name, text) in files {
      try AtomicOutput.write(text, to: folder.appendingPathComponent(name))
    }
  }
}
