import GPTQ

extension TrialConfig {
  /// The round-to-nearest trial on this one's grid, in original column order. Its codes look at no
  /// activations; its errors are measured on the base's, which the pass has anyway.
  public var companion: TrialConfig {
    var companion = TrialConfig()
    for setting in Self.settings where setting.scope == .storage { setting.copy(self, &companion) }
    companion.dynamic = dynamic.storageOnly
    companion.quantize.algorithm = .rtn
    companion.propagation = .shared
    companion.quantize.dampPercent = 0
    return companion
  }
}
