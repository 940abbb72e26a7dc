import GPTQ

extension TrialConfig {
  /// The round-to-nearest trial on this one's grid, in original column order.
  public var companion: TrialConfig {
    var companion = TrialConfig()
    for setting in Self.settings where setting.scope == .storage { setting.copy(self, &companion) }
    companion.dynamic = dynamic.storageOnly
    companion.quantize.algorithm = .rtn
    companion.quantize.dampPercent = 0
    return companion
  }
}
