import GPTQ
import Model

extension ModelConfig {
  /// The bits a weight will take under `config`, scales, zeros and g_idx counted: what a finished
  /// trial reports as bits_per_weight.
  public func bitsPerWeight(of config: TrialConfig) -> Double {
    var bits = 0.0
    var weights = 0.0
    for (layer, linear) in linears {
      let count = Double(linear.rows) * Double(linear.columns)
      weights += count
      guard let quantize = config.quantize(for: layer, linear.name) else {
        bits += 16 * count
        continue
      }
      // AutoGPTQ's packer stores BF16 scales whatever is asked for.
      let scales = config.packer == .autogptqBF16 ? .bf16 : quantize.scalesDtype
      let groups = Double(linear.rows) * Double(quantize.groupCount(inFeatures: linear.columns))
      bits += Double(quantize.bits) * count + 32 * Double(linear.columns)
      bits += groups * Double(quantize.bits + 8 * scales.storageType.byteCount)
    }
    return weights > 0 ? bits / weights : 0
  }
}
