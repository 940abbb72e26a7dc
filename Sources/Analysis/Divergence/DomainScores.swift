import Foundation

/// What a model scored on one domain, token by token.
public struct DomainScores: Sendable {
  /// The text.
  public let domain: HeldoutDomain
  /// Every scored token, in window order.
  public let scores: TokenScores
  /// All of it summed up.
  public let evaluation: Evaluation

  /// The scores of the tokens of `domain`.
  public init(domain: HeldoutDomain, scores: TokenScores) {
    self.domain = domain
    self.scores = scores
    if let key = domain.answers {
      evaluation = key.evaluation(scores, of: domain)
      return
    }
    evaluation = Evaluation(
      domain: domain.name, scores: scores, counts: domain.scoredOfWindow,
      documents: domain.documents, characters: domain.characters,
      weights: domain.weighsTokens ? domain.tokenWeights : nil)
  }

  /// Bits a byte of the scored text, as `bitsPerCharacter`; nil where the text's bytes are not known.
  public var bitsPerByte: Double? {
    guard domain.bytes > 0 else { return nil }
    return evaluation.bitsPerCharacter * Double(domain.characters) / Double(domain.bytes)
  }

  /// The standard error of the perplexity as if tokens were independent: PPL·√((Σx²/n − x̄²)/(n − 1))
  /// of the nll x of n tokens, which other tools print. NaN of fewer than two.
  public var naiveStderr: Double {
    let count = Double(scores.nll.count)
    guard count > 1 else { return .nan }
    let mean = scores.nll.reduce(0, +) / count
    let squares = scores.nll.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return evaluation.perplexity * (squares / count / (count - 1)).squareRoot()
  }

  /// The 95 % interval of the perplexity by resampling whole documents, or long stretches of a single
  /// one; nil where there is one alone.
  public var bootstrap: (low: Double, high: Double)? {
    let units = Evaluation.units(documents: domain.documents, windows: domain.scoredOfWindow)
    let weights = domain.tokenWeights
    var (sums, tokens): ([Double], [Double]) = ([], [])
    var start = 0
    for count in units {
      let unit = start..<min(start + count, scores.nll.count)
      sums.append(unit.reduce(0) { $0 + weights[$1] * scores.nll[$1] })
      tokens.append(weights[unit].reduce(0, +))
      start = unit.upperBound
    }
    guard let interval = BlockBootstrap(sums: sums, tokens: tokens).interval else { return nil }
    return (exp(interval.low), exp(interval.high))
  }
}
