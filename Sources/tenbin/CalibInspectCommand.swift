import ArgumentParser
import Basics
import Calib
import Foundation

/// `calib inspect`: what is in a set.
struct CalibInspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what is in a set.",
    discussion: """
      Example:
        tenbin calib inspect set.sqlite
      """
  )

  @Argument(help: "A set that calib build wrote.", completion: .file(extensions: ["sqlite"]))
  var set: String

  func run() throws {
    let set = try CalibrationSet.read(from: URL(fileURLWithPath: set))
    let statistics = SetStatistics(set)
    let rows = [
      ("documents", "\(statistics.documents)"),
      ("characters", "\(statistics.characters)"),
      ("samples", "\(statistics.samples)"),
      ("tokens", "\(statistics.tokens)"),
      ("distinct tokens", "\(statistics.distinctTokens)"),
      ("tokens per character", String(format: "%.3f", statistics.tokensPerCharacter)),
      ("hash", set.hash),
      ("tenbin", set.toolVersion),
      ("recipe", set.recipe.json()),
    ]
    for (name, value) in rows {
      Terminal.print(name.padding(toLength: 22, withPad: " ", startingAt: 0) + value)
    }
    for source in set.sources {
      Terminal.print(
        "source".padding(toLength: 22, withPad: " ", startingAt: 0)
          + "\(source.name) sha256:\(source.sha256.prefix(16)) \(source.bytesRead) bytes"
          + (source.isWhole ? "" : " (the file goes on)"))
    }
  }
}
