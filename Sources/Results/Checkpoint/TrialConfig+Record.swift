import GPTQ
import Model

extension CheckpointRecord.Making {
  /// The settings of `config` that are not those of a linear; everything else is not known yet.
  public init(_ config: TrialConfig) {
    self.init()
    dynamic = config.dynamic
    modulesInBlock = config.modules.map { $0.map(\.rawValue) }
    quantizesHead = config.quantizesHead
    propagation = config.propagation.rawValue
    errorPropagationSkip = config.propagationSkip.map { $0.map(\.rawValue) }
    packer = config.packer
    solvedScalesDtype = config.quantize.scalesDtype
    expertCalibration = config.expertCalibration.rawValue
    expertMinTokens = config.expertMinTokens
  }
}

extension TrialConfig {
  /// The settings that `record` says a checkpoint was made with; nil where it does not say.
  public init?(_ record: CheckpointRecord) {
    guard let making = record.making,
      let propagation = TrialConfig.Propagation(rawValue: making.propagation)
    else { return nil }
    self.init(quantize: record.quantize)
    dynamic = making.dynamic
    modules = making.modulesInBlock.map { $0.map(LinearName.init(rawValue:)) }
    quantizesHead = making.quantizesHead
    self.propagation = propagation
    propagationSkip = making.errorPropagationSkip.map { $0.map(LinearName.init(rawValue:)) }
    packer = making.packer
    if let solved = making.solvedScalesDtype { quantize.scalesDtype = solved }
    let usual = TrialConfig()
    expertCalibration =
      making.expertCalibration.flatMap(ExpertCalibration.init) ?? usual.expertCalibration
    expertMinTokens = making.expertMinTokens ?? usual.expertMinTokens
  }
}
