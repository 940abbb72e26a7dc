/// A published recipe: the settings of a model card.
public enum QuantizationPreset: String, Sendable, Codable, CaseIterable {
  /// Llama-3.1-70B-Japanese-Instruct-2407-GPTQ-Int4-calib-ja-1k of nejumi.
  case nejumiInt4 = "nejumi-int4"
  /// Its Int8 sibling: damp 0, as the card prints it.
  case nejumiInt8 = "nejumi-int8"

  /// The settings. What a card does not tell is as AutoGPTQ has it (symmetric grids, dynamic
  /// groups); `rescue: auto`, without which damp 0 fails on a singular Hessian.
  public var config: QuantizeConfig {
    var config = QuantizeConfig()
    config.descAct = true
    switch self {
    case .nejumiInt4: (config.bits, config.groupSize, config.dampPercent) = (4, 128, 0.01)
    case .nejumiInt8: (config.bits, config.groupSize, config.dampPercent) = (8, 64, 0)
    }
    return config
  }

  /// The longest calibration sample, in tokens: the cards' model_seqlen.
  public var sequenceLength: Int { 2048 }
}

extension QuantizationPreset: SettingType {}
