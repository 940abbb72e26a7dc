import Compute
import Foundation

/// The scores of a model on one domain, against the base (for the base: against itself).
/// Formulas: docs/metrics.md.
public struct Evaluation: Sendable, Codable, Equatable {
  /// The held-out file's stem.
  public var domain: String
  /// Tokens scored.
  public var tokensScored: Int
  /// exp of the mean negative log-likelihood.
  public var perplexity: Double
  /// Its standard error as a mean over documents like these; NaN where there is only one.
  public var perplexityStderr: Double
  /// Mean negative log-likelihood, nats per token.
  public var nllPerToken: Double
  /// Its standard error as a mean over documents like these; NaN where there is only one.
  public var nllStderr: Double
  /// Mean difference of nll to the base, token by token: far sharper than the difference of two
  /// perplexities.
  public var nllDelta: Double
  /// Its standard error over windows, as those of all that is paired; NaN where there is only one.
  public var nllDeltaStderr: Double
  /// Bits a character of the scored text.
  public var bitsPerCharacter: Double
  /// Mean KL(base ‖ model), nats per token.
  public var kldMean: Double
  /// Its standard error.
  public var kldStderr: Double
  /// Median of the tokens' KL divergences.
  public var kldMedian: Double
  /// Their 99th percentile.
  public var kldP99: Double
  /// Share of tokens on which both models rank the same token first.
  public var sameTopP: Double
  /// Its standard error.
  public var sameTopPStderr: Double
  /// Root mean square of the change of the true token's probability.
  public var deltaPRms: Double
  /// Share of questions that are answered right; nil of a text.
  public var accuracy: Double?
  /// Its standard error, questions being the units.
  public var accuracyStderr: Double?
  /// Documents that the scored tokens are of: the units of `nllStderr`. 0: not known.
  public var documents = 0
  /// The sums of each window, which paired differences are taken from; nil: not known.
  public var windows: WindowScores?
  /// The statistics of the divergence from the base, line by line; nil: not known.
  public var divergence: DivergenceSummary?

  /// Creates an evaluation of which only the domain is known.
  public init(domain: String) {
    self.domain = domain
    tokensScored = 0
    perplexity = 0
    perplexityStderr = 0
    nllPerToken = 0
    nllStderr = 0
    nllDelta = 0
    nllDeltaStderr = 0
    bitsPerCharacter = 0
    kldMean = 0
    kldStderr = 0
    kldMedian = 0
    kldP99 = 0
    sameTopP = 0
    sameTopPStderr = 0
    deltaPRms = 0
  }
}

extension Evaluation {
  /// Whether its scores are numbers: a model whose activations overflow predicts NaN.
  public var isFinite: Bool { perplexity.isFinite && nllPerToken.isFinite && kldMean.isFinite }

  /// Sums up the scored tokens of `domain`, given in window order with `counts[w]` of them in window
  /// w and `documents[d]` in document d; `characters` are the Unicode scalars of the text that they
  /// cover. Without `documents` the windows stand in for them.
  public init(
    domain: String, statistics: [TokenStatistics], counts: [Int], documents: [Int] = [],
    characters: Int
  ) {
    self.init(
      domain: domain, scores: TokenScores(statistics), counts: counts, documents: documents,
      characters: characters)
  }

  /// The same of scores that were gathered part by part. `weights`, one a token, are what its nll
  /// weighs in the mean where the convention says so; what is paired with the base, and bits per
  /// character, count every token once.
  public init(
    domain: String, scores: TokenScores, counts: [Int], documents: [Int] = [], characters: Int,
    weights: [Double]? = nil
  ) {
    self.init(domain: domain)
    let count = scores.nll.count
    guard count > 0 else { return }
    // Windows of one article are alike: what is not paired varies from document to document.
    let units = Self.units(documents: documents, windows: counts)
    let plain = WindowedMean(scores.nll, counts: units)
    let nll = weights.map { WindowedMean(scores.nll, weights: $0, counts: units) } ?? plain
    let delta = WindowedMean(scores.delta, counts: counts)
    let kld = WindowedMean(scores.kld, counts: counts)
    let agreement = WindowedMean(scores.agreement, counts: counts)
    let squares = scores.deltaP.reduce(0) { $0 + $1 * $1 }
    tokensScored = count
    self.documents = documents.count
    // A model that is broken has no differences, and a database no infinities.
    let sums = WindowScores(scores, counts: counts)
    windows = (sums.nll + sums.kld).allSatisfy(\.isFinite) ? sums : nil
    nllPerToken = nll.mean
    nllStderr = nll.stderr
    perplexity = exp(nll.mean)
    perplexityStderr = perplexity * nll.stderr
    nllDelta = delta.mean
    nllDeltaStderr = delta.stderr
    bitsPerCharacter =
      characters > 0 ? plain.mean * Double(count) / Double(characters) / log(2) : 0
    kldMean = kld.mean
    kldStderr = kld.stderr
    let sorted = scores.kld.sorted()
    kldMedian = quantile(0.5, of: sorted)
    kldP99 = quantile(0.99, of: sorted)
    sameTopP = agreement.mean
    sameTopPStderr = agreement.stderr
    deltaPRms = (squares / Double(count)).squareRoot()
  }
}

extension Evaluation {
  /// Reads what is there: what an older tenbin did not write, and what a database has no number for,
  /// is not known.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double {
      try values.decodeIfPresent(Double.self, forKey: key) ?? .nan
    }
    self.init(domain: try values.decode(String.self, forKey: .domain))
    tokensScored = try values.decode(Int.self, forKey: .tokensScored)
    (perplexity, perplexityStderr) = (try number(.perplexity), try number(.perplexityStderr))
    (nllPerToken, nllStderr) = (try number(.nllPerToken), try number(.nllStderr))
    (nllDelta, nllDeltaStderr) = (try number(.nllDelta), try number(.nllDeltaStderr))
    bitsPerCharacter = try number(.bitsPerCharacter)
    (kldMean, kldStderr) = (try number(.kldMean), try number(.kldStderr))
    (kldMedian, kldP99) = (try number(.kldMedian), try number(.kldP99))
    (sameTopP, sameTopPStderr) = (try number(.sameTopP), try number(.sameTopPStderr))
    deltaPRms = try number(.deltaPRms)
    accuracy = try values.decodeIfPresent(Double.self, forKey: .accuracy)
    accuracyStderr = try values.decodeIfPresent(Double.self, forKey: .accuracyStderr)
    documents = try values.decodeIfPresent(Int.self, forKey: .documents) ?? 0
    windows = try values.decodeIfPresent(WindowScores.self, forKey: .windows)
    divergence = try values.decodeIfPresent(DivergenceSummary.self, forKey: .divergence)
  }
}

extension Evaluation {
  /// Windows that are taken together of a text that is a single document: neighbours in one text
  /// correlate at 0.65, neighbouring blocks of so many at less than 0.1.
  static let blockWindows = 16
  /// The fewest such blocks that say something of their own scatter.
  static let leastBlocks = 4

  /// Scored tokens of what varies independently in a text: its documents, or long stretches of a
  /// single one; all in one where it is too short for them.
  public static func units(documents: [Int], windows: [Int]) -> [Int] {
    guard documents.count < 2 else { return documents }
    guard !documents.isEmpty else { return windows }
    let blocks = windows.count / blockWindows
    guard blocks >= leastBlocks else { return documents }
    return (0..<blocks).map { block in
      let end = block == blocks - 1 ? windows.count : (block + 1) * blockWindows
      return windows[block * blockWindows..<end].reduce(0, +)
    }
  }
}

/// The `p`-quantile of ascending values, by linear interpolation between neighbours.
func quantile(_ p: Double, of sorted: [Double]) -> Double {
  guard let last = sorted.last else { return 0 }
  let position = p * Double(sorted.count - 1)
  let index = Int(position)
  guard index + 1 < sorted.count else { return last }
  let fraction = position - Double(index)
  return sorted[index] * (1 - fraction) + sorted[index + 1] * fraction
}
