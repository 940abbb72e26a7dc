import ArgumentParser

/// `tenbin leaderboard`: what published scores say, and what they do not.
struct LeaderboardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leaderboard", abstract: "Reads leaderboard scores and answers.",
    subcommands: [LeaderboardCompareCommand.self, LeaderboardImportCommand.self])
}
