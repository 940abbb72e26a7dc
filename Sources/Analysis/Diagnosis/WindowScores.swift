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
    self.init(tokens: counts.map(Double.init), nll: [], kld: [])
    var start = 0
    for count in counts {
      let window = statistics[start..<min(start + count, statistics.count)]
      nll.append(window.reduce(0) { $0 + $1.nll })
      kld.append(window.reduce(0) { $0 + $1.kld })
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

/// What a difference is measured in; both are nats a token.
public enum DiagnosisMetric: String, Sendable, Codable, CaseIterable {
  /// Negative log-likelihood of the held-out text.
  case nll
  /// KL divergence from the base.
  case kld
}

/// A mean over windows that is linear in the scores of several models, such as a paired difference or
/// a Shapley value: Σ_m c_m·mean(m), with the standard error of its own scatter over windows.
public struct LinearContrast: Sendable, Equatable {
  /// The mean, nats a token.
  public let value: Double
  /// Its standard error, windows being the units (`WindowedMean`).
  public let stderr: Double

  /// Combines per-window sums with their coefficients. All models scored the same windows.
  public init(_ terms: [(coefficient: Double, scores: WindowScores)], _ metric: DiagnosisMetric) {
    let tokens = terms.first?.scores.tokens ?? []
    var sums = [Double](repeating: 0, count: tokens.count)
    for term in terms where term.coefficient != 0 {
      for (window, sum) in term.scores.sums(metric).enumerated() where window < sums.count {
        sums[window] += term.coefficient * sum
      }
    }
    let total = tokens.reduce(0, +)
    guard total > 0 else {
      value = 0
      stderr = 0
      return
    }
    let mean = sums.reduce(0, +) / total
    let units = Double(tokens.count)
    let squares = zip(sums, tokens).reduce(0) { sum, window in
      let deviation = window.0 - mean * window.1
      return sum + deviation * deviation
    }
    value = mean
    stderr = units > 1 ? (units / (units - 1) * squares).squareRoot() / total : 0
  }
}
