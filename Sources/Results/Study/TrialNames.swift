import Foundation
import GPTQ

/// What each trial of a study is called: bits and group, then only what tells it from the others.
public struct TrialNames: Sendable {
  private let varying: [TrialSetting]
  /// The settings that all solved trials share, as `key value`.
  public let shared: [String]

  /// Finds out which settings vary among `trials`.
  public init(_ trials: [TrialResult]) {
    let solved = trials.filter { !$0.isRTN }.map(\.config)
    var varying: [TrialSetting] = []
    var shared: [String] = []
    for setting in TrialConfig.columns where !TrialConfig.ofGrid.contains(setting) {
      let values = Set(solved.map(setting.value))
      if values.count > 1 { varying.append(setting) }
      if values.count == 1, let config = solved.first,
        setting.isAlwaysNamed || !setting.isUsual(config)
      {
        shared.append("\(setting.key) \(setting.label(config))")
      }
    }
    self.varying = varying
    self.shared = shared
  }

  /// `int4 g128 damp 0.01 desc_act`, `int8 g64 RTN`.
  public func name(_ trial: TrialResult) -> String {
    let name =
      trial.role == .allocation ? trial.mixedName : trial.config.name(words: varying)
    return trial.draw == 0 ? name : "\(name) draw \(trial.draw)"
  }

  /// What tells a solved trial from others of its grid, some settings left out.
  public func details(_ trial: TrialResult, omitting omitted: String? = nil) -> String {
    trial.config.words(varying.filter { $0.key != omitted })
  }

  /// `#7 int4 g128`: the number that finds it in every table, and the name.
  public func label(_ trial: TrialResult) -> String {
    "#\(trial.number) \(name(trial))"
  }
}

extension TrialResult {
  /// What a mixed model is called: `mixed 4.25 bits`.
  fileprivate var mixedName: String {
    "mixed "
      + (bitsPerWeight > 0
        ? bitsPerWeight.formatted(
          .number.precision(.fractionLength(2)).locale(Locale(identifier: "en_US_POSIX"))) + " bits"
        : "model")
  }
}

extension QuantizeConfig {
  /// Bits and group: `int4 g128`, `int8 row`.
  public var gridName: String { "int\(bits) " + (groupSize == -1 ? "row" : "g\(groupSize)") }
}

extension TrialConfig {
  /// The settings that every name begins with: `int4 g128`.
  static let ofGrid = settings.filter { ["bits", "group_size"].contains($0.key) }

  /// A name that needs no other trial beside it: numbers, and everything that is not as usual.
  public var label: String {
    let settings = Self.columns.filter { !Self.ofGrid.contains($0) }
    return name(words: settings.filter { $0.kind == .number || !$0.isUsual(self) })
  }

  /// Bits and group, and the words of `settings`.
  fileprivate func name(words settings: [TrialSetting]) -> String {
    let grid = quantize.gridName
    guard quantize.algorithm == .rtn else {
      let words = words(settings)
      return words.isEmpty ? grid : "\(grid) \(words)"
    }
    // Round to nearest has no other settings than how its codes are stored.
    let words = words(settings.filter { $0.scope == .storage })
    return [grid, words, "RTN"].filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// The words of `settings`, those that need none left out.
  fileprivate func words(_ settings: [TrialSetting]) -> String {
    settings.map { $0.word(self) }.filter { !$0.isEmpty }.joined(separator: " ")
  }
}

extension TrialResult {
  /// Its settings, and the calibration draw where that is not the study's own set.
  public var label: String {
    if role == .allocation { return mixedName }
    return draw == 0 ? config.label : "\(config.label) draw \(draw)"
  }
}
