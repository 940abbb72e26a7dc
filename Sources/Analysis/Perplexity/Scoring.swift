import Basics
import Model

/// Scores a stored model on held-out text, one decoder layer of each model in memory at a time.
public struct Scoring {
  /// The model that is scored.
  public let model: Decoder
  /// What it is held against; nil is itself.
  public let base: Decoder?

  /// Scores `model`, against `base` where one is given.
  public init(_ model: Decoder, base: Decoder? = nil) {
    self.model = model
    self.base = base
  }

  /// The scores on each domain; `progress` is told the layers done and their number.
  public func evaluate(
    _ domains: [HeldoutDomain], progress: (Int, Int) -> Void = { _, _ in }
  ) throws(InputError) -> [Evaluation] {
    let layers = model.config.layers + (base?.config.layers ?? 0)
    let mine = try run(model, domains) { progress($0, layers) }
    let theirs =
      if let base {
        try run(base, domains) { progress(model.config.layers + $0, layers) }
      } else { mine }
    let head = try model.head()
    let baseHead = try base?.head() ?? head
    var evaluations: [Evaluation] = []
    for (index, domain) in domains.enumerated() {
      let statistics = try baseHead.compare(
        base: theirs[index], other: mine[index], otherHead: head, windows: domain.windows)
      let evaluation = Evaluation(
        domain: domain.name, statistics: statistics,
        counts: domain.windows.map { $0.count - 1 }, characters: domain.characters)
      guard evaluation.isFinite else { throw evaluation.notANumber }
      evaluations.append(evaluation)
    }
    return evaluations
  }

  /// The hidden states of each domain above the last layer.
  private func run(
    _ decoder: Decoder, _ domains: [HeldoutDomain], _ progress: (Int) -> Void
  ) throws(InputError) -> [HiddenStates] {
    var states: [HiddenStates] = []
    for domain in domains { states.append(try decoder.embed(domain.windows)) }
    try decoder.walk(
      positions: domains.map(\.windows.longest).max() ?? 0,
      finished: { progress($0.index + 1) },
      visit: { layer, stage in
        for domain in states.indices { layer.advance(&states[domain], through: stage) }
      })
    return states
  }
}
