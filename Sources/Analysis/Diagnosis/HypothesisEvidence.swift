import GPTQ

/// What the hypotheses are judged by: numbers that the runs of a diagnosis have measured. What was not
/// measured is nil.
public struct HypothesisEvidence: Sendable {
  /// One side's modules summed up.
  public struct Side: Sendable {
    /// Share of codes that the packer changed, mean over modules.
    public var changedCodes = 0.0
    /// Modules whose codes the packer changed.
    public var changedModules = 0
    /// Held-out over calibration error, over the same of round-to-nearest: geometric mean.
    public var overfitting = 1.0
    /// Modules whose held-out error exceeds round-to-nearest's.
    public var modulesWorseThanRTN = 0
    /// Modules whose ‖ΔW‖ is over three times round-to-nearest's.
    public var explodedModules = 0
    /// Modules whose factorisation failed.
    public var failedModules = 0
    /// Modules.
    public var modules = 0
    /// λ / mean(diag H) of the solves, the median.
    public var dampUsed = 0.0
    /// Weights beyond the ends of their grid, share.
    public var clipRate = 0.0
    /// KL divergence over that of round-to-nearest on the same grid, on the main domain.
    public var mainOverRTN: Double?
    /// The same on the domain where it is largest.
    public var worstOverRTN: Double?
    /// The lower end of its 95 % interval; nil where it cannot be estimated.
    public var worstOverRTNLow: Double?
    /// That domain's name.
    public var worstDomain = ""

    /// Nothing measured yet.
    public init() {}
  }

  /// What a trial of the suspect with one thing changed takes off it, in the ranking metric.
  public struct Probes: Sendable {
    /// With the exact packer, or repaired.
    public var exactPacker: Estimate?
    /// With damp 0.1 and rescue: auto.
    public var moreDamp: Estimate?
    /// With float32 scales.
    public var floatScales: Estimate?
    /// With `static_groups` the other way round.
    public var staticGroups: Estimate?
    /// The control: how far a change of damp that cannot matter moves the ranking metric, the root mean
    /// square over draws. Where a solve is nearly singular, any change moves it by chance.
    public var control: Double?

    /// None made yet.
    public init() {}
  }

  /// What two checkpoint folders hold besides weights.
  public struct Folders: Sendable {
    /// Whether their tokenizers are the same, and the base's.
    public var sameTokenizer = true
    /// Whether their chat templates are the same.
    public var sameTemplate = true
    /// What `audit` says about zero points of the suspect, evidence first.
    public var zeroPointFindings = 0
    /// Modules that one side quantizes and the other does not.
    public var modulesInOne = 0
    /// What `audit` says about packing of the suspect.
    public var overflowFindings = 0

    /// No difference known.
    public init() {}
  }

  /// The difference suspect − baseline in nll, and what is made of it.
  public var difference: Estimate
  /// The verdict on it.
  public var ranking: CauseRanking
  /// The ranked causes.
  public var causes: [Cause]
  /// The suspect.
  public var suspect = Side()
  /// The baseline.
  public var baseline = Side()
  /// Counterfactual suspects.
  public var probes = Probes()
  /// Median condition number of the calibration Hessians, as they are.
  public var conditionMedian: Double?
  /// Their largest.
  public var conditionLargest: Double?
  /// The largest |activation| that a linear reads in the base model.
  public var largestActivation: Double?
  /// Domains that were measured.
  public var domains = 1
  /// Where the sides are checkpoints.
  public var folders: Folders?

  /// Evidence on a difference.
  public init(difference: Estimate, ranking: CauseRanking, causes: [Cause]) {
    self.difference = difference
    self.ranking = ranking
    self.causes = causes
  }

  /// The part of a cause, if it is one.
  func cause(_ kind: CauseKind) -> Cause? { causes.first { $0.kind == kind } }

  /// How many times the control's move a probe must take off.
  static let controlShare = 2.0

  /// Whether what a probe takes off is more than noise, and more than the control's.
  func helps(_ probe: Estimate) -> Bool {
    probe.value > Self.controlShare * (probes.control ?? 0)
      && probe.isBeyondNoise(floor: ranking.floor)
  }

  /// The control's number, to stand beside a probe's.
  var control: [DecidingNumber] {
    probes.control.map { [DecidingNumber("moved_by_control", $0)] } ?? []
  }

  /// Whether a cause pushes the suspect away from the baseline beyond noise.
  func drives(_ kind: CauseKind) -> Bool {
    guard let cause = cause(kind), cause.isBeyondNoise else { return false }
    return cause.value(ranking.metric).value > 0
  }
}
