/// `tenbin.json` beside the checkpoint: what was asked, and what became of every linear. It holds
/// what loaders would refuse or not understand.
public struct CheckpointRecord: Sendable, Codable, Equatable {
  /// One quantized linear.
  public struct Module: Sendable, Codable, Equatable {
    /// The module's name.
    public var name: String
    /// How its solve ended.
    public var solverPath: SolverPath
    /// λ / mean(diag H) of the factor used, if one was.
    public var dampPercentUsed: Double?
    /// What was wrong with the first attempt, where it is not the result.
    public var rescueReason: RescueReason?
    /// tr(ΔW H ΔWᵀ)/tr(W H Wᵀ) on the calibration inputs.
    public var relativeErrorCalibration: Double
    /// ½·tr(ΔW (H + λI) ΔWᵀ), the ΣLosses of other tools times tokens; nil for round-to-nearest.
    public var loss: Double?

    enum CodingKeys: String, CodingKey {
      case name
      case solverPath = "solver_path"
      case dampPercentUsed = "damp_percent_used"
      case rescueReason = "rescue_reason"
      case relativeErrorCalibration = "relative_error_calibration"
      case loss
    }
  }

  /// The version of tenbin.
  public var tenbinVersion: String
  /// The settings as asked for.
  public var quantize: QuantizeConfig
  /// The linears, in the order in which they were written.
  public var modules: [Module]
  /// Linears whose packed tensors were read back from disk and equal the codes in memory: all.
  public var verifiedModules: Int
  /// Tensors that were read back from disk, those that go through as they are included: all.
  public var verifiedTensors = 0

  enum CodingKeys: String, CodingKey {
    case tenbinVersion = "tenbin_version"
    case quantize, modules
    case verifiedModules = "verified_modules"
    case verifiedTensors = "verified_tensors"
  }
}
