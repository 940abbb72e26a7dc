import Foundation

/// What was measured on one module.
public struct ModuleAudit: Sendable, Codable, Equatable {
  /// Its name.
  public let name: String
  /// out_features and in_features.
  public let shape: [Int]
  /// Entropy of its codes, bits; at most the width of a code.
  public let codeEntropy: Double
  /// Share of codes at either end of their grid.
  public let endRate: Double
  /// The correlation of scales with the spread of their codes; near −1 in health, 0 for scales that
  /// belong to other codes.
  public let scaleCoupling: Double?
  /// ‖W − Wq‖/‖W‖, against the base.
  public let weightError: Double?
  /// The same of round-to-nearest on this grid.
  public let rtnWeightError: Double?
  /// tr(ΔW H ΔWᵀ)/tr(W H Wᵀ) on the calibration inputs.
  public let outputError: Double?
  /// The same of round-to-nearest.
  public let rtnOutputError: Double?
  /// The robust deviation of codes from where round-to-nearest would put them, in steps.
  public let drift: Double?
  /// The share of the base's weights more than half a step outside their grid.
  public let clipRate: Double?
  /// Codes that wrapped, counted with the base.
  public let wrappedCodes: Int?
  /// Codes far from where the base's weights put them, where there are more than chance explains.
  public let corruptedCodes: Int?

  enum CodingKeys: String, CodingKey {
    case name, shape
    case codeEntropy = "code_entropy"
    case endRate = "end_rate"
    case scaleCoupling = "scale_coupling"
    case weightError = "weight_error"
    case rtnWeightError = "rtn_weight_error"
    case outputError = "output_error"
    case rtnOutputError = "rtn_output_error"
    case drift = "drift_steps"
    case clipRate = "clip_rate"
    case wrappedCodes = "wrapped_codes"
    case corruptedCodes = "corrupted_codes"
  }

  init(_ module: AuditModule) {
    name = module.name
    shape = [module.linear.codes.rows, module.linear.codes.columns]
    let total = Double(max(module.codes.count, 1))
    codeEntropy = module.codes.histogram.reduce(0) { sum, count in
      let p = Double(count) / total
      return p > 0 ? sum - p * log2(p) : sum
    }
    let ends = module.codes.histogram[0] + module.codes.histogram[module.maxCode]
    endRate = Double(ends) / total
    scaleCoupling = module.coupling.freedom > 16 ? module.coupling.correlation : nil
    weightError = module.comparison?.weightError
    rtnWeightError = module.comparison?.rtnWeightError
    outputError = module.comparison?.outputError
    rtnOutputError = module.comparison?.rtnOutputError
    drift = module.comparison?.drift
    clipRate = module.comparison?.clipRate
    wrappedCodes = module.comparison?.wrapped.count
    corruptedCodes = module.comparison?.corruptionEvidence.codes
  }
}

/// The result of an audit.
public struct AuditReport: Sendable, Codable, Equatable {
  /// healthy, suspect or defective: the worst finding; `no_defect_found` where there is none and not
  /// everything was looked at.
  public let verdict: AuditVerdict
  /// What was found, the worst first.
  public let findings: [AuditFinding]
  /// Settings and headers; nil where a file is too damaged to tell.
  public let header: CheckpointHeader?
  /// Every module that could be read.
  public let modules: [ModuleAudit]
  /// Everything that a loader reads, and how it was looked at.
  public let coverage: AuditCoverage
  /// What the checkpoint computes; nil where it was not run.
  public let function: FunctionReport?

  init(
    findings: [AuditFinding], header: CheckpointHeader?, modules: [ModuleAudit],
    coverage: AuditCoverage = AuditCoverage(), function: FunctionReport? = nil
  ) {
    self.findings = findings.sorted { $0.level > $1.level }
    verdict = AuditVerdict(findings, isComplete: coverage.isComplete)
    self.header = header
    self.modules = modules
    self.coverage = coverage
    self.function = function
  }
}
