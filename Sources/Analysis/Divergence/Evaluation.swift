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
  /// Its standard error, from the scatter of the window means.
  public var perplexityStderr: Double
  /// Mean negative log-likelihood, nats a token.
  public var nllPerToken: Double
  /// Its standard error.
  public var nllStderr: Double
  /// Mean difference of nll to the base, token by token, and its standard error: far sharper than
  /// the difference of two perplexities.
  public var nllDelta: Double
  /// Standard error of `nllDelta`.
  public var nllDeltaStderr: Double
  /// Bits a character of the scored text.
  public var bitsPerCharacter: Double
  /// Mean KL(base ‖ model), nats a token.
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
  /// w; `characters` are the Unicode scalars of the text that they cover.
  public init(
    domain: String, statistics: [TokenStatistics], counts: [Int], characters: Int
  ) {
    self.init(domain: domain)
    guard !statistics.isEmpty else { return }
    let nll = WindowedMean(statistics.map(\.nll), counts: counts)
    let delta = WindowedMean(statistics.map { $0.nll - $0.baseNLL }, counts: counts)
    let divergences = statistics.map(\.kld)
    let kld = WindowedMean(divergences, counts: counts)
    let agreement = WindowedMean(statistics.map { $0.sameTop ? 1 : 0 }, counts: counts)
    let squares = statistics.map { $0.deltaProbability * $0.deltaProbability }
    tokensScored = statistics.count
    nllPerToken = nll.mean
    nllStderr = nll.stderr
    perplexity = exp(nll.mean)
    perplexityStderr = perplexity * nll.stderr
    nllDelta = delta.mean
    nllDeltaStderr = delta.stderr
    bitsPerCharacter =
      characters > 0 ? nll.mean * Double(statistics.count) / Double(characters) / log(2) : 0
    kldMean = kld.mean
    kldStderr = kld.stderr
    let sorted = divergences.sorted()
    kldMedian = quantile(0.5, of: sorted)
    kldP99 = quantile(0.99, of: sorted)
    sameTopP = agreement.mean
    sameTopPStderr = agreement.stderr
    deltaPRms = (squares.reduce(0, +) / Double(squares.count)).squareRoot()
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
