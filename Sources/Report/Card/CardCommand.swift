import Basics
import Codecs
import GPTQ
import Results

/// The commands that make a checkpoint again, with every setting that is not as usual.
struct CardCommand {
  /// Settings that a person looks for, whether they are as usual or not.
  private static let alwaysNamed: Set<String> = [
    "algorithm", "bits", "group_size", "damp_percent", "desc_act", "propagation",
  ]

  /// One line a command: the calibration set's where it has a recipe, and the quantization's.
  ///
  /// - Parameters:
  ///   - making: what the checkpoint was made from.
  ///   - config: its settings as run.
  ///   - format: `checkpoint_format`, where it is not the usual one of the settings.
  ///   - output: the folder to write.
  static func lines(
    _ making: CheckpointRecord.Making, _ config: TrialConfig, format: CheckpointFormat?,
    output: String
  ) -> [String] {
    let model = making.model + (making.modelRevision.map { "@\($0)" } ?? "")
    var lines: [String] = []
    if let build = making.calibrationOrigin?.build, !build.isEmpty, isSet(making.calibration) {
      let words = build.map { $0 == CalibrationOrigin.model ? model : $0 }
      lines.append(line(["calib", "build"] + words + ["--output", making.calibration]))
    }
    var words = ["quantize", model, "--calibration", making.calibration] + flags(config)
    if let format { words += ["--checkpoint-format", format.rawValue] }
    if let names = making.names, names != "published" { words += ["--names", names] }
    return lines + [line(words + ["--output", output])]
  }

  /// The flags of `config`.
  static func flags(_ config: TrialConfig) -> [String] {
    TrialConfig.columns.flatMap { setting -> [String] in
      let isRounded = config.quantize.algorithm == .rtn
      if isRounded, setting.scope == .solving || setting.key == "propagation" { return [] }
      guard alwaysNamed.contains(setting.key) || !setting.isUsual(config) else { return [] }
      let flag = "--\(setting.flagName)"
      switch setting.value(config) {
      case .null: return []
      case .bool(let value): return [value ? flag : "--no-\(setting.flagName)"]
      case .array(let values): return [flag, values.compactMap(\.string).joined(separator: ",")]
      case .object(let members):
        return members.flatMap { [flag, "\($0.key)=\(JSONText.line($0.value))"] }
      default: return [flag, setting.text(config)]
      }
    }
  }

  /// Whether `calib build` made the file of that name; others are built with the defaults as they are
  /// read.
  private static func isSet(_ name: String) -> Bool {
    [".sqlite", ".sqlite3", ".db"].contains { name.lowercased().hasSuffix($0) }
  }

  private static func line(_ words: [String]) -> String {
    "tenbin " + words.map(ShellWord.quoted).joined(separator: " ")
  }
}
