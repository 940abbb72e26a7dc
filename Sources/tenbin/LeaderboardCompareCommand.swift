import Analysis
import ArgumentParser
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
      counts: docs/leaderboard.md.

      Examples:
        tenbin leaderboard compare notebooks-data/nejumi-scores.csv --verdict exceeds
        tenbin leaderboard compare notebooks-data/nejumi-scores.csv --language ja
      """)

  @Argument(help: "CSV files of scores.", completion: .file(extensions: ["csv"]))
  var files: [String]

  @Option(help: "Only these: exceeds, within_error, below_resolution or unknown.")
  var verdict: ScoreComparison.Verdict?

  @Option(help: "Headings and verdicts for people: en or ja.")
  var language = CardLanguage.en

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  func run() throws {
    var comparisons: [ScoreComparison] = []
    for file in files {
      comparisons += try ScoreTable(URL(fileURLWithPath: file)).comparisons()
    }
    if let verdict { comparisons = comparisons.filter { $0.verdict == verdict } }
    let isForPeople = format == .table || format == .markdown
    let words = LeaderboardWords(isForPeople ? language : .en)
    try Terminal.print(words.table(comparisons).render(as: format))
    if isForPeople { Terminal.say(words.summary(comparisons)) }
  }
}

extension ScoreComparison.Verdict: ExpressibleByArgument {}
