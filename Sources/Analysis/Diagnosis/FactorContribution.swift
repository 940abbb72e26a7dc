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
