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

  /// Numbers that the hidden states and the widest inner result of a part of a text may take, and the
  /// fewest tokens of a part: every part reads all weights once more.
  private static let partSize = (numbers: 48_000_000, tokens: 8192)

  /// The scores on each domain, a part of the text after another, so that memory does not grow with
  /// it; `progress` gets the steps done and their number.
  public func evaluate(
    _ domains: [HeldoutDomain], progress: (Int, Int) -> Void = { _, _ in }
  ) throws(InputError) -> [Evaluation] {
    let parts = domains.map { self.parts(of: $0.windows) }
    let steps = model.config.layers + (base?.config.layers ?? 0) + 1
    let total = steps * parts.reduce(0) { $0 + $1.count }
    var done = 0
    func step() {
      done += 1
      progress(done, total)
    }
    let head = try model.head()
    let baseHead = try base?.head() ?? head
    var evaluations: [Evaluation] = []
    for (domain, ranges) in zip(domains, parts) {
      var scores = TokenScores()
      for range in ranges {
        let windows = Array(domain.windows[range])
        let mine = try run(model, windows, step)
        let theirs = if let base { try run(base, windows, step) } else { mine }
        scores.append(
          try baseHead.compare(base: theirs, other: mine, otherHead: head, windows: windows))
        step()
      }
      let evaluation = Evaluation(
        domain: domain.name, scores: scores, counts: domain.windows.map { $0.count - 1 },
        documents: domain.documents, characters: domain.characters)
      guard evaluation.isFinite else { throw evaluation.notANumber }
      evaluations.append(evaluation)
    }
    return evaluations
  }

  /// The windows in parts that are scored at once.
  private func parts(of windows: [[Int32]]) -> [Range<Int>] {
    let width = model.config.hiddenSize + model.config.widestInner
    let most = max(Self.partSize.tokens, Self.partSize.numbers / max(1, width))
    var parts: [Range<Int>] = []
    var (start, tokens) = (0, 0)
    for (index, window) in windows.enumerated() {
      if tokens > 0, tokens + window.count > most {
        parts.append(start..<index)
        (start, tokens) = (index, 0)
      }
      tokens += window.count
    }
    if start < windows.count { parts.append(start..<windows.count) }
    return parts
  }

  /// The hidden states of `windows` above the last layer.
  private func run(
    _ decoder: Decoder, _ windows: [[Int32]], _ step: () -> Void
  ) throws(InputError) -> HiddenStates {
    var states = try decoder.embed(windows)
    let longest = windows.map(\.count).max() ?? 0
    for index in 0..<decoder.config.layers {
      try decoder.layer(index, positions: longest).advance(&states)
      step()
    }
    return states
  }
}
