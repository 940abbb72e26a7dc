import Analysis
import GPTQ

/// Everything a study has found: what the report, the CSVs and the model card are made from.
public struct StudyResults: Sendable, Codable {
  /// What was swept, on what, by what.
  public var environment: StudyEnvironment
  /// The base model's own evaluation on each domain.
  public var base: [Evaluation]
  /// The trials, in order of their numbers.
  public var trials: [TrialResult]
  /// The calibration draws that trials were repeated on, from 1; draw 0 is the study's own set.
  public var draws: [CalibrationDraw]

  /// Gathers a study's parts.
  public init(
    environment: StudyEnvironment, base: [Evaluation], trials: [TrialResult],
    draws: [CalibrationDraw] = []
  ) {
    self.environment = environment
    self.base = base
    self.trials = trials
    self.draws = draws
  }
}

/// Other calibration tokens of the same kind: how much the draw alone moves a result.
public struct CalibrationDraw: Sendable, Codable, Equatable {
  /// How a draw is made.
  public enum Method: String, Sendable, Codable {
    /// Other rows of the same sources, by the set's own recipe.
    case rows
    /// The set's own windows, drawn with replacement.
    case bootstrap
  }

  /// Its number, from 1.
  public var draw: Int
  /// How it was made.
  public var method: Method
  /// The seed it was made with.
  public var seed: Int
  /// SHA-256 over its token ids.
  public var hash: String
  /// Its windows.
  public var samples: Int
  /// Their tokens.
  public var tokens: Int
}

/// The circumstances of a study, which every report prints.
public struct StudyEnvironment: Sendable, Codable, Equatable {
  /// tenbin's own version.
  public var toolVersion = ""
  /// The engine's summary: BLAS, kernels, threads.
  public var engine = ""
  /// The machine's CPU and operating system.
  public var machine = ""
  /// The model folder's name.
  public var model = ""
  /// SHA-256 over the model's config and weights.
  public var modelHash = ""
  /// Parameters in the model.
  public var parameters = 0
  /// Parameters in the linears that are quantized.
  public var quantizedParameters = 0
  /// Bytes of the unquantized checkpoint.
  public var baseSizeBytes = 0
  /// The calibration set's file name.
  public var calibration = ""
  /// SHA-256 over the calibration set's token ids.
  public var calibrationHash = ""
  /// Calibration windows.
  public var calibrationSamples = 0
  /// Calibration tokens.
  public var calibrationTokens = 0
  /// Evaluation domains, in the order of sweep.yaml; the first is the main one.
  public var domains: [String] = []
  /// SHA-256 over the domains' token ids; empty in a study of an older tenbin.
  public var heldoutHash = ""
  /// The domain that trials are ranked on; empty: the first.
  public var metricDomain = ""
  /// The window of the `blocks` convention, in tokens.
  public var context = 0
  /// Evaluation tokens scored per domain.
  public var heldoutTokens = 0
  /// The seed of whatever is drawn.
  public var seed = 0
  /// sweep.yaml as it was run.
  public var sweepYAML = ""
  /// When the study began, ISO 8601.
  public var started = ""
  /// Seconds the study took, all runs together.
  public var wallSeconds = 0.0

  /// An environment of which nothing is known yet.
  public init() {}
}

/// One trial and everything measured on it.
public struct TrialResult: Sendable, Codable {
  /// How far a trial has come.
  public enum State: String, Sendable, Codable {
    case running
    case complete
    case failed
    /// Stopped on its way, since others of its size are clearly better.
    case pruned
  }

  /// Why a trial is in the study.
  public enum Role: String, Sendable, Codable, CaseIterable {
    /// The sweep file asks for it.
    case search
    /// Round-to-nearest on the grid of a trial.
    case companion
    /// One of the best of its size, again with `propagation: quantized`.
    case confirm
    /// The best of its size again, on another draw of the calibration set.
    case `repeat`
  }

  /// The trial's number in the study, from 0.
  public var number: Int
  /// What was tried.
  public var config: TrialConfig
  /// Why it is in the study.
  public var role: Role
  /// The search's round that proposed it, from 0.
  public var round: Int
  /// The calibration draw it was solved on; 0 is the study's own set.
  public var draw: Int
  /// How far it has come.
  public var state: State
  /// The number of the round-to-nearest trial on the same grid; nil for such a trial itself.
  public var companion: Int?
  /// Bits a quantized weight takes, scales, zeros and g_idx counted.
  public var bitsPerWeight: Double
  /// Bytes of the whole checkpoint.
  public var sizeBytes: Int
  /// Seconds this trial added to the pass: solving, and moving its evaluation tokens.
  public var wallSeconds: Double
  /// The same, by what they were spent on.
  public var seconds = TrialSeconds()
  /// ‖h_trial − h_base‖² / ‖h_base‖² of the residual stream after each layer, held-out tokens.
  public var hiddenErrors: [Double] = []
  /// What it scored on each domain.
  public var evaluations: [Evaluation]
  /// What it did to each module, in layer order.
  public var modules: [ModuleResult]

  /// Creates a trial that has not run.
  public init(
    number: Int, config: TrialConfig, companion: Int?, role: Role = .search, round: Int = 0,
    draw: Int = 0
  ) {
    self.number = number
    self.config = config
    self.role = role
    self.round = round
    self.draw = draw
    self.state = .running
    self.companion = companion
    bitsPerWeight = 0
    sizeBytes = 0
    wallSeconds = 0
    evaluations = []
    modules = []
  }

  /// The same trial, of which nothing is measured.
  func unmeasured() -> TrialResult {
    TrialResult(
      number: number, config: config, companion: companion, role: role, round: round, draw: draw)
  }

  /// The scores on `domain`, where it was evaluated.
  public func evaluation(on domain: String) -> Evaluation? {
    evaluations.first { $0.domain == domain }
  }
}

/// What the seconds that a trial added to the pass were spent on.
public struct TrialSeconds: Sendable, Codable, Equatable {
  /// Hessians and calibration tokens of its own (`propagation: quantized`).
  public var calibrate = 0.0
  /// Factors that no trial before it had asked for.
  public var factorise = 0.0
  /// Column loops, round-to-nearest companions, and local errors.
  public var columns = 0.0
  /// Its evaluation tokens, and their scores.
  public var evaluate = 0.0

  /// Nothing spent yet.
  public init() {}
}

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
  /// How the solve ended up with its result.
  public var solverPath: SolverPath
  /// What was wrong with the first attempt, where it is not the result.
  public var rescueReason: RescueReason?
  /// Seconds of factorising and of the column loop.
  public var solveSeconds: Double
  /// `QuantizedLinear.digest` of its codes as packed: by it a checkpoint is known to be the trial's.
  /// Nil of what was loaded, and in a study of an older tenbin.
  public var codesHash: String?

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
}
