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

  /// The scores on each domain, summed up.
  public func evaluate(
    _ domains: [HeldoutDomain], progress: (Int, Int) -> Void = { _, _ in }
  ) throws(InputError) -> [Evaluation] {
    try score(domains, progress: progress).map(\.evaluation)
  }

  /// The scores on each domain, a part of the text after another, so that memory does not grow with
  /// it but by a few numbers a token; `progress` gets the steps done and their number.
  public func score(
    _ domains: [HeldoutDomain], progress: (Int, Int) -> Void = { _, _ in }
  ) throws(InputError) -> [DomainScores] {
    var scores = domains.map { _ in TokenScores() }
    try forEachPart(of: domains, progress) { part throws(InputError) in
      scores[part.domain].append(
        try part.baseHead.compare(
          base: part.base, other: part.model, otherHead: part.head, windows: part.windows,
          firstScored: part.firstScored))
    }
    return try zip(domains, scores).map { domain, scores throws(InputError) in
      let result = DomainScores(domain: domain, scores: scores)
      guard result.evaluation.isFinite else { throw result.evaluation.notANumber }
      return result
    }
  }

  /// The same with all statistics of the divergence.
  public func divergence(
    _ domains: [HeldoutDomain], progress: (Int, Int) -> Void = { _, _ in }
  ) throws(InputError) -> [DomainDivergence] {
    var scores = domains.map { _ in DivergenceScores() }
    try forEachPart(of: domains, progress) { part throws(InputError) in
      scores[part.domain].append(
        try part.baseHead.details(
          base: part.base, other: part.model, otherHead: part.head, windows: part.windows,
          firstScored: part.firstScored))
    }
    return try zip(domains, scores).map { domain, scores throws(InputError) in
      let result = DomainDivergence(domain: domain, scores: scores)
      guard result.evaluation.isFinite else { throw result.evaluation.notANumber }
      return result
    }
  }

  /// Some windows of a domain, as both models see them.
  private struct Part {
    let domain: Int
    let windows: [[Int32]]
    let firstScored: [Int]
    let base: HiddenStates
    let model: HiddenStates
    let baseHead: DecoderHead
    let head: DecoderHead
  }

  /// Runs both models over one part of the text after another.
  private func forEachPart(
    of domains: [HeldoutDomain], _ progress: (Int, Int) -> Void,
    _ body: (Part) throws(InputError) -> Void
  ) throws(InputError) {
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
    for (index, (domain, ranges)) in zip(domains, parts).enumerated() {
      for range in ranges {
        let windows = Array(domain.windows[range])
        let mine = try run(model, windows, step)
        let theirs = if let base { try run(base, windows, step) } else { mine }
        try body(
          Part(
            domain: index, windows: windows, firstScored: Array(domain.firstScored[range]),
            base: theirs, model: mine, baseHead: baseHead, head: head))
        step()
      }
    }
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
