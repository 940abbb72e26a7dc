import Analysis
import Basics
import Codecs
import Compute
import Foundation
import GPTQ
import Model
import Results
import Yams

/// One side of a diagnosis as it was given: a file of settings, the name of a preset, or the folder
/// of a checkpoint.
public struct DiagnosisSource: Sendable {
  /// What it was given as.
  public let name: String
  /// The settings; of a checkpoint those that its files tell.
  public private(set) var config: TrialConfig
  /// What it is calibrated on.
  let calibration: CalibrationSpec
  /// The checkpoint's weights, where it is one.
  let checkpoint: GPTQCheckpointReader?
  /// The checkpoint's folder.
  let folder: URL?
  /// Whether it says whose activations it was solved on. A checkpoint's files do so by an algorithm
  /// that shared activations rule out.
  private let namesPropagation: Bool
  /// What in the checkpoint may not be what it was meant to be.
  public private(set) var warnings: [String] = []

  /// The path of the calibration set that a settings file names.
  public var calibrationSet: String? { calibration.set }

  /// Whether it is a stored checkpoint.
  public var isCheckpoint: Bool { checkpoint != nil }

  /// Keys of a settings file that say what a side is calibrated on.
  static let calibrationKeys: Set<String> = ["calibration", "calibration_samples", "seed"]

  /// Reads the side at `path`.
  public init(_ path: String) throws(InputError) {
    let url = URL(fileURLWithPath: path)
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if !exists, let preset = QuantizationPreset(rawValue: path) {
      self.init(name: path, config: TrialConfig(quantize: preset.config))
    } else if isFolder.boolValue {
      let reader = try GPTQCheckpointReader(url)
      self.init(
        name: url.standardizedFileURL.lastPathComponent,
        config: try Self.config(of: reader), checkpoint: reader, folder: url)
      warnings = try reader.warnings()
    } else {
      let presets = QuantizationPreset.allCases.map(\.rawValue).joined(separator: " or " as String)
      let text = try InputFile.text(
        url, asked: "read the settings \(path)",
        missing: "give a YAML file of settings, a checkpoint's folder, or \(presets)")
      try self.init(text: text, name: url.lastPathComponent)
    }
  }

  /// A side of `config`; `calibration` draws from the diagnosis' own set.
  init(
    name: String, config: TrialConfig, calibration: CalibrationSpec = CalibrationSpec(),
    namesPropagation: Bool = false, checkpoint: GPTQCheckpointReader? = nil, folder: URL? = nil
  ) {
    self.name = name
    self.config = config
    self.calibration = calibration
    self.namesPropagation = namesPropagation || config.quantize.usesShift
    self.checkpoint = checkpoint
    self.folder = folder
  }

  /// Parses a settings file: the keys of a sweep's parameters, each with one value, and
  /// `calibration`, `calibration_samples` and `seed`.
  public init(text: String, name: String) throws(InputError) {
    let file = try TrialConfigFile(text: text, name: name, ignoring: Self.calibrationKeys)
    let reader = SweepReader.settings(name)
    let top = try reader.topLevel(text)
    var spec = CalibrationSpec()
    if let value = top["calibration"] { spec.set = try reader.string(value, "calibration") }
    if let value = top["calibration_samples"] {
      spec.samples = try reader.count(value, "calibration_samples", 1...Int.max)
    }
    if let value = top["seed"] { spec.seed = try reader.count(value, "seed", 0...Int.max) }
    self.init(
      name: name, config: file.config, calibration: spec,
      namesPropagation: top["propagation"] != nil)
  }

  /// The settings that a checkpoint's files tell. What they do not tell has its usual value.
  private static func config(of reader: GPTQCheckpointReader) throws(InputError) -> TrialConfig {
    var quantize = QuantizeConfig()
    quantize.bits = reader.config.bits
    quantize.groupSize = reader.config.groupSize
    quantize.sym = reader.config.sym
    quantize.descAct = reader.config.descAct
    quantize.apply(reader.solver)
    if let module = reader.quantizedModules.first {
      quantize.scalesDtype = try reader.linear(module).scalesDtype
    }
    try quantize.validate()
    var config = TrialConfig(quantize: quantize)
    config.dynamic = reader.config.rules
    return config
  }
}

/// How a model of a diagnosis is made: settings, and what they are solved on. Coalitions of factors
/// are recipes that are mixed from the two sides'.
struct DiagnosisRecipe: Sendable, Hashable {
  var config: TrialConfig
  var calibration: CalibrationSpec
}

extension DiagnosisSource {
  /// Two sides as they are compared. Where neither says whose activations it was solved on, the models
  /// that a diagnosis makes share the base's: what both sides have in common explains no difference,
  /// and one pass of the calibration text serves all of them.
  public static func alike(_ first: Self, _ second: Self) -> (Self, Self) {
    guard !first.namesPropagation, !second.namesPropagation else { return (first, second) }
    var sides = (first, second)
    sides.0.config.propagation = .shared
    sides.1.config.propagation = .shared
    return sides
  }

  /// The side as settings.
  var recipe: DiagnosisRecipe { DiagnosisRecipe(config: config, calibration: calibration) }
}
