/// One linear as suspect and baseline leave it, and what exchanging it does.
public struct ModuleDifference: Sendable, Codable, Equatable {
  /// The decoder layer, from 0.
  public var layer: Int
  /// The linear's name inside the layer, such as `self_attn.q_proj`.
  public var module: String
  /// The suspect's.
  public var suspect: ModuleMeasure
  /// The baseline's.
  public var baseline: ModuleMeasure
  /// The condition number of H on the calibration inputs, undamped; nil where it was not taken.
  public var conditionNumber: Double?
  /// The baseline with this module of the suspect; nil where it was not tried.
  public var swap: SwapEffect?

  /// A module as measured.
  public init(
    layer: Int, module: String, suspect: ModuleMeasure, baseline: ModuleMeasure
  ) {
    self.layer = layer
    self.module = module
    self.suspect = suspect
    self.baseline = baseline
  }

  /// `layers.3.mlp.down_proj`.
  public var path: String { "layers.\(layer).\(module)" }

  enum CodingKeys: String, CodingKey {
    case layer, module, suspect, baseline, swap
    case conditionNumber = "condition_number"
  }
}

/// What one side did to a module.
public struct ModuleMeasure: Sendable, Codable, Equatable {
  /// tr(ΔW H ΔWᵀ)/tr(W H Wᵀ) on calibration inputs.
  public var relativeErrorCalibration = 0.0
  /// The same on the inputs of the main held-out domain.
  public var relativeErrorHeldout = 0.0
  /// Round-to-nearest on the same grid, on calibration inputs.
  public var rtnRelativeErrorCalibration = 0.0
  /// Round-to-nearest on the same grid, on held-out inputs.
  public var rtnRelativeErrorHeldout = 0.0
  /// ‖ΔW‖/‖W‖.
  public var weightRelativeNorm = 0.0
  /// Share of weights beyond the ends of their grid.
  public var clipRate = 0.0
  /// Share of codes that the packer changed.
  public var packerChangedCodes = 0.0
  /// The damp the solve ended with.
  public var dampPercentUsed = 0.0
  /// How the solve ended up with its result.
  public var solverPath = ""
  /// Seconds of factorising and of the column loop.
  public var solveSeconds = 0.0

  /// Nothing measured yet.
  public init() {}

  enum CodingKeys: String, CodingKey {
    case relativeErrorCalibration = "relative_error_calibration"
    case relativeErrorHeldout = "relative_error_heldout"
    case rtnRelativeErrorCalibration = "rtn_relative_error_calibration"
    case rtnRelativeErrorHeldout = "rtn_relative_error_heldout"
    case weightRelativeNorm = "weight_relative_norm"
    case clipRate = "clip_rate"
    case packerChangedCodes = "packer_changed_codes"
    case dampPercentUsed = "damp_percent_used"
    case solverPath = "solver_path"
    case solveSeconds = "solve_seconds"
  }
}

/// What exchanging some modules of the baseline for those of the suspect does to it.
public struct SwapEffect: Sendable, Codable, Equatable {
  /// What was swapped: `layers.3.mlp.down_proj`, `layers.3`, or `mlp.down_proj`.
  public var name: String
  /// Modules swapped.
  public var modules: Int
  /// Change of nll.
  public var nll: Estimate
  /// Change of KL divergence from the base.
  public var kld: Estimate
  /// Change of KL divergence with Gaussian noise of equal norm on the base's weights instead; nil
  /// where it was not tried.
  public var noiseKLD: Estimate?
  /// What the suspect loses in nll when it gets these modules of the baseline; nil where it was not
  /// tried.
  public var repairNLL: Estimate?
  /// The same in KL divergence.
  public var repairKLD: Estimate?

  /// A swap and its effect.
  public init(name: String, modules: Int, nll: Estimate, kld: Estimate) {
    self.name = name
    self.modules = modules
    self.nll = nll
    self.kld = kld
  }

  /// The change in one metric.
  public func value(_ metric: DiagnosisMetric) -> Estimate { metric == .nll ? nll : kld }

  enum CodingKeys: String, CodingKey {
    case name, modules, nll, kld
    case noiseKLD = "noise_kld"
    case repairNLL = "repair_nll"
    case repairKLD = "repair_kld"
  }
}
