import Foundation
import TestSupport
import Testing

@Suite("Help and usage")
struct HelpTests {
  /// Every subcommand, by the words that are typed.
  private static let commands = [
    "calib build", "calib inspect", "calib export", "calib rebuild", "quantize", "sweep run",
    "sweep submit", "sweep collect", "sweep task", "sweep status", "sweep best", "sweep importance",
    "sweep merge", "sweep export csv",
    "sweep export optuna", "sweep export wandb", "evaluate perplexity", "evaluate divergence",
    "evaluate tasks",
    "audit", "diagnose", "leaderboard compare", "leaderboard import", "report html", "report csv",
    "report card", "serve", "bench layer", "bench pass", "bench agreement", "doctor",
  ]

  @Test("examples are of their own command, and whole commands", arguments: commands)
  func examples(command: String) throws {
    let help = try TenbinProcess(
      command.split(separator: " ").map(String.init) + ["--help"], in: Repository.root)
    #expect(help.status == 0)
    let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
    let overview = lines.prefix { !$0.hasPrefix("USAGE:") }
    var isContinued = false
    var examples = 0
    let block = overview.drop { !$0.hasPrefix("Example") }.dropFirst().prefix { !$0.isEmpty }
    for line in block {
      // A continuation is further in than its command; what is wrapped stands at the margin.
      #expect(line.hasPrefix(isContinued ? "    " : "  "), "wrapped: \(line)")
      if !isContinued, line.hasPrefix("  tenbin ") {
        // What comes after a merge is a run.
        let isOwn = line.hasPrefix("  tenbin \(command)")
        #expect(isOwn || (command == "sweep merge" && examples > 0), "of another: \(line)")
        examples += 1
      }
      isContinued = line.hasSuffix("\\")
    }
    #expect(examples > 0 && !isContinued)
  }

  @Test("wrong arguments show the usage of their own command, whoever notices")
  func usage() throws {
    let cases = [
      (["quantize", "notebooks-data/demo-model", "--output", "/nowhere/x"], "tenbin quantize"),
      (["sweep", "best"], "tenbin sweep best"),
      (["evaluate", "perplexity", "--format", "x"], "tenbin evaluate perplexity"),
    ]
    for (arguments, usage) in cases {
      let refused = try TenbinProcess(arguments, in: Repository.root)
      #expect(refused.status == 64)
      #expect(refused.errors.hasPrefix("Error: "), "\(refused.errors)")
      #expect(refused.errors.contains("Usage: \(usage) "), "\(refused.errors)")
    }
  }
}
