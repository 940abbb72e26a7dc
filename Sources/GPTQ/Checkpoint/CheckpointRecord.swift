import Basics
import Foundation
import Tensor

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
    /// `QuantizedLinear.digest` of what was written; nil in a record of an older tenbin.
    public var codesHash: String?

    /// A linear of that name, solved at the first attempt, of which nothing is measured.
    public init(name: String) {
      self.name = name
      solverPath = .direct
      relativeErrorCalibration = 0
    }

    enum CodingKeys: String, CodingKey {
      case name
      case solverPath = "solver_path"
      case dampPercentUsed = "damp_percent_used"
      case rescueReason = "rescue_reason"
      case relativeErrorCalibration = "relative_error_calibration"
      case loss
      case codesHash = "codes_hash"
    }
  }

  /// What the checkpoint was made from, and how it was run.
  public struct Making: Sendable, Codable, Equatable {
    /// Settings of single modules.
    public var dynamic = DynamicRules()
    /// The linears of a layer that were quantized; nil is all of them.
    public var modulesInBlock: [String]?
    /// Whether lm_head was quantized, too.
    public var quantizesHead = false
    /// Whose activations each layer was solved on: `shared` or `quantized`.
    public var propagation = ""
    /// How codes reached the file.
    public var packer = Packer.exact
    /// What scales were rounded to before codes were found, where the packer stores them otherwise;
    /// nil in a record of an older tenbin.
    public var solvedScalesDtype: FloatFormat?
    /// What Hessians of experts were measured on; nil in a record of an older tenbin.
    public var expertCalibration: String?
    /// Tokens below which `fallback` took all; nil likewise.
    public var expertMinTokens: Int?
    /// The linears of a layer that `error_propagation` left out; nil is none.
    public var errorPropagationSkip: [String]?
    /// Whose names the linears have, `published` or `gptqmodel`; nil in a record of an older tenbin.
    public var names: String?
    /// The base model's name on the Hub where it stands in its cache, else its folder's.
    public var model = ""
    /// The commit of a base model of the Hub; nil for any other.
    public var modelRevision: String?
    /// SHA-256 over the base model's config and weights.
    public var modelHash = ""
    /// The calibration set's file name.
    public var calibration = ""
    /// SHA-256 over its token ids.
    public var calibrationHash = ""
    /// Its windows.
    public var calibrationSamples = 0
    /// Their tokens.
    public var calibrationTokens = 0
    /// Where its texts came from; nil in a record of an older tenbin.
    public var calibrationOrigin: CalibrationOrigin?
    /// The engine's summary: BLAS, kernels, threads.
    public var engine = ""
    /// The machine's CPU and operating system.
    public var machine = ""

    /// Nothing is known yet.
    public init() {}

    enum CodingKeys: String, CodingKey {
      case dynamic, propagation, packer, names, model, calibration, engine, machine
      case modulesInBlock = "modules_in_block_to_quantize"
      case quantizesHead = "lm_head"
      case expertCalibration = "expert_calibration"
      case expertMinTokens = "expert_min_tokens"
      case solvedScalesDtype = "solved_scales_dtype"
      case errorPropagationSkip = "error_propagation_skip"
      case modelHash = "model_hash"
      case modelRevision = "model_revision"
      case calibrationHash = "calibration_hash"
      case calibrationSamples = "calibration_samples"
      case calibrationTokens = "calibration_tokens"
      case calibrationOrigin = "calibration_origin"
    }
  }

  /// The version of tenbin.
  public var tenbinVersion: String
  /// The settings as asked for.
  public var quantize: QuantizeConfig
  /// What it was made from; nil in a record of an older tenbin.
  public var making: Making?
  /// The linears, in the order in which they were written.
  public var modules: [Module]
  /// Linears whose packed tensors were read back from disk and equal the codes in memory: all.
  public var verifiedModules: Int
  /// Tensors that were read back from disk, those that go through as they are included: all.
  public var verifiedTensors = 0
  /// The first 32 hexadecimal digits of the SHA-256 of every tensor that went through as it was, by
  /// its name; nil in a record of an older tenbin.
  public var tensors: [String: String]?
  /// SHA-256 of the files beside the tensors by which a model is read (`readFiles`), by
  /// their names; nil likewise.
  public var files: [String: String]?

  /// A record of `modules`, all of which were read back.
  public init(
    tenbinVersion: String, quantize: QuantizeConfig, making: Making? = nil, modules: [Module] = []
  ) {
    (self.tenbinVersion, self.quantize, self.making) = (tenbinVersion, quantize, making)
    self.modules = modules
    verifiedModules = modules.count
  }

  enum CodingKeys: String, CodingKey {
    case tenbinVersion = "tenbin_version"
    case quantize, making, modules, tensors, files
    case verifiedModules = "verified_modules"
    case verifiedTensors = "verified_tensors"
  }
}

extension CheckpointRecord {
  /// The files beside the tensors that decide what a model computes from a text.
  public static let readFiles = ["config.json", "tokenizer.json"]

  /// What `tensors` says of a tensor of these bytes.
  public static func digest(of bytes: [UInt8]) -> String {
    String(SHA256.hexDigest(of: bytes).prefix(32))
  }

  /// What `files` says of the folder `url`; a file that is not there is left out.
  public static func digests(ofFilesIn url: URL) -> [String: String] {
    var digests: [String: String] = [:]
    for name in readFiles {
      guard let data = try? Data(contentsOf: url.appendingPathComponent(name)) else { continue }
      digests[name] = SHA256.hexDigest(of: data)
    }
    return digests
  }
}
