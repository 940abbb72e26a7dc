import ArgumentParser

/// `tenbin evaluate`: what a model, quantized or not, makes of held-out text.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Scores a model on held-out text and on tasks.",
    subcommands: [Perplexity.self, Divergence.self, Tasks.self, LCTG.self, Compare.self])
}
