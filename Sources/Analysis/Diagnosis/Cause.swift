import GPTQ

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
