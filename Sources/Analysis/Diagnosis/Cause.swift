import GPTQ

/// One setting in which suspect and baseline differ, and its part of the difference.
public struct FactorContribution: Sendable, Codable, Equatable {
  /// Its name in sweep.yaml.
  public var key: String
  /// The cause it belongs to.
  public var cause: CauseKind
  /// Its value in the suspect, as it is typed.
  public var suspect: String
  /// Its value in the baseline.
  public var baseline: String
  /// Its Shapley value in nll.
  public var nll: Estimate
  /// Its Shapley value in KL divergence.
  public var kld: Estimate
  /// What the baseline gains in nll when this setting alone is as in the suspect.
  public var aloneNLL: Double
  /// What the suspect would lose in nll if this setting alone were as in the baseline.
  public var revertedNLL: Double
  /// The same in KL divergence.
  public var aloneKLD: Double
  /// The same in KL divergence.
  public var revertedKLD: Double

  /// Puts the parts together.
  public init(
    key: String, cause: CauseKind, suspect: String, baseline: String, nll: Estimate, kld: Estimate,
    alone: (nll: Double, kld: Double), reverted: (nll: Double, kld: Double)
  ) {
    self.key = key
    self.cause = cause
    self.suspect = suspect
    self.baseline = baseline
    self.nll = nll
    self.kld = kld
    aloneNLL = alone.nll
    revertedNLL = reverted.nll
    aloneKLD = alone.kld
    revertedKLD = reverted.kld
  }

  /// Its Shapley value.
  public func value(_ metric: DiagnosisMetric) -> Estimate { metric == .nll ? nll : kld }

  /// What reverting it alone takes off the suspect.
  public func reverted(_ metric: DiagnosisMetric) -> Double {
    metric == .nll ? revertedNLL : revertedKLD
  }

  enum CodingKeys: String, CodingKey {
    case key, cause, suspect, baseline, nll, kld
    case aloneNLL = "alone_nll"
    case revertedNLL = "reverted_nll"
    case aloneKLD = "alone_kld"
    case revertedKLD = "reverted_kld"
  }
}

/// Two factors that do together what neither does alone.
public struct FactorInteraction: Sendable, Codable, Equatable {
  /// The names of the two.
  public var keys: [String]
  /// Their interaction index in nll.
  public var nll: Estimate
  /// Their interaction index in KL divergence.
  public var kld: Estimate

  /// Puts the parts together.
  public init(keys: [String], nll: Estimate, kld: Estimate) {
    self.keys = keys
    self.nll = nll
    self.kld = kld
  }

  /// The index in one metric.
  public func value(_ metric: DiagnosisMetric) -> Estimate { metric == .nll ? nll : kld }
}

/// A ranked cause of the difference.
public struct Cause: Sendable, Codable, Equatable {
  /// What it is.
  public var kind: CauseKind
  /// The settings that make it up, the strongest first.
  public var factors: [String]
  /// Its part in nll.
  public var nll: Estimate
  /// Its part in KL divergence.
  public var kld: Estimate
  /// What the suspect would lose in nll if all its settings were as in the baseline.
  public var revertedNLL: Double
  /// The same in KL divergence.
  public var revertedKLD: Double
  /// Its part of the difference in the ranking metric, 1 being all of it; above 1 where other causes
  /// act the other way.
  public var share = 0.0
  /// Whether its interval leaves 0 out.
  public var isBeyondNoise = false

  /// A cause that has not been ranked.
  public init(
    kind: CauseKind, factors: [String], nll: Estimate, kld: Estimate,
    reverted: (nll: Double, kld: Double)
  ) {
    self.kind = kind
    self.factors = factors
    self.nll = nll
    self.kld = kld
    revertedNLL = reverted.nll
    revertedKLD = reverted.kld
  }

  /// Its part in one metric.
  public func value(_ metric: DiagnosisMetric) -> Estimate { metric == .nll ? nll : kld }

  /// What reverting it alone takes off the suspect.
  public func reverted(_ metric: DiagnosisMetric) -> Double {
    metric == .nll ? revertedNLL : revertedKLD
  }

  enum CodingKeys: String, CodingKey {
    case kind, factors, nll, kld, share
    case revertedNLL = "reverted_nll"
    case revertedKLD = "reverted_kld"
    case isBeyondNoise = "beyond_noise"
  }
}

/// What the difference between suspect and baseline comes to.
public enum DiagnosisVerdict: String, Sendable, Codable {
  /// The suspect is worse than the baseline.
  case regression
  /// The suspect is better.
  case improvement
  /// The text is as likely under both, but the suspect is further from the base.
  case fartherFromBase = "farther_from_base"
  /// The text is as likely under both, and the suspect is nearer to the base.
  case nearerToBase = "nearer_to_base"
  /// Another draw of calibration rows or held-out text could have made the difference, or it cannot
  /// be estimated whether one could.
  case noise
  /// Every token scores alike, though their files are not the same.
  case sameScores = "same_scores"
  /// Both are the same to the last bit, of the scores and, of two checkpoints, of the files.
  case identical

  /// Whether there is a difference to explain.
  public var isDifference: Bool {
    switch self {
    case .regression, .improvement, .fartherFromBase, .nearerToBase: true
    case .noise, .sameScores, .identical: false
    }
  }
}

/// How a difference is judged, and its causes ranked.
public struct CauseRanking: Sendable, Equatable {
  /// Nats per token that float noise in the Hessians alone moves a whole model by.
  public static let floatNoise = 0.005
  /// The same for a KL divergence, as a share of the larger one.
  public static let relativeFloatNoise = 0.02

  /// What the difference comes to.
  public let verdict: DiagnosisVerdict
  /// The metric that causes are ranked by: nll, or KL divergence where nll cannot tell.
  public let metric: DiagnosisMetric
  /// What a difference must exceed, nats per token.
  public let floor: Double

  /// Judges the difference suspect − baseline; `kld` are their divergences from the base.
  public init(nll: Estimate, kld: Estimate, divergences: (suspect: Double, baseline: Double)) {
    let kldFloor = Self.relativeFloatNoise * max(divergences.suspect, divergences.baseline)
    // Without any scatter, or from one window whose scores are equal.
    let isSame = [nll, kld].allSatisfy { $0.value == 0 && !($0.stderr > 0) }
    if isSame {
      (verdict, metric, floor) = (.identical, .nll, Self.floatNoise)
    } else if nll.isBeyondNoise(floor: Self.floatNoise) {
      verdict = nll.value > 0 ? .regression : .improvement
      (metric, floor) = (.nll, Self.floatNoise)
    } else if kld.isBeyondNoise(floor: kldFloor) {
      verdict = kld.value > 0 ? .fartherFromBase : .nearerToBase
      (metric, floor) = (.kld, kldFloor)
    } else {
      (verdict, metric, floor) = (.noise, .nll, Self.floatNoise)
    }
  }

  /// Orders causes by how much of the difference is theirs: those that push the way of the
  /// difference first, the strongest of them at the top.
  public func rank(_ causes: [Cause], difference: Double) -> [Cause] {
    let sign = difference < 0 ? -1.0 : 1.0
    return causes.enumerated().map { index, cause in
      var cause = cause
      let value = cause.value(metric)
      cause.share = difference == 0 ? 0 : value.value / difference
      cause.isBeyondNoise = value.isBeyondNoise(floor: floor)
      return (index, cause)
    }.sorted { left, right in
      let (a, b) = (sign * left.1.value(metric).value, sign * right.1.value(metric).value)
      return a != b ? a > b : left.0 < right.0
    }.map(\.1)
  }
}
