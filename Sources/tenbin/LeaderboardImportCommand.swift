import Analysis
import ArgumentParser
import Foundation
import Report

/// `tenbin leaderboard import`: scores and answers out of a downloaded W&B export.
struct LeaderboardImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Reads the tables that Nejumi LLM Leaderboard 3 logs to W&B.",
    discussion: """
      EXPORT_DIR holds `….table.json` files at any depth, those of several runs together. Prints the
      scores of leaderboard_table, as `compare` reads them; with --paired it compares the models
      answer by answer, where their output tables are there: standard errors of paired differences,
      a bootstrap over items, and the sign test (McNemar's, for right and wrong answers).

      Examples:
        tenbin leaderboard import export --format csv > scores.csv
        tenbin leaderboard import export --paired
      """)

  @Argument(help: "The folder of the tables.", completion: .directory)
  var export: String

  @Flag(help: "Compare the models answer by answer.")
  var paired = false

  @Option(help: "Headings and verdicts for people: en or ja.")
  var language = CardLanguage.en

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  func run() throws {
    let export = try LeaderboardExport(URL(fileURLWithPath: export))
    let words = LeaderboardWords(format == .table || format == .markdown ? language : .en)
    guard paired else {
      try Terminal.print(words.table(export.scores).render(as: format))
      let models = Set(export.answers.map(\.model)).count
      if models > 1 {
        Terminal.say("\(models) models have answers item by item: --paired compares them")
      }
      return
    }
    let comparisons = export.pairedComparisons()
    try Terminal.print(words.table(comparisons).render(as: format))
    if comparisons.isEmpty {
      Terminal.say("no two models have answers to the same items: put their output tables together")
    }
  }
}
