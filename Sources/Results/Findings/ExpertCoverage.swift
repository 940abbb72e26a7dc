import GPTQ

/// How many calibration tokens the experts of a model were sent.
public struct ExpertCoverage: Sendable, Equatable {
  /// An expert and what it was sent.
  public struct Expert: Sendable, Equatable {
    /// The decoder layer, from 0.
    public let layer: Int
    /// Which of its experts, from 0.
    public let expert: Int
    /// Calibration tokens that were sent to it.
    public let tokens: Int
    /// Their share of all.
    public let share: Double
    /// The widest input of its linears.
    public let inFeatures: Int
    /// Whether a trial solved it on all tokens of the layer.
    public let isPooled: Bool
  }

  /// Every expert whose linears were quantized, by layer and number.
  public let experts: [Expert]
  /// Tokens below which an expert is called out: those of `expert_min_tokens`.
  public let minTokens: Int

  /// The coverage that `trial` saw; nil where no expert was quantized.
  public init?(_ trial: TrialResult) {
    struct Place: Hashable {
      var layer: Int
      var expert: Int
    }
    var found: [Place: Expert] = [:]
    for module in trial.modules {
      guard let tokens = module.expertTokens, let number = module.expert else { continue }
      let place = Place(layer: module.layer, expert: number)
      let known = found[place]
      found[place] = Expert(
        layer: module.layer, expert: number, tokens: tokens, share: module.expertShare ?? 0,
        inFeatures: max(known?.inFeatures ?? 0, module.inFeatures ?? 0),
        isPooled: known?.isPooled ?? false || module.solverPath == .pooled
          || (module.hessianTokens ?? 0) > tokens && module.solverPath != .noTokens)
    }
    guard !found.isEmpty else { return nil }
    experts = found.values.sorted { ($0.layer, $0.expert) < ($1.layer, $1.expert) }
    minTokens = trial.config.expertMinTokens
  }

  /// Those that were sent nothing.
  public var unseen: [Expert] { experts.filter { $0.tokens == 0 } }
  /// Those that were sent something, and less than `minTokens`.
  public var cold: [Expert] { experts.filter { $0.tokens > 0 && $0.tokens < minTokens } }
  /// Those whose own tokens cannot give H full rank.
  public var deficient: [Expert] { experts.filter { $0.tokens < $0.inFeatures } }
}

extension Findings {
  /// What calibration sent to the experts as the first trial saw it that was solved on it; nil where no
  /// expert was quantized.
  public var expertCoverage: (trial: Int, coverage: ExpertCoverage)? {
    Self.expertCoverage(results)
  }

  private static func expertCoverage(
    _ results: StudyResults
  ) -> (trial: Int, coverage: ExpertCoverage)? {
    let trials = results.trials.filter { !$0.isRTN && $0.draw == 0 }
    return trials.sorted { $0.number < $1.number }.lazy
      .compactMap { trial in ExpertCoverage(trial).map { (trial.number, $0) } }.first
  }

  /// The same as a finding, where not every expert has enough.
  static func coverage(_ results: StudyResults) -> [Finding] {
    guard let (trial, coverage) = expertCoverage(results), !coverage.deficient.isEmpty else {
      return []
    }
    return [.coverage(coverage, trial: trial)]
  }

  /// The GPTQ trials that send the most tokens to other experts than the base, by their last layer.
  static func drift(_ results: StudyResults) -> [Finding] {
    let drifts = results.ranked.filter { !$0.isRTN }.compactMap { trial -> RoutingDrift? in
      let known = trial.routingDrifts.enumerated().compactMap { layer, drift in
        drift.map { (layer: layer, share: $0) }
      }
      guard let worst = known.max(by: { $0.share < $1.share }) else { return nil }
      return RoutingDrift(
        trial: trial.number, mean: known.reduce(0) { $0 + $1.share } / Double(known.count),
        worstLayer: worst.layer, worst: worst.share)
    }
    guard let least = drifts.min(by: { $0.mean < $1.mean }),
      let most = drifts.max(by: { $0.mean < $1.mean })
    else { return [] }
    return [.routingDrift(least: least, most: most)]
  }
}

/// How many held-out tokens a trial sends to other experts than the base.
public struct RoutingDrift: Sendable, Equatable {
  /// The trial.
  public let trial: Int
  /// The mean share over the layers with a choice.
  public let mean: Double
  /// The layer in which it is largest.
  public let worstLayer: Int
  /// Its share there.
  public let worst: Double
}
