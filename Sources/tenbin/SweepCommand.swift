import ArgumentParser
import Basics
import Compute
import Foundation
import Model
import Report
import Results
import Sweep

/// `tenbin sweep`: many trials in one pass over the model.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Runs many quantization trials in one pass over the model.",
    subcommands: [
      Init.self, Run.self, SweepStatus.self, Best.self, Importance.self, Merge.self,
      SweepExport.self,
      SweepSubmit.self, SweepCollect.self, SweepTask.self,
    ])
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
          tenbin sweep run sweep.yaml --study part1.sqlite --shard 1/4
        """)

    @Argument(help: "The sweep file.", completion: .file(extensions: ["yaml", "yml"]))
    var sweep: String

    @Option(help: "The study to write, or to go on with.")
    var study: String

    @Option(
      help: "Run one of n parts of the trials, such as 1/4; `tenbin sweep merge` joins them.",
      transform: Shard.parse)
    var shard: Shard?

    @Flag(help: "Print the trials and what they will take, and stop; config.json is enough.")
    var dryRun = false

    @OptionGroup var resources: PassResources

    func run() throws {
      let engine = try resources.compute.engine()
      let file = try SweepFile(contentsOf: URL(fileURLWithPath: sweep))
      if shard != nil { try file.checkShards() }
      if !file.ignoredKeys.isEmpty {
        Terminal.say(
          "note: \(file.ignoredKeys.joined(separator: ", ")) of \(sweep) mean nothing here")
      }
      if let note = file.propagationNote { Terminal.say("note: \(note)") }
      if dryRun {
        let config = try ModelConfig(directory: HubCache().model(file.model))
        Terminal.say(SweepEstimate(file, on: config).sentence(shard))
        let windows = "windows of the held-out text"
        if let note = config.positionNote(file.context, of: windows) {
          Terminal.say("note: \(note)")
        }
        let first = try firstRound(file, config)
        if file.search.rounds > 1 {
          Terminal.say("round 1 of \(file.search.rounds); the others follow from its results:")
        }
        try Terminal.print(planTable(first), as: .table)
        try Terminal.print("")
        try Terminal.print(
          estimate(file, first).table(on: engine, memoryBudget: resources.memoryBudget), as: .table)
        return
      }
      var files = CommandFiles(
        reads: [sweep, try HubCache().model(file.model).path, file.calibration] + file.heldout,
        force: false)
      let trace = try resources.trace(&files)
      let target = try files.output(study, .study, option: "--study", continues: true)
      try PassCheckpoint.check(PassCheckpoint(beside: target, key: "").folder)
      var sweepRun = try SweepRun(file, engine: engine)
      let first = try firstRound(file, sweepRun.inputs.decoder.config)
      let estimate = try estimate(file, first)
      sweepRun.inputs.groupsAtOnce = estimate.memory.groupsAtOnce
      let folder = target.deletingLastPathComponent()
      try resources.limit(engine, estimate.memory, folder: folder, for: "run \(sweep)")
      sweepRun.warnings.forEach(Terminal.warn)
      for note in sweepRun.inputs.notes(for: first.trials.map(\.config)) {
        Terminal.say("note: \(note)")
      }
      let config = sweepRun.inputs.decoder.config
      let store = try Study(target)
      if try sweepRun.isFinished(try store.results(), shard: shard) {
        Terminal.say("\(study) has everything that \(sweep) asks for: nothing is left to run")
      } else {
        let seconds = estimate.seconds(on: engine)
        Terminal.say(
          SweepEstimate(file, on: config).sentence(shard)
            + "; \(sweepRun.inputs.calibration.tokenCount) calibration tokens; a first pass of all"
            + " takes about \(PassEstimate.duration(seconds)) and at most"
            + " \(ByteText.size(estimate.memory.total)) of memory")
      }
      let bar = ProgressBar(layers: config.layers, domains: sweepRun.inputs.domains.count)
      defer { bar.finish() }
      try resources.watch(bar, engine, trace: trace) { [sweepRun] observers throws(InputError) in
        try sweepRun.run(into: store, shard: shard, observers: observers)
      }
      bar.complete()
      let results = try store.results()
      if !results.draws.isEmpty { Terminal.say(Self.drawsSentence(results.draws)) }
      if let shard {
        Terminal.say("next, when all \(shard.count) parts are there: tenbin sweep merge")
        return
      }
      try Terminal.print(Findings(results).bestPerSizeTable, as: .table)
      Terminal.say("next: tenbin report html \(study) --output report.html")
    }

    private func firstRound(
      _ file: SweepFile, _ config: ModelConfig
    ) throws(InputError) -> TrialPlan {
      TrialPlan(try file.search.trials(round: 0, after: [], size: config.bitsPerWeight(of:)))
    }

    private func estimate(
      _ file: SweepFile, _ plan: TrialPlan
    ) throws(InputError) -> PassEstimate {
      try PassEstimate(
        file, trials: plan.trials.filter { shard?.holds($0.number) ?? true },
        memoryBudget: resources.memoryBudget)
    }

    /// The trials of the first round, and what the study knows of them already.
    private func planTable(_ plan: TrialPlan) throws(InputError) -> Table {
      let url = URL(fileURLWithPath: study)
      let isThere = FileManager.default.fileExists(atPath: study)
      let stored = isThere ? try Study(existing: url).results().trials : []
      let trials = plan.trials.filter { shard?.holds($0.number) ?? true }
      let names = TrialNames(plan.trials)
      return Table(
        columns: [.init("trial"), .init("role"), .init("settings"), .init("state")],
        rows: trials.map { trial in
          let known = stored.first { $0.config == trial.config && $0.role == trial.role }
          return [
            .integer(trial.number), .text(trial.role.rawValue), .text(names.name(trial)),
            .text(known?.state.rawValue ?? "to run"),
          ]
        })
    }

    private static func drawsSentence(_ draws: [CalibrationDraw]) -> String {
      let rows = draws.allSatisfy { $0.method == .rows }
      return "noise floor: \(draws.count) calibration draws of "
        + (rows
          ? "other rows of the same sources"
          : "the set's own windows, with replacement (its recipe offers no other rows)")
    }
  }

  struct Best: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The best trial of each size (within 3 % of the same bits_per_weight).",
      discussion: "Example:\n  tenbin sweep best study.sqlite --format markdown")
    @OptionGroup var options: StudyOptions

    func run() throws {
      let findings = Findings(try options.results())
      for (finding, sentence) in zip(findings.all, findings.sentences)
      where finding == .nothingToRank {
        Terminal.say(sentence)
      }
      try Terminal.print(findings.bestPerSizeTable, as: options.format)
    }
  }

  struct Importance: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "How much of the metric's variance each setting explains, size by size.",
      discussion: """
        share: the variance of the means over the setting's values, over the whole variance.
        noise: the share that pure chance stays under 95 % of the time (shuffles of the trials).
        beyond_noise: whether trials that differ in it alone differ beyond noise, as in the report.

        Example:
          tenbin sweep importance study.sqlite
        """)
    @OptionGroup var options: StudyOptions

    func run() throws {
      let results = try options.results()
      let study = SearchedStudy(results)
      let rows = ParameterImportance.all(of: study, in: Standings(results)).map {
        importance -> [Table.Cell] in
        let size = importance.bitsPerWeight
        return [
          .number((size.lowerBound + size.upperBound) / 2), .integer(importance.trials),
          .text(importance.setting.key), .number(importance.share),
          .number(importance.noise), .text(importance.isBeyondNoise ? "yes" : "no"),
          importance.isBeyondNoise ? .text("\(importance.best)") : .missing,
        ]
      }
      if rows.isEmpty {
        Terminal.say(
          "no setting varies among the complete trials of one size: there is nothing to explain")
      }
      Terminal.say("variance of \(study.metric.fullName(results.environment.domains))")
      try Terminal.print(
        Table(
          columns: [
            .init("bits_per_weight"), .init("trials"), .init("parameter"), .init("share"),
            .init("noise"), .init("beyond_noise"), .init("best_value"),
          ], rows: rows
        ), as: options.format)
    }
  }

  struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Joins the studies of a sweep's parts into one.",
      discussion: """
        Running the sweep file on the merged study adds what follows from all trials: confirmations
        and repeats on other calibration draws.

        Example:
          tenbin sweep merge study.sqlite part1.sqlite part2.sqlite
          tenbin sweep run sweep.yaml --study study.sqlite
        """)

    @Argument(help: "The study to write.")
    var output: String

    @OptionGroup var replace: ReplaceOption

    @Argument(help: "The studies to join.", completion: .file(extensions: ["sqlite"]))
    var parts: [String]

    func run() throws {
      var files = replace.files(reading: parts)
      let target = try files.output(output, .study, option: "name")
      var studies: [(name: String, results: StudyResults)] = []
      for part in parts {
        studies.append((part, try Study(existing: URL(fileURLWithPath: part)).results()))
      }
      let whole = try StudyMerge.merged(studies)
      try StudyMerge.write(whole, to: target, replacing: true)
      let missing = whole.trials.count { $0.state == .running }
      Terminal.say(
        "\(output): \(whole.trials.count) trials of \(parts.count) studies"
          + (missing > 0 ? ", \(missing) not finished" : ""))
    }
  }
}

extension Shard {
  /// Reads `1/4`.
  static func parse(_ text: String) throws -> Shard {
    guard let shard = Shard(text) else {
      throw ValidationError("\(text) is not a part such as 1/4: the first of four")
    }
    return shard
  }
}

extension SweepEstimate {
  /// What is about to run, in one line.
  func sentence(_ shard: Shard?) -> String {
    if let shard {
      return "part \(shard.index) of \(shard.count) of \(trials) trials and \(companions)"
        + " round-to-nearest companions, in 1 pass over the model"
    }
    var parts = ["\(trials) trials", "\(companions) round-to-nearest companions"]
    if confirmations > 0 { parts.append("\(confirmations) confirmations") }
    if repeats > 0 { parts.append("\(repeats) repeats on other calibration draws") }
    return (isUpperBound ? "at most " : "") + parts.joined(separator: ", ")
      + ": \(sizes) \(sizes == 1 ? "size" : "sizes"), \(passes)"
      + " \(passes == 1 ? "pass" : "passes") over the model"
  }
}
