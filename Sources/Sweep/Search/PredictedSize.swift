import GPTQ
import Model

extension ModelConfig {
  /// The bits a weight will take under `config`, scales, zeros and g_idx counted: what a finished
  /// trial reports as bits_per_weight.
  public func bitsPerWeight(of config: TrialConfig) -> Double {
    var bits = 0.0
    var weights = 0.0
    for layer in 0..<layers {
      for module in LinearModule.allCases {
        let shape = shape(of: module)
        let count = Double(shape.rows) * Double(shape.columns)
        weights += count
        guard let quantize = config.quantize(for: layer, module) else {
          bits += 16 * count
          continue
        }
        // AutoGPTQ's packer stores BF16 scales whatever is asked for.
        let scales = config.packer == .autogptqBF16 ? .bf16 : quantize.scalesDtype
        let groups = Double(shape.rows) * Double(quantize.groupCount(inFeatures: shape.columns))
        bits += Double(quantize.bits) * count + 32 * Double(shape.columns)
        bits += groups * Double(quantize.bits + 8 * scales.storageType.byteCount)
      }
    }
    return weights > 0 ? bits / weights : 0
  }
}
