/// Judges each hypothesis by the numbers at hand. The thresholds stand in docs/diagnosis.md.
public enum HypothesisRules {
  /// The largest number of float16.
  static let float16Limit = 65504.0
  /// Held-out over calibration error, relative to round-to-nearest, that is called overfitting.
  static let overfittingLimit = 1.5
  /// KL divergence over round-to-nearest's, on another domain, that calibration bias must exceed.
  static let biasLimit = 1.0

  /// All eleven, in order.
  public static func judge(_ evidence: HypothesisEvidence) -> [HypothesisFinding] {
    let found = [
      packing(evidence), damping(evidence), kernel(evidence), activations(evidence),
      noise(evidence), calibration(evidence), scales(evidence), groups(evidence),
      tokenizer(evidence), zeroPoint(evidence), modules(evidence),
    ]
    guard evidence.ranking.verdict == .noise else { return found }
    // There is nothing to explain: a part beyond noise is no cause of a difference that is not.
    return found.map { finding in
      guard finding.status == .confirmed, explanations.contains(finding.hypothesis) else {
        return finding
      }
      var finding = finding
      finding.status = .undecided
      return finding
    }
  }

  /// The hypotheses that explain a measured difference; the others state what files hold.
  private static let explanations: Set<Hypothesis> = [
    .packingOverflow, .damping, .calibrationBias, .scalePrecision, .driftedGroups,
  ]

  /// H1: the packer changed codes, and undoing that takes the loss away.
  static func packing(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    let side = evidence.suspect
    let isCheckpoint = evidence.folders != nil
    let changed = DecidingNumber("packer_changed_codes_share", side.changedCodes, threshold: 0)
    let cure: NextMeasurement = isCheckpoint ? .repairCheckpoint : .exactPacker
    guard side.changedModules > 0 else {
      return HypothesisFinding(.packingOverflow, .refuted, [changed])
    }
    guard let probe = evidence.probes.exactPacker else {
      return HypothesisFinding(.packingOverflow, .undecided, [changed], next: cure)
    }
    let gain = DecidingNumber(
      "taken_off_by_exact_packing", probe, threshold: evidence.ranking.floor)
    let confirmed = evidence.helps(probe)
    return HypothesisFinding(
      .packingOverflow, confirmed ? .confirmed : .refuted, [gain, changed],
      next: confirmed ? cure : .none)
  }

  /// H2: more damp, or a rescue, takes the loss away; or solves went wrong and damp is a cause.
  static func damping(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    let side = evidence.suspect
    let damaged = max(side.explodedModules, side.failedModules)
    var numbers: [DecidingNumber] = []
    if let probe = evidence.probes.moreDamp {
      numbers.append(
        DecidingNumber("taken_off_by_damp_0.1", probe, threshold: evidence.ranking.floor))
      numbers += evidence.control
    }
    numbers += [
      DecidingNumber("overfitting_over_rtn", side.overfitting, threshold: overfittingLimit),
      DecidingNumber("modules_exploded_or_failed", Double(damaged), threshold: 0),
      DecidingNumber("modules_worse_than_rtn", Double(side.modulesWorseThanRTN)),
      DecidingNumber("damp_percent_used", side.dampUsed),
    ]
    if let condition = evidence.conditionMedian {
      numbers.append(DecidingNumber("condition_number_median", condition))
    }
    if side.modules > 0, side.dampUsed == 0, damaged == 0, evidence.probes.moreDamp == nil {
      return HypothesisFinding(.damping, .notApplicable, [], next: .none)
    }
    if evidence.drives(.damping) {
      return HypothesisFinding(.damping, .confirmed, numbers, next: .raiseDamp)
    }
    guard let probe = evidence.probes.moreDamp else {
      return HypothesisFinding(
        .damping, damaged > 0 ? .undecided : .refuted, numbers,
        next: damaged > 0 ? .raiseDamp : .none)
    }
    if evidence.helps(probe) {
      return HypothesisFinding(.damping, .confirmed, numbers, next: .raiseDamp)
    }
    return HypothesisFinding(.damping, .refuted, numbers)
  }

  /// H3: nothing here runs a kernel of a server; the weights themselves are measured.
  static func kernel(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    HypothesisFinding(
      .kernel, .undecided, [DecidingNumber("nll_difference_of_weights", evidence.difference)],
      next: .compareKernels)
  }

  /// H4: the largest activation against float16's range.
  static func activations(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    guard let largest = evidence.largestActivation else {
      return HypothesisFinding(.activationOverflow, .undecided, next: .runInBF16)
    }
    let number = DecidingNumber("largest_activation", largest, threshold: float16Limit)
    if largest >= float16Limit {
      return HypothesisFinding(.activationOverflow, .confirmed, [number], next: .runInBF16)
    }
    // What a linear reads is seen; sums inside it may be some times larger.
    return largest > float16Limit / 8
      ? HypothesisFinding(.activationOverflow, .undecided, [number], next: .runInBF16)
      : HypothesisFinding(.activationOverflow, .refuted, [number])
  }

  /// H5: the interval holds 0, or the difference is below the floor of float noise. Undecided where
  /// there is no interval.
  static func noise(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    let number = DecidingNumber(
      "nll_difference", evidence.difference, threshold: FloatNoise.nll)
    switch evidence.ranking.verdict {
    case .noise where !evidence.difference.hasInterval:
      return HypothesisFinding(
        .evaluationNoise, .undecided, [number],
        next: evidence.difference.stderr.isNaN ? .moreHeldoutText : .moreDraws)
    case .noise, .sameScores, .identical:
      return HypothesisFinding(.evaluationNoise, .confirmed, [number], next: .moreHeldoutText)
    case .fartherFromBase, .nearerToBase:
      return HypothesisFinding(.evaluationNoise, .undecided, [number], next: .moreHeldoutText)
    case .regression, .improvement:
      return HypothesisFinding(.evaluationNoise, .refuted, [number])
    }
  }

  /// H6: the calibration data is a cause, or GPTQ loses to round-to-nearest off its own domain.
  static func calibration(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    let side = evidence.suspect
    var numbers: [DecidingNumber] = []
    if let cause = evidence.cause(.calibrationData) {
      numbers.append(DecidingNumber("calibration_part", cause.value(evidence.ranking.metric)))
    }
    if let worst = side.worstOverRTN {
      var number = DecidingNumber("kld_over_rtn_on_worst_domain", worst, threshold: biasLimit)
      number.low = side.worstOverRTNLow
      numbers.append(number)
    }
    if let main = side.mainOverRTN {
      numbers.append(DecidingNumber("kld_over_rtn_on_main_domain", main))
    }
    if evidence.drives(.calibrationData) {
      return HypothesisFinding(.calibrationBias, .confirmed, numbers, next: .widerCalibration)
    }
    guard evidence.domains > 1, let worst = side.worstOverRTN, let main = side.mainOverRTN else {
      return HypothesisFinding(.calibrationBias, .undecided, numbers, next: .giveOtherDomains)
    }
    let limit = max(biasLimit, 1.25 * main)
    guard worst > limit else { return HypothesisFinding(.calibrationBias, .refuted, numbers) }
    return side.worstOverRTNLow.map { $0 > limit } ?? false
      ? HypothesisFinding(.calibrationBias, .confirmed, numbers, next: .widerCalibration)
      : HypothesisFinding(.calibrationBias, .undecided, numbers, next: .moreHeldoutText)
  }

  /// H7: float32 scales take the loss away.
  static func scales(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    var numbers: [DecidingNumber] = []
    if let probe = evidence.probes.floatScales {
      numbers.append(
        DecidingNumber(
          "taken_off_by_float32_scales", probe, threshold: evidence.ranking.floor))
      numbers += evidence.control
    }
    if let cause = evidence.cause(.scalePrecision) {
      numbers.append(
        DecidingNumber("scale_precision_part", cause.value(evidence.ranking.metric)))
    }
    let helps = evidence.probes.floatScales.map(evidence.helps)
    if helps == true || evidence.drives(.scalePrecision) {
      return HypothesisFinding(.scalePrecision, .confirmed, numbers, next: .storeFloat16Scales)
    }
    return HypothesisFinding(
      .scalePrecision, helps == nil && numbers.isEmpty ? .undecided : .refuted, numbers,
      next: helps == nil && numbers.isEmpty ? .auditCheckpoint : .none)
  }

  /// H8: static groups take the loss away.
  static func groups(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    let clip = DecidingNumber("clip_rate", evidence.suspect.clipRate)
    let driven = evidence.drives(.groupScales) || evidence.drives(.columnOrder)
    guard let probe = evidence.probes.staticGroups else {
      return HypothesisFinding(
        .driftedGroups, driven ? .confirmed : .notApplicable, driven ? [clip] : [],
        next: driven ? .staticGroups : .none)
    }
    let number = DecidingNumber(
      "taken_off_by_static_groups", probe, threshold: evidence.ranking.floor)
    let helps = evidence.helps(probe)
    return HypothesisFinding(
      .driftedGroups, helps || driven ? .confirmed : .refuted, [number] + evidence.control + [clip],
      next: helps || driven ? .staticGroups : .none)
  }

  /// H9: the files of two checkpoints.
  static func tokenizer(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    guard let folders = evidence.folders else {
      return HypothesisFinding(.tokenizer, .notApplicable, next: .compareTokenIDs)
    }
    let same = folders.sameTokenizer && folders.sameTemplate
    return HypothesisFinding(
      .tokenizer, same ? .refuted : .confirmed,
      [
        DecidingNumber("tokenizers_differ", folders.sameTokenizer ? 0 : 1, threshold: 0),
        DecidingNumber("chat_templates_differ", folders.sameTemplate ? 0 : 1, threshold: 0),
      ], next: same ? .compareTokenIDs : .copyTokenizer)
  }

  /// H10: what the audit says of zero points.
  static func zeroPoint(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    guard let folders = evidence.folders else {
      return HypothesisFinding(.zeroPoint, .notApplicable)
    }
    let found = DecidingNumber(
      "zero_point_findings", Double(folders.zeroPointFindings), threshold: 0)
    return HypothesisFinding(
      .zeroPoint, folders.zeroPointFindings > 0 ? .confirmed : .refuted, [found],
      next: folders.zeroPointFindings > 0 ? .auditCheckpoint : .none)
  }

  /// H11: modules that are quantized on one side only.
  static func modules(_ evidence: HypothesisEvidence) -> HypothesisFinding {
    guard let folders = evidence.folders else {
      return HypothesisFinding(.moduleSets, .notApplicable)
    }
    let found = DecidingNumber("modules_in_one_only", Double(folders.modulesInOne), threshold: 0)
    return HypothesisFinding(
      .moduleSets, folders.modulesInOne > 0 ? .confirmed : .refuted, [found],
      next: folders.modulesInOne > 0 ? .alignModules : .none)
  }
}
