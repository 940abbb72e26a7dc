import Analysis
import ArgumentParser
import Basics
import Foundation
import Report

/// `tenbin leaderboard compare`: tells differences of published scores from sampling error.
struct LeaderboardCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Tells differences from sampling error.",
    discussion: """
      Compares the models of each page pair by pair. A difference `exceeds` beyond two standard
      errors of two independent samples, where their 95 % interval excludes 0; formulas and item
      counts: docs/leaderboard.md. Reads what `import` reads.

      Examples:
        tenbin leaderboard compare notebooks-data/nejumi-scores.csv --verdict exceeds
        tenbin leaderboard compare notebooks-data/nejumi-scores.csv --language ja
        tenbin leaderboard compare scores.csv --base owner/MODEL --output compare.html
      """)

  @Argument(
    help: "Scores: CSV files, model cards (.md), folders of W&B tables.", completion: .file())
  var files: [String]

  @Option(help: "Only these: exceeds, within_error, below_resolution or unknown.")
  var verdict: ScoreComparison.Verdict?

  @Option(parsing: .upToNextOption, help: "Only these models, by their whole names.")
  var models: [String] = []

  @Option(help: "Only differences to this model. Default for --output: the page's variant `base`.")
  var base: String?

  @Option(
    name: .customLong("output"),
    help: "Also draw a radar, and the differences beside it, as a page to this file.")
  var html: String?

  @OptionGroup var replace: ReplaceOption

  @Option(help: "Headings and verdicts for people: en or ja.")
  var language = CardLanguage.en

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  func run() throws {
    var outputs = replace.files(reading: files)
    let page = try html.map { try outputs.output($0, .page) }
    var scores: [ScoreTable.Score] = []
    for file in files { scores += try LeaderboardExport(URL(fileURLWithPath: file)).scores }
    for name in models + [base].compactMap({ $0 }) { try check(name, among: scores) }
    if !models.isEmpty {
      scores = scores.filter { models.contains($0.model) || $0.model == base }
    }
    if let base { scores = Self.last(base, scores) }
    var comparisons = ScoreTable(scores: scores).comparisons()
    if let base { comparisons = comparisons.filter { $0.second.model == base } }
    if let verdict { comparisons = comparisons.filter { $0.verdict == verdict } }
    let isForPeople = format == .table || format == .markdown
    let words = LeaderboardWords(isForPeople ? language : .en)
    try Terminal.print(words.table(comparisons), as: format)
    if isForPeople { Terminal.say(words.summary(comparisons)) }
    if let page { try draw(scores, to: page) }
  }

  /// Refuses a name that no model has.
  private func check(_ name: String, among scores: [ScoreTable.Score]) throws(InputError) {
    guard !scores.contains(where: { $0.model == name }) else { return }
    var names: [String] = []
    for score in scores where !names.contains(score.model) { names.append(score.model) }
    let first = names.prefix(3).joined(separator: ", ")
    throw InputError(
      .usage, asked: "compare the model \(name)", found: "no scores of that name",
      hint: "\(names.count) models are there: \(first)\(names.count > 3 ? " and others" : "")")
  }

  /// The scores with those of `model` behind all others, which are then held against it.
  private static func last(_ model: String, _ scores: [ScoreTable.Score]) -> [ScoreTable.Score] {
    scores.filter { $0.model != model } + scores.filter { $0.model == model }
  }

  /// Writes the page of the models that stand on one page with the base.
  private func draw(_ scores: [ScoreTable.Score], to url: URL) throws {
    let base = base ?? scores.first { $0.variant == "base" }?.model ?? scores.first?.model ?? ""
    let source = scores.first { $0.model == base }?.source
    let table = ScoreTable(scores: Self.last(base, scores.filter { $0.source == source }))
    let page = LeaderboardPage.text(
      table, base: base, toolVersion: ToolVersion.current, language: language)
    guard let page else {
      throw InputError(
        .badData, asked: "draw the differences to \(base)",
        found: "no other model with three of its categories on its page",
        hint: "name the models with --base and --models")
    }
    try AtomicOutput.write(page, to: url)
    Terminal.say("wrote \(html ?? "")")
  }
}

extension ScoreComparison.Verdict: ExpressibleByArgument {}
