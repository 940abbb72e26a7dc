import Analysis

/// Two studies held against each other, or one against itself: where differences may be taken, which
/// trials belong together, and what they differ by.
public struct ComparedStudies: Sendable {
  /// The study whose trials come first in every difference.
  public let first: Standings
  /// The study that they are held against.
  public let second: Standings
  /// Whether both are the same study.
  public let isOne: Bool

  /// Why a difference may not be taken.
  public enum Obstacle: Sendable, Equatable {
    /// One of them was not scored on the domain.
    case notScored
    /// They were scored on other tokens.
    case otherTokens
    /// A study of an older tenbin keeps no scores of single windows.
    case noWindows
  }

  /// Holds `first` against `second`.
  public init(_ first: StudyResults, _ second: StudyResults, isOne: Bool) {
    self.first = Standings(first)
    self.second = Standings(second)
    self.isOne = isOne
  }

  /// Whether both studies quantized the same weights: only then is a divergence from the base one from
  /// the same model.
  public var isSameModel: Bool {
    let hashes = [first, second].map(\.results.environment.modelHash)
    return isOne || !hashes[0].isEmpty && hashes[0] == hashes[1]
  }

  /// The domains that both were scored on, in the order of the first study.
  public var domains: [String] {
    let others = Set(second.results.allDomains)
    return first.results.allDomains.filter(others.contains)
  }

  /// The domain of the answer: the first study's main one, else the first that both have.
  public var mainDomain: String? {
    first.results.mainDomain.flatMap { domains.contains($0) ? $0 : nil } ?? domains.first
  }

  /// Why two evaluations on `domain` have no paired difference; nil where they have one.
  public func obstacle(
    _ one: Evaluation?, _ other: Evaluation?, on domain: String
  ) -> Obstacle? {
    guard let one, let other else { return .notScored }
    guard hasSameTokens(domain) else { return .otherTokens }
    guard let mine = one.windows, let theirs = other.windows else { return .noWindows }
    return mine.tokens == theirs.tokens ? nil : .otherTokens
  }

  /// Whether both were scored on the same tokens of `domain`: by the hash over the token ids of all
  /// domains; where the other domains differ, by what the same base scored in every window.
  private func hasSameTokens(_ domain: String) -> Bool {
    if isOne { return true }
    let hashes = [first, second].map(\.results.environment.heldoutHash)
    if !hashes[0].isEmpty, hashes[0] == hashes[1] { return true }
    let bases = [first, second].map { study in
      study.results.base.first { $0.domain == domain }?.windows
    }
    guard isSameModel, let mine = bases[0], let theirs = bases[1], !mine.nll.isEmpty,
      mine.tokens == theirs.tokens
    else { return false }
    return zip(mine.nll, theirs.nll).allSatisfy { abs($0 - $1) <= 1e-3 * max(abs($0), abs($1)) }
  }

  /// What a trial of the first study differs from one of the second by: window by window on the held-out
  /// text, the calibration draw counted as in the report. Nil where there is no such difference.
  public func compare(
    _ trial: TrialResult, _ other: TrialResult, _ metric: DiagnosisMetric, on domain: String,
    comparisons: Int = 1
  ) -> Comparison? {
    guard metric == .nll || isSameModel && first.results.mainBase != nil else { return nil }
    if isOne, domain == first.results.mainDomain {
      return first.compare(trial, other, metric, comparisons: comparisons)
    }
    let sides = [first.measured(trial), second.measured(other)].map { trials in
      trials.compactMap { $0.evaluation(on: domain) }
    }
    guard obstacle(sides[0].first, sides[1].first, on: domain) == nil else { return nil }
    let terms = zip(sides, [1.0, -1.0]).flatMap { side, sign in
      side.compactMap { evaluation in
        evaluation.windows.map { (coefficient: sign / Double(side.count), scores: $0) }
      }
    }
    let paired = LinearContrast(terms, metric)
    guard !paired.value.isNaN else { return nil }
    // The same codes differ by nothing that a draw could change.
    let chance =
      terms.count == 2 && terms[0].scores == terms[1].scores
      ? Scatter.none : first.chance(trial, metric).adding(second.chance(other, metric))
    let largest = sides.joined().map { $0.value(metric) }.filter(\.isFinite).max() ?? 0
    return Comparison(
      metric, difference: paired.value,
      scatter: Scatter(stderr: paired.stderr, freedom: paired.freedom).adding(chance),
      floor: metric == .nll ? FloatNoise.nll : FloatNoise.kldShare * largest,
      comparisons: comparisons)
  }

  // MARK: Pairs

  /// Two trials that belong together.
  public struct Pair: Sendable {
    /// The trial of the first study.
    public let first: TrialResult
    /// The trial of the second.
    public let second: TrialResult

    /// Puts two trials together.
    public init(first: TrialResult, second: TrialResult) {
      (self.first, self.second) = (first, second)
    }
  }

  /// Complete trials of the same settings; where no settings are in both, the bests of like sizes.
  public var pairs: (areSameSettings: Bool, all: [Pair]) {
    let others = second.results.ranked
    let same = first.results.ranked.compactMap { trial in
      others.first { $0.config == trial.config }.map { Pair(first: trial, second: $0) }
    }
    if !same.isEmpty { return (true, same) }
    let bests = second.sizes.compactMap { second.results.trial($0.best) }
    let like = first.sizes.compactMap { size -> Pair? in
      guard let best = first.results.trial(size.best) else { return nil }
      let near = bests.filter {
        abs($0.bitsPerWeight - best.bitsPerWeight) <= 0.03 * best.bitsPerWeight
      }.min {
        abs($0.bitsPerWeight - best.bitsPerWeight) < abs($1.bitsPerWeight - best.bitsPerWeight)
      }
      return near.map { Pair(first: best, second: $0) }
    }
    return (false, like)
  }
}
