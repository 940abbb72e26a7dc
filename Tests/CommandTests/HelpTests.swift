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
    "evaluate tasks", "evaluate lctg", "evaluate compare",
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

  /// Lines of at most a hundred columns, and a command of an example that its own parser takes.
  @Test("help fits a terminal, and its examples are understood", arguments: commands)
  func understood(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let help = try TenbinProcess(words + ["--help"], in: Repository.root).output
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // The usage is one line, whatever it holds.
    for line in lines where !line.hasPrefix("USAGE:") { #expect(line.count <= 100, "\(line)") }
    for old in ["--max-tokens", "--seqlen", "--html"] { #expect(!help.contains(old)) }
    var example = ""
    var parsed = 0
    for line in lines.drop(while: { !$0.hasPrefix("Example") }).prefix(while: {
      !$0.hasPrefix("USAGE:")
    }) {
      let part = line.trimmingCharacters(in: .whitespaces)
      guard part.hasPrefix("tenbin ") || !example.isEmpty else { continue }
      example += example.isEmpty ? part : " " + part
      guard !example.hasSuffix("\\") else {
        example.removeLast()
        continue
      }
      let typed = try Self.words(example)
      let answer = try TenbinProcess(["parse"] + typed.dropFirst(), in: Repository.root)
      #expect(answer.status == 0, "\(example)\n\(answer.errors)")
      example = ""
      parsed += 1
    }
    #expect(parsed > 0)
  }

  /// The words of a line as a shell takes them apart.
  private static func words(_ line: String) throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "set -f; for word in \(line); do printf '%s\\n' \"$word\"; done"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("options by the names of an older tenbin do what they did, and other words are left alone")
  func oldSpellings() throws {
    let old = [
      "evaluate perplexity MODEL --data a.jsonl --max-tokens=512",
      "evaluate divergence BASE MODEL --data a.jsonl b.jsonl --max-tokens 512",
      "audit MODEL --base BASE --repair OUT --data a.jsonl --html page.html",
      "calib inspect set.sqlite --html=set.html", "leaderboard compare a.csv --html page.html",
      "bench layer --shape llama-3.1-8b --seqlen 128",
    ]
    for line in old {
      let answer = try TenbinProcess(
        ["parse"] + line.split(separator: " ").map(String.init), in: Repository.root)
      #expect(answer.status == 0, "\(line)\n\(answer.errors)")
    }
    for line in ["quantize MODEL --html x", "evaluate perplexity MODEL --hedlout a.jsonl"] {
      let answer = try TenbinProcess(
        ["parse"] + line.split(separator: " ").map(String.init), in: Repository.root)
      #expect(answer.status == 64 && answer.errors.contains("Usage: tenbin "), "\(answer.errors)")
    }
  }

  @Test("--quiet leaves results and errors, --verbose says more, both are refused")
  func talk() throws {
    let quiet = try TenbinProcess(["doctor", "-q"], in: Repository.root)
    let usual = try TenbinProcess(["doctor"], in: Repository.root)
    let verbose = try TenbinProcess(["doctor", "--verbose", "--threads", "1"], in: Repository.root)
    #expect(quiet.errors.isEmpty && !quiet.output.isEmpty)
    #expect(usual.status == verbose.status && quiet.status == usual.status)
    let both = try TenbinProcess(["doctor", "-q", "-v"], in: Repository.root)
    #expect(both.status == 64 && both.errors.contains("give --quiet or --verbose, not both"))
    try withTemporaryDirectory { folder in
      let missing = try TenbinProcess(
        ["sweep", "run", "nowhere.yaml", "--study", "study.sqlite", "-q"], in: folder)
      #expect(missing.status == 66 && missing.errors.hasPrefix("error: "))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
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
