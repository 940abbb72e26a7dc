/// The hypotheses about a quantized model that is worse than it should be, H1 to H11 of
/// docs/diagnosis.md.
public enum Hypothesis: String, Sendable, Codable, CaseIterable {
  /// Codes overflow when they are packed.
  case packingOverflow = "H1"
  /// Too little damping of an ill-conditioned Hessian.
  case damping = "H2"
  /// The kernel that runs the model, not the model.
  case kernel = "H3"
  /// Activations beyond float16.
  case activationOverflow = "H4"
  /// The evaluation cannot tell the two apart.
  case evaluationNoise = "H5"
  /// The calibration text is not what the model is used on.
  case calibrationBias = "H6"
  /// Scales rounded to the storage type.
  case scalePrecision = "H7"
  /// Groups whose scales were fitted to weights that had drifted.
  case driftedGroups = "H8"
  /// Tokenizers or chat templates that differ.
  case tokenizer = "H9"
  /// Zero points off by one, or in another convention.
  case zeroPoint = "H10"
  /// Modules that one side quantizes and the other does not.
  case moduleSets = "H11"
}

/// What became of a hypothesis.
public enum HypothesisStatus: String, Sendable, Codable {
  case confirmed
  case refuted
  case undecided
  case notApplicable = "not_applicable"
}

/// A number that a hypothesis was judged by.
public struct DecidingNumber: Sendable, Codable, Equatable {
  /// What it is, in snake_case with its unit.
  public var name: String
  /// Its value.
  public var value: Double
  /// The lower end of its 95 % interval, where it has one.
  public var low: Double?
  /// The upper end of its 95 % interval, where it has one.
  public var high: Double?
  /// What it was held against.
  public var threshold: Double?

  /// A number with no interval.
  public init(_ name: String, _ value: Double, threshold: Double? = nil) {
    self.name = name
    self.value = value
    self.threshold = threshold
  }

  /// An estimate.
  public init(_ name: String, _ estimate: Estimate, threshold: Double? = nil) {
    self.init(name, estimate.value, threshold: threshold)
    low = estimate.low
    high = estimate.high
  }
}

/// The measurement that should come next.
public enum NextMeasurement: String, Sendable, Codable {
  case none
  case auditCheckpoint = "audit_checkpoint"
  case repairCheckpoint = "repair_checkpoint"
  case exactPacker = "exact_packer"
  case raiseDamp = "raise_damp"
  case compareKernels = "compare_kernels"
  case runInBF16 = "run_in_bf16"
  case moreHeldoutText = "more_heldout_text"
  case moreDraws = "more_draws"
  case widerCalibration = "wider_calibration"
  case giveOtherDomains = "give_other_domains"
  case storeFloat16Scales = "store_float16_scales"
  case staticGroups = "static_groups"
  case compareTokenIDs = "compare_token_ids"
  case copyTokenizer = "copy_tokenizer"
  case alignModules = "align_modules"
}

/// A hypothesis, tested.
public struct HypothesisFinding: Sendable, Codable, Equatable {
  /// Which one.
  public var hypothesis: Hypothesis
  /// What became of it.
  public var status: HypothesisStatus
  /// The numbers that decided, the most telling first.
  public var numbers: [DecidingNumber]
  /// What to measure next.
  public var next: NextMeasurement

  /// Puts the parts together.
  public init(
    _ hypothesis: Hypothesis, _ status: HypothesisStatus, _ numbers: [DecidingNumber] = [],
    next: NextMeasurement = .none
  ) {
    self.hypothesis = hypothesis
    self.status = status
    self.numbers = numbers
    self.next = next
  }
}
