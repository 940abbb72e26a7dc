import Foundation

/// The result of a diagnosis: what differs, why, where, and what is to be done.
public struct Diagnosis: Sendable, Codable, Equatable {
  /// tenbin's own version.
  public var toolVersion = ""
  /// The base model's folder name.
  public var model = ""
  /// The suspect.
  public var suspect: DiagnosisSide
  /// The baseline.
  public var baseline: DiagnosisSide
  /// Evaluation domains, the main one first.
  public var domains: [String] = []
  /// Scored tokens of the main domain.
  public var tokensScored = 0
  /// Scored tokens of the swaps.
  public var swapTokens = 0
  /// Calibration draws, the main one included.
  public var draws = 1
  /// What the difference comes to.
  public var verdict: DiagnosisVerdict
  /// What causes are ranked by.
  public var metric: DiagnosisMetric
  /// What a difference must exceed to be called one, nats per token.
  public var floor: Double
  /// suspect − baseline in nll.
  public var nll: Estimate
  /// suspect − baseline in KL divergence from the base.
  public var kld: Estimate
  /// The causes, the strongest first.
  public var causes: [Cause] = []
  /// The settings that differ, in the order in which a sweep has them.
  public var factors: [FactorContribution] = []
  /// Pairs of settings that matter together, the strongest first.
  public var interactions: [FactorInteraction] = []
  /// Whether every coalition was played; otherwise orders were sampled.
  public var isExact = true
  /// The hypotheses.
  public var hypotheses: [HypothesisFinding] = []
  /// Every module, by layer.
  public var modules: [ModuleDifference] = []
  /// Whole layers and whole kinds swapped.
  public var groups: [SwapEffect] = []
  /// What is not the same in the files of two checkpoints that score alike.
  public var unequalFiles: [String] = []
  /// What an audit of the suspect found, where it is a checkpoint.
  public var audit: [AuditFinding] = []
  /// Seconds it took.
  public var wallSeconds = 0.0
  /// The findings in sentences, in the language of the report.
  public var findings: [String] = []

  /// A diagnosis of a difference.
  public init(
    suspect: DiagnosisSide, baseline: DiagnosisSide, ranking: CauseRanking, nll: Estimate,
    kld: Estimate
  ) {
    self.suspect = suspect
    self.baseline = baseline
    verdict = ranking.verdict
    metric = ranking.metric
    floor = ranking.floor
    self.nll = nll
    self.kld = kld
  }

  /// suspect − baseline in the ranking metric.
  public var difference: Estimate { metric == .nll ? nll : kld }

  /// The share of the difference from which a cause is named although its own interval holds 0.
  public static let likelyShare = 0.3

  /// The cause at the top, where there is a difference to explain. A part may be less certain than
  /// the whole, as where two settings do the same harm: then a large one is named as likely.
  public var leadingCause: Cause? {
    guard verdict.isDifference, let first = causes.first, first.share > 0,
      first.isBeyondNoise || first.share >= Self.likelyShare
    else { return nil }
    return first
  }

  enum CodingKeys: String, CodingKey {
    case model, suspect, baseline, domains, draws, verdict, metric, floor, nll, kld, causes
    case factors, interactions, hypotheses, modules, groups, audit, findings
    case toolVersion = "tool_version"
    case tokensScored = "tokens_scored"
    case swapTokens = "swap_tokens"
    case isExact = "exact"
    case unequalFiles = "unequal_files"
    case wallSeconds = "wall_seconds"
  }
}

/// One of the two quantizations that are compared, as measured.
public struct DiagnosisSide: Sendable, Codable, Equatable {
  /// The file or folder it was given as.
  public var name: String
  /// Whether it is a stored checkpoint.
  public var isCheckpoint: Bool
  /// Its settings in sweep.yaml's names, in a fixed order.
  public var settings: [Setting]
  /// What it scored on each domain.
  public var evaluations: [DiagnosisScore] = []

  /// One setting and its value.
  public struct Setting: Sendable, Codable, Equatable {
    /// Its name in sweep.yaml.
    public var key: String
    /// Its value, as it is typed.
    public var value: String

    /// A setting.
    public init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }
  }

  /// A side that has not been measured.
  public init(name: String, isCheckpoint: Bool, settings: [Setting]) {
    self.name = name
    self.isCheckpoint = isCheckpoint
    self.settings = settings
  }

  /// What it scored on the main domain.
  public var main: DiagnosisScore? { evaluations.first }

  enum CodingKeys: String, CodingKey {
    case name, settings, evaluations
    case isCheckpoint = "is_checkpoint"
  }
}

/// One side's scores on a domain, beside those of round-to-nearest on its grid.
public struct DiagnosisScore: Sendable, Codable, Equatable {
  /// The held-out file's stem.
  public var domain: String
  /// exp of the mean nll, a token of the base's tokenizer.
  public var perplexity: Double
  /// Bits a character of the text, which tokenizers that differ are compared in.
  public var bitsPerCharacter: Double
  /// Mean difference of nll to the base.
  public var nllDelta: Double
  /// Its standard error.
  public var nllDeltaStderr: Double
  /// Mean KL(base ‖ model).
  public var kldMean: Double
  /// Its standard error.
  public var kldStderr: Double
  /// The base's perplexity.
  public var basePerplexity: Double
  /// Round-to-nearest's mean difference of nll to the base; nil where no grid is known.
  public var rtnNLLDelta: Double?
  /// Round-to-nearest's mean KL divergence.
  public var rtnKLDMean: Double?

  /// Takes over what was evaluated.
  public init(_ mine: Evaluation, base: Evaluation?, rtn: Evaluation?) {
    domain = mine.domain
    perplexity = mine.perplexity
    bitsPerCharacter = mine.bitsPerCharacter
    nllDelta = mine.nllDelta
    nllDeltaStderr = mine.nllDeltaStderr
    kldMean = mine.kldMean
    kldStderr = mine.kldStderr
    basePerplexity = base?.perplexity ?? .nan
    rtnNLLDelta = rtn?.nllDelta
    rtnKLDMean = rtn?.kldMean
  }

  enum CodingKeys: String, CodingKey {
    case domain, perplexity
    case bitsPerCharacter = "bits_per_character"
    case nllDelta = "nll_delta"
    case nllDeltaStderr = "nll_delta_stderr"
    case kldMean = "kld_mean"
    case kldStderr = "kld_stderr"
    case basePerplexity = "base_perplexity"
    case rtnNLLDelta = "rtn_nll_delta"
    case rtnKLDMean = "rtn_kld_mean"
  }
}
