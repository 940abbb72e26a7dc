import Compute

/// What one model scored on one domain, window by window: the sums that paired differences and
/// attributions are linear in.
public struct WindowScores: Sendable, Equatable, Codable {
  /// Scored tokens of each window.
  public var tokens: [Double]
  /// Σ nll of each window, nats.
  public var nll: [Double]
  /// Σ KL(base ‖ model) of each window, nats.
  public var kld: [Double]

  /// Wraps sums; the three arrays have one entry a window.
  public init(tokens: [Double], nll: [Double], kld: [Double]) {
    self.tokens = tokens
    self.nll = nll
    self.kld = kld
  }

  /// Sums `statistics`, given in window order with `counts[w]` of them in window w.
  public init(_ statistics: [TokenStatistics], counts: [Int]) {
    self.init(TokenScores(statistics), counts: counts)
  }

  /// Sums `scores`, with `counts[w]` of them in window w.
  init(_ scores: TokenScores, counts: [Int]) {
    self.init(tokens: counts.map(Double.init), nll: [], kld: [])
    var start = 0
    for count in counts {
      let window = start..<min(start + count, scores.nll.count)
      nll.append(scores.nll[window].reduce(0, +))
      kld.append(scores.kld[window].reduce(0, +))
      start += count
    }
  }

  /// The sums of one metric.
  public func sums(_ metric: DiagnosisMetric) -> [Double] {
    switch metric {
    case .nll: nll
    case .kld: kld
    }
  }
}

/// What a difference is measured in; both are nats per token.
public enum DiagnosisMetric: String, Sendable, Codable, CaseIterable {
  /// Negative log-likelihood of the held-out text.
  case nll
  /// KL divergence from the base.
  case kld
}

/// A mean over windows that is linear in the scores of several models, such as a paired difference or
/// a Shapley value: Σ_m c_m·mean(m), with the standard error of its own scatter over windows.
public struct LinearContrast: Sendable, Equatable {
  /// The mean, nats per token.
  public let value: Double
  /// Its standard error, windows being the units (`WindowedMean`); NaN of one window.
  public let stderr: Double
  /// Degrees of freedom of `stderr`.
  public let freedom: Double

  private let sums: [Double]
  private let tokens: [Double]

  /// Combines per-window sums with their coefficients. All models scored the same windows.
  public init(_ terms: [(coefficient: Double, scores: WindowScores)], _ metric: DiagnosisMetric) {
    let tokens = terms.first?.scores.tokens ?? []
    var sums = [Double](repeating: 0, count: tokens.count)
    for term in terms where term.coefficient != 0 {
      for (window, sum) in term.scores.sums(metric).enumerated() where window < sums.count {
        sums[window] += term.coefficient * sum
      }
    }
    self.init(sums: sums, tokens: tokens)
  }

  /// The mean of contrasts over the same windows, such as of one quantity on several draws.
  public init(meanOf contrasts: [LinearContrast]) {
    let tokens = contrasts.first?.tokens ?? []
    let sums = tokens.indices.map { window in
      contrasts.reduce(0) { $0 + ($1.sums.indices.contains(window) ? $1.sums[window] : 0) }
        / Double(contrasts.count)
    }
    self.init(sums: sums, tokens: tokens)
  }

  private init(sums: [Double], tokens: [Double]) {
    let mean = WindowedMean(sums: sums, tokens: tokens)
    (value, stderr, freedom) = (mean.mean, mean.stderr, mean.freedom)
    (self.sums, self.tokens) = (sums, tokens)
  }
}

extension Estimate {
  /// An estimate whose only uncertainty is the held-out text, and what is assumed of other draws.
  public init(_ fixed: LinearContrast, assumedSpread: Double = 0) {
    self.init(
      value: fixed.value, stderr: fixed.stderr, freedom: fixed.freedom,
      assumedSpread: assumedSpread)
  }

  /// The mean of the same quantity over calibration draws, the main one first.
  public init(draws: [LinearContrast]) {
    let mean = LinearContrast(meanOf: draws)
    self.init(
      value: mean.value, stderr: mean.stderr, freedom: mean.freedom, draws: draws.map(\.value),
      drawShare: 1 / Double(max(1, draws.count)))
  }
}
