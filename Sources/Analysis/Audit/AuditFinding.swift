/// What the checks look for: one name a finding can have, stable for programs.
public enum AuditDefect: String, Sendable, Codable, CaseIterable {
  case damagedFile = "damaged_file"
  case missingTensor = "missing_tensor"
  case extraTensor = "extra_tensor"
  case wrongShape = "wrong_shape"
  case contradictoryConfig = "contradictory_config"
  case loaderRefusal = "loader_refusal"
  case packingOverflow = "packing_overflow"
  case corruptedCodes = "corrupted_codes"
  case zeroPoint = "zero_point"
  case groupIndex = "group_index"
  case scaleValue = "scale_value"
  case scaleMismatch = "scale_mismatch"
  case scalePrecision = "scale_precision"
  case halfUsedGrid = "half_used_grid"
  case unusedLevels = "unused_levels"
  case weightError = "weight_error"
  case wrongBase = "wrong_base"
  case differentBase = "different_base"
  case nonFinite = "non_finite"
  case movedTensor = "moved_tensor"
  case roundedTensor = "rounded_tensor"
  case exchangedTensor = "exchanged_tensor"
  case rowOrder = "row_order"
  case codeOrder = "code_order"
  case duplicatedModule = "duplicated_module"
  case deadModule = "dead_module"
  case clippedCodes = "clipped_codes"
  case prunedWeights = "pruned_weights"
  case roundedToNearest = "rounded_to_nearest"
  case changedConfig = "changed_config"
  case tokenizer
  case generationConfig = "generation_config"
  case differentFunction = "different_function"
  case sameFunction = "same_function"
}

/// One thing that an audit found.
public struct AuditFinding: Sendable, Codable, Equatable {
  /// What it is.
  public var defect: AuditDefect
  /// How bad it is.
  public var level: AuditLevel
  /// What was seen, with its numbers.
  public var evidence: AuditSentence
  /// log₁₀ of the Bayes factor against a healthy checkpoint; nil where it is read or measured
  /// outright, and nothing is inferred.
  public var log10BayesFactor: Double?
  /// The modules concerned, the worst first; empty for the checkpoint as a whole.
  public var modules: [String]
  /// What it costs.
  public var cost: AuditSentence
  /// What to do.
  public var remedy: AuditSentence
  /// Whether no other weights that compute the same could bring it about: it stands whatever the function.
  var standsByItself = false

  /// Puts a finding together.
  public init(
    _ defect: AuditDefect, _ level: AuditLevel, evidence: AuditSentence,
    log10BayesFactor: Double? = nil, modules: [String] = [], cost: AuditSentence,
    remedy: AuditSentence
  ) {
    self.defect = defect
    self.level = level
    self.evidence = evidence
    self.log10BayesFactor = log10BayesFactor
    self.modules = modules
    self.cost = cost
    self.remedy = remedy
  }

  enum CodingKeys: String, CodingKey {
    case defect, level, evidence
    case log10BayesFactor = "log10_bayes_factor"
    case modules, cost, remedy
  }

  /// This finding as no more than a note.
  var lowered: AuditFinding {
    var finding = self
    finding.level = .note
    return finding
  }
}
