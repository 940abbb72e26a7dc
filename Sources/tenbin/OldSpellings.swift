/// Options that had another name in an older tenbin: it goes on to be understood, and no help shows it.
enum OldSpellings {
  private static let heldout = ["--data": "--heldout", "--max-tokens": "--heldout-tokens"]
  private static let output = ["--html": "--output"]
  private static let window = ["--seqlen": "--context"]

  /// By the words of a subcommand: what its options were called, and are.
  private static let all: [(command: [String], names: [String: String])] = [
    (["evaluate", "perplexity"], heldout), (["evaluate", "divergence"], heldout),
    (["bench", "agreement"], heldout), (["bench", "layer"], window), (["bench", "pass"], window),
    (["audit"], heldout.merging(output) { first, _ in first }), (["calib", "inspect"], output),
    (["leaderboard", "compare"], output),
  ]

  /// `arguments` with today's names; nothing after `--` is touched.
  static func replaced(in arguments: [String]) -> [String] {
    guard let names = all.first(where: { arguments.starts(with: $0.command) })?.names else {
      return arguments
    }
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    let replaced = arguments[..<end].map { argument -> String in
      let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = sides.first, let name = names[String(first)] else { return argument }
      return sides.count > 1 ? "\(name)=\(sides[1])" : name
    }
    return replaced + arguments[end...]
  }
}
