import Analysis

/// How much the draw of the calibration set alone moves a trial: the same settings, solved on other
/// tokens of the same kind.
public struct DrawNoise: Sendable, Equatable {
  /// The trial that was repeated.
  public let trial: Int
  /// Its repeats, by draw.
  public let repeats: [Int]
  /// Its bits per weight.
  public let bitsPerWeight: Double
  /// Its perplexity on the main domain, on the set's own draw.
  public let perplexity: Double
  /// The lowest and the highest of its repeats.
  public let repeatedPerplexities: ClosedRange<Double>
  /// Negative log-likelihood on each draw, its own first, nats per token.
  public let nll: [Double]
  /// KL divergence from the base on each draw, its own first, nats per token.
  public let kld: [Double]

  /// Highest minus lowest, nats per token.
  public var spread: Double { (nll.max() ?? 0) - (nll.min() ?? 0) }

  init?(_ trial: TrialResult, repeats: [TrialResult], in results: StudyResults) {
    let repeated = repeats.compactMap { results.mainEvaluation($0) }
      .filter { $0.nllPerToken.isFinite && $0.perplexity.isFinite }
    let perplexities = repeated.map(\.perplexity)
    guard let own = results.mainEvaluation(trial), own.nllPerToken.isFinite,
      own.perplexity.isFinite, let least = perplexities.min(), let most = perplexities.max()
    else { return nil }
    let evaluations = [own] + repeated
    self.trial = trial.number
    self.repeats = repeats.map(\.number)
    bitsPerWeight = trial.bitsPerWeight
    perplexity = own.perplexity
    repeatedPerplexities = least...most
    nll = evaluations.map(\.nllPerToken)
    kld = evaluations.map(\.kldMean)
  }

  /// One metric on each draw.
  func values(_ metric: DiagnosisMetric) -> [Double] { metric == .nll ? nll : kld }

  /// Whether it was measured at the size of `trial`.
  func isOfSize(_ trial: TrialResult) -> Bool {
    let reach = (1 + SizeGrouping.tolerance) / (1 - SizeGrouping.tolerance)
    return max(trial.bitsPerWeight, bitsPerWeight)
      <= min(trial.bitsPerWeight, bitsPerWeight) * reach
  }
}

extension StudyResults {
  /// The trials that were repeated on other calibration draws, smallest first.
  public var drawNoises: [DrawNoise] {
    let repeats = trials.filter { $0.draw > 0 && $0.state == .complete }
    return Dictionary(grouping: repeats, by: \.config).compactMap { config, same in
      trials.first { $0.draw == 0 && $0.state == .complete && $0.config == config }.flatMap {
        DrawNoise($0, repeats: same.sorted { $0.draw < $1.draw }, in: self)
      }
    }.sorted { ($0.bitsPerWeight, $0.trial) < ($1.bitsPerWeight, $1.trial) }
  }
}
