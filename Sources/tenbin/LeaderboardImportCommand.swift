import Analysis
import ArgumentParser
import Foundation
import Report

/// `tenbin leaderboard import`: scores and answers of the leaderboard, from whatever holds them.
struct LeaderboardImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Reads scores of the Nejumi LLM Leaderboard 3 and 4.",
    discussion: """
      EXPORT is a folder of `….table.json` files at any depth, those of several runs together, as the
      leaderboard logs them to W&B; its table as CSV; a model card (.md) with a table of its
      categories; or FastChat's judgments of MT-Bench (.jsonl). Prints each score with its resolution and sampling error, as `compare` reads them,
      and GLP, ALT and the total as the leaderboard's rules give them. With --paired it compares
      models answer by answer, where their output tables are there: standard errors of paired
      differences, a bootstrap over items, and the sign test (McNemar's, for right and wrong answers).

      Examples:
        tenbin leaderboard import export --format csv > scores.csv
        tenbin leaderboard import README.md
        tenbin leaderboard import export --paired
      """)

  @Argument(help: "A folder of tables, a CSV, a model card, or judgments.", completion: .file())
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
      try Terminal.print(words.table(export.table.estimates()), as: format)
      for average in export.table.recomputed() where average.contradicts {
        Terminal.say("note: " + words.contradiction(average))
      }
      let models = Set(export.answers.map(\.model)).count
      if models > 1 {
        Terminal.say("\(models) models have answers item by item: --paired compares them")
      }
      return
    }
    let comparisons = export.pairedComparisons()
    try Terminal.print(words.table(comparisons), as: format)
    if comparisons.isEmpty {
      Terminal.say("no two models have answers to the same items: put their output tables together")
    }
  }
}
