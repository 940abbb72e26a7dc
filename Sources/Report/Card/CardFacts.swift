import Analysis
import GPTQ
import Results

/// What is known of a checkpoint, and by what: a study's trial, the checkpoint's own record, or
/// nothing but its files. What is not known is left out of the card.
public struct CardFacts: Sendable {
  /// Bits per weight, as the quantization settings have it.
  public var bits: Int
  /// Columns a group; −1 is the whole row.
  public var groupSize: Int
  /// Bits a quantized weight takes, all counted.
  public var bitsPerWeight: Double
  /// Bytes of all tensors.
  public var sizeBytes: Int
  /// Setting and value, in the order in which they are printed.
  public var settings: [(key: String, value: String)]
  /// Whether it was rounded to nearest; nil: not known.
  public var isRTN: Bool?
  /// How codes reached the file; nil: not known.
  public var packer: Packer?
  /// Whose activations it was solved on; nil: not known.
  public var propagation: TrialConfig.Propagation?
  /// Modules that were not solved as asked, and all of them; nil: not known.
  public var rescued: (count: Int, total: Int)?
  /// The base model's folder name; empty: not known.
  public var baseName = ""
  /// SHA-256 over the base's config and weights; empty: not known.
  public var modelHash = ""
  /// SHA-256 over the calibration set's token ids; empty: not known.
  public var calibrationHash = ""
  /// Calibration windows; 0: not known.
  public var calibrationSamples = 0
  /// Their tokens.
  public var calibrationTokens = 0
  /// tenbin's version, engine, machine and what else it was made with.
  public var madeWith: [String] = []

  /// The facts of a trial of a study.
  public init(_ trial: TrialResult, of environment: StudyEnvironment) {
    let config = trial.config.quantize
    (bits, groupSize) = (config.bits, config.groupSize)
    (bitsPerWeight, sizeBytes) = (trial.bitsPerWeight, trial.sizeBytes)
    settings = Self.settings(trial.config)
    isRTN = trial.isRTN
    (packer, propagation) = (trial.config.packer, trial.config.propagation)
    rescued = (trial.rescued.count, trial.modules.count)
    baseName = environment.model
    modelHash = environment.modelHash
    calibrationHash = environment.calibrationHash
    calibrationSamples = environment.calibrationSamples
    calibrationTokens = environment.calibrationTokens
    madeWith = [
      "tenbin \(environment.toolVersion)", environment.engine, environment.machine,
      "scales \(config.scalesDtype.rawValue)", "seed \(environment.seed)", environment.started,
    ].filter { !$0.isEmpty && $0 != "tenbin " }
  }

  /// The facts that a checkpoint proves of itself.
  public init(_ proof: CheckpointProof) {
    let file = proof.reader.config
    (bits, groupSize) = (file.bits, file.groupSize)
    (bitsPerWeight, sizeBytes) = (proof.bitsPerWeight, proof.reader.tensors.byteCount)
    guard let record = proof.record, let making = record.making, let config = proof.config else {
      settings = [
        ("bits", String(bits)), ("group_size", String(groupSize)),
        ("desc_act", String(file.descAct)), ("sym", String(file.sym)),
        ("checkpoint_format", file.format.rawValue),
      ]
      return
    }
    settings = Self.settings(config)
    isRTN = config.quantize.algorithm == .rtn
    (packer, propagation) = (config.packer, config.propagation)
    let count = isRTN == true ? 0 : record.modules.count { $0.solverPath != .direct }
    rescued = (count, record.modules.count)
    baseName = making.model
    modelHash = making.modelHash
    calibrationHash = making.calibrationHash
    calibrationSamples = making.calibrationSamples
    calibrationTokens = making.calibrationTokens
    madeWith = [
      "tenbin \(record.tenbinVersion)", making.engine, making.machine,
      "scales \(config.quantize.scalesDtype.rawValue)",
    ].filter { !$0.isEmpty }
  }

  /// Every setting of `trial` that means something to its algorithm.
  private static func settings(_ trial: TrialConfig) -> [(key: String, value: String)] {
    let config = trial.quantize
    var rows: [(key: String, value: String)] = [
      ("algorithm", config.algorithm.rawValue), ("bits", String(config.bits)),
      ("group_size", String(config.groupSize)),
    ]
    if config.algorithm != .rtn {
      rows += [
        ("damp_percent (prec_damp)", NumberText.setting(config.dampPercent)),
        ("desc_act", String(config.descAct)), ("static_groups", String(config.staticGroups)),
      ]
    }
    rows += [("sym", String(config.sym)), ("scales_dtype", config.scalesDtype.rawValue)]
    if config.algorithm != .rtn {
      rows += [
        ("group_timing", config.groupTiming.rawValue), ("rescue", config.rescue.rawValue),
      ]
    }
    if config.actGroupAware { rows.append(("act_group_aware", "true")) }
    if let modules = trial.modules {
      rows.append(
        (
          "modules_in_block_to_quantize",
          modules.map(\.rawValue).joined(separator: " " as String)
        ))
    }
    if !trial.dynamic.isEmpty {
      rows.append(
        ("dynamic", trial.dynamic.rules.map(\.key).joined(separator: " " as String)))
    }
    if trial.quantizesHead { rows.append(("lm_head", "true")) }
    // Whatever else is not as usual.
    let said = Set(rows.map { $0.key.prefix { $0 != " " } } + ["propagation", "packer"])
    for setting in TrialConfig.columns
    where !said.contains(setting.key[...]) && !setting.isUsual(trial) {
      if setting.scope == .solving, config.algorithm == .rtn { continue }
      rows.append((setting.key, setting.label(trial)))
    }
    if config.algorithm != .rtn || config.usesShift {
      rows.append(("propagation", trial.propagation.rawValue))
    }
    return rows + [("packer", trial.packer.rawValue)]
  }
}
