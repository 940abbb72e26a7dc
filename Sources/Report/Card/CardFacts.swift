import Codecs
import GPTQ
import Model
import Results

/// What is known of a checkpoint: what its files show, and what a record of these very codes says of
/// their making. What is not known is left out of the card.
public struct CardFacts: Sendable {
  /// Settings and values, in the order in which they are printed.
  public typealias Rows = [(key: String, value: String)]

  /// How the quantized linears are stored, the commonest first.
  public var widths: [CheckpointProof.Width] = []
  /// Linears in decoder layers.
  public var linears = 0
  /// Those of them that are quantized.
  public var quantizedLinears = 0
  /// Whether lm_head is quantized, too.
  public var quantizesHead = false
  /// Bits a quantized weight takes, all counted.
  public var bitsPerWeight = 0.0
  /// Bytes of all tensors.
  public var sizeBytes = 0
  /// The model's family, `model_type`.
  public var modelType = ""
  /// The settings: as run where that is proved, else as the files show them.
  public var settings: Rows = []
  /// What settings files say, and nothing shows; none where a record is proved.
  public var stated: Rows = []
  /// Tags of the hub for the method, the widths and the tool.
  public var tags: [String] = []
  /// What in the files is likely not what was meant.
  public var doubts: [String] = []
  /// What is proved of the making; nil: nothing.
  public var making: CheckpointRecord.Making?
  /// The settings as run; nil: not proved.
  public var config: TrialConfig?
  /// What became of each linear; none where that is not proved.
  public var modules: [CheckpointRecord.Module] = []
  /// tenbin's version that made it.
  public var toolVersion = ""
  /// Tensors and files that were changed since; nil: not known.
  public var changed: [String]?
  /// `checkpoint_format`, where it is not the usual one of the settings.
  public var format: CheckpointFormat?

  /// Nothing is known yet.
  public init() {}

  /// The facts that a checkpoint proves of itself.
  public init(_ proof: CheckpointProof) {
    let (reader, file) = (proof.reader, proof.reader.config)
    widths = proof.widths
    let places = Set(proof.model.linearPrefixes)
    linears = places.count
    quantizedLinears = proof.codes.keys.count(where: places.contains)
    quantizesHead = proof.codes[DecoderHead.module] != nil
    (bitsPerWeight, sizeBytes) = (proof.bitsPerWeight, reader.tensors.byteCount)
    modelType = proof.model.modelType
    doubts = proof.doubts
    changed = proof.changed
    let bits = Set(widths.map(\.bits))
    let width = bits.count == 1 ? "\(bits.first ?? 0)-bit" : "mixed-precision"
    guard let record = proof.record, let making = record.making, let config = proof.config else {
      settings = [
        ("bits", Self.listed(widths.map { String($0.bits) })),
        ("group_size", Self.listed(widths.map { String($0.groupSize) })),
        ("desc_act", String(file.descAct)), ("sym", String(file.sym)),
        ("checkpoint_format", file.format.rawValue),
      ]
      let files = [reader.files.own, reader.files.model].compactMap { $0 }
      stated = Self.stated(files)
      let isAutoRound = files.contains(where: \.isAutoRound)
      let method = files.lazy.compactMap { $0.object["quant_method"]?.string }.first
      tags = [method?.lowercased() ?? "gptq"] + (isAutoRound ? ["auto-round"] : []) + [width]
      var seen = Set<String>()
      tags = tags.filter { seen.insert($0).inserted }
      return
    }
    self.making = making
    self.config = config
    modules = record.modules
    toolVersion = record.tenbinVersion
    settings = Self.settings(config) + [("checkpoint_format", file.format.rawValue)]
    tags = [config.quantize.algorithm == .rtn ? "rtn" : "gptq", width, "tenbin"]
    let isPlanar = bits.contains { QuantizeConfig.planarBits.contains($0) }
    let usual: CheckpointFormat = isPlanar ? .planar : file.sym ? .v1 : .v2
    format = file.format == usual ? nil : file.format
  }

  /// Whether it was rounded to nearest; nil: not known.
  public var isRTN: Bool? { config.map { $0.quantize.algorithm == .rtn } }

  /// Linears that were not solved as asked.
  var rescued: Int { isRTN == true ? 0 : modules.count { $0.solverPath != .direct } }

  /// Every setting of `trial` that means something to its algorithm.
  private static func settings(_ trial: TrialConfig) -> Rows {
    let isRounded = trial.quantize.algorithm == .rtn
    return TrialConfig.columns.compactMap { setting in
      if isRounded, setting.scope == .solving || setting.key == "propagation" { return nil }
      switch setting.key {
      case "damp_percent":
        return ("damp_percent (prec_damp)", NumberText.setting(trial.quantize.dampPercent))
      case "dynamic":
        return (setting.key, trial.dynamic.isEmpty ? "none" : JSONText.line(trial.dynamic.json))
      default: return (setting.key, setting.label(trial))
      }
    }
  }

  /// What the settings files say of the quantizer and of how it chose codes: nothing shows it.
  private static func stated(_ files: [StatedSettings]) -> Rows {
    var rows: Rows = []
    func add(_ key: String, _ value: (StatedSettings) -> String?) {
      if let text = files.lazy.compactMap(value).first { rows.append((key, text)) }
    }
    add("quantizer") { file in
      let names = file.object["meta"]?["quantizer"]
      let texts = (names?.array ?? [names].compactMap { $0 }).compactMap(\.string)
      return texts.isEmpty ? nil : texts.joined(separator: ", ")
    }
    add("autoround_version") { $0.object["autoround_version"]?.string }
    // auto-round writes damp_percent for loaders that ask for it, and damps nothing.
    guard !files.contains(where: \.isAutoRound) else { return rows }
    add("damp_percent (prec_damp)") { $0.solver.dampPercent.map { NumberText.setting($0) } }
    add("static_groups") { $0.solver.staticGroups.map { String($0) } }
    add("act_group_aware") { $0.solver.actGroupAware.map { String($0) } }
    return rows
  }

  private static func listed(_ values: [String]) -> String {
    var seen = Set<String>()
    return values.filter { seen.insert($0).inserted }.joined(separator: ", ")
  }
}
