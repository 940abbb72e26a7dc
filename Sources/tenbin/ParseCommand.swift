import ArgumentParser

/// `tenbin parse` (hidden): whether a command line would be understood. Nothing is run.
struct ParseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parse",
    abstract: "Says whether a command line is one of tenbin's, and runs nothing.",
    discussion: "Example:\n  tenbin parse sweep run sweep.yaml --study study.sqlite",
    shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough, help: "The words after `tenbin`.")
  var words: [String] = []

  func run() throws {
    do {
      _ = try Tenbin.parseAsRoot(OldSpellings.replaced(in: words))
    } catch {
      Tenbin.exit(withError: error)
    }
  }
}
