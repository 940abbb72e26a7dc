import GPTQ
import Model

/// What quantization did to one linear. Errors are relative: tr(ΔW H ΔWᵀ) / tr(W H Wᵀ).
public struct ModuleResult: Sendable, Codable {
  /// The decoder layer, from 0.
  public var layer: Int
  /// The linear's name inside the layer, such as `self_attn.q_proj`.
  public var module: String
  /// On the calibration inputs it was solved on.
  public var relativeErrorCalibration: Double
  /// On the inputs of the first held-out domain.
  public var relativeErrorHeldout: Double
  /// Round-to-nearest of the same grid, on calibration inputs.
  public var rtnRelativeErrorCalibration: Double
  /// Round-to-nearest of the same grid, on held-out inputs.
  public var rtnRelativeErrorHeldout: Double
  /// ‖h_trial − h_base‖² / ‖h_base‖² of the residual stream after this layer, held-out tokens.
  public var hiddenError: Double
  /// −10·log₁₀ of the held-out relative error.
  public var sqnrDb: Double
  /// ‖ΔW‖ / ‖W‖.
  public var weightRelativeNorm: Double
  /// Share of codes at an end of the grid whose weight lies beyond it.
  public var clipRate: Double
  /// Share of codes that the packer changed.
  public var packerChangedCodes: Double
  /// Channels that never activate on the calibration inputs.
  public var deadColumns: Int
  /// The damp the solve ended with.
  public var dampPercentUsed: Double
  /// ½·tr(ΔW (H + λI) ΔWᵀ) of the column loop; nil of round-to-nearest, and in a study of an older
  /// tenbin.
  public var loss: Double?
  /// What `loss` is to be expected to be where nothing clips.
  public var expectedLoss: Double?
  /// How the solve ended up with its result.
  public var solverPath: SolverPath
  /// What was wrong with the first attempt, where it is not the result.
  public var rescueReason: RescueReason?
  /// Seconds of factorising and of the column loop.
  public var solveSeconds: Double
  /// `QuantizedLinear.digest` of its codes as packed: by it a checkpoint is known to be the trial's.
  /// Nil of what was loaded, and in a study of an older tenbin.
  public var codesHash: String?

  /// Calibration tokens that were sent to its expert; nil where all tokens pass through.
  public var expertTokens: Int?
  /// Their share of all calibration tokens.
  public var expertShare: Double?
  /// Tokens that the Hessian of its expert was measured on.
  public var hessianTokens: Int?
  /// in_features of an expert's linear: with fewer tokens than that H has no full rank.
  public var inFeatures: Int?
  /// Share of held-out tokens that the trial sends to other experts of this layer than the base; nil in
  /// a layer without a choice.
  public var routingDrift: Double?

  /// Creates a result of which only the module is known.
  public init(layer: Int, module: String) {
    self.layer = layer
    self.module = module
    relativeErrorCalibration = 0
    relativeErrorHeldout = 0
    rtnRelativeErrorCalibration = 0
    rtnRelativeErrorHeldout = 0
    hiddenError = 0
    sqnrDb = 0
    weightRelativeNorm = 0
    clipRate = 0
    packerChangedCodes = 0
    deadColumns = 0
    dampPercentUsed = 0
    solverPath = .direct
    solveSeconds = 0
  }
  /// The number of the expert that it belongs to; nil of a linear for all tokens.
  public var expert: Int? { LinearName(rawValue: module).expert }
  /// Its name without that number: `mlp.experts.*.up_proj`.
  public var kind: String { LinearName(rawValue: module).kind }
}

extension ModuleResult {
  /// Reads what is there: a database has no number for one that is not known, and null for it.
  public init(from decoder: any Swift.Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double {
      try values.decodeIfPresent(Double.self, forKey: key) ?? .nan
    }
    func count(_ key: CodingKeys) throws -> Int? {
      try values.decodeIfPresent(Int.self, forKey: key)
    }
    self.init(
      layer: try values.decode(Int.self, forKey: .layer),
      module: try values.decode(String.self, forKey: .module))
    relativeErrorCalibration = try number(.relativeErrorCalibration)
    relativeErrorHeldout = try number(.relativeErrorHeldout)
    rtnRelativeErrorCalibration = try number(.rtnRelativeErrorCalibration)
    rtnRelativeErrorHeldout = try number(.rtnRelativeErrorHeldout)
    (hiddenError, sqnrDb) = (try number(.hiddenError), try number(.sqnrDb))
    (weightRelativeNorm, clipRate) = (try number(.weightRelativeNorm), try number(.clipRate))
    packerChangedCodes = try number(.packerChangedCodes)
    deadColumns = try values.decode(Int.self, forKey: .deadColumns)
    (dampPercentUsed, solveSeconds) = (try number(.dampPercentUsed), try number(.solveSeconds))
    loss = try values.decodeIfPresent(Double.self, forKey: .loss)
    expectedLoss = try values.decodeIfPresent(Double.self, forKey: .expectedLoss)
    solverPath = try values.decode(SolverPath.self, forKey: .solverPath)
    rescueReason = try values.decodeIfPresent(RescueReason.self, forKey: .rescueReason)
    codesHash = try values.decodeIfPresent(String.self, forKey: .codesHash)
    (expertTokens, hessianTokens) = (try count(.expertTokens), try count(.hessianTokens))
    inFeatures = try count(.inFeatures)
    expertShare = try values.decodeIfPresent(Double.self, forKey: .expertShare)
    routingDrift = try values.decodeIfPresent(Double.self, forKey: .routingDrift)
  }
}
