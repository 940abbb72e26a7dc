import GPTQ
import Model

extension TrialConfig {
  /// The settings as a checkpoint stores them: AutoGPTQ's packer has BF16 scales, whatever is asked
  /// for.
  public var stored: TrialConfig {
    guard packer == .autogptqBF16 else { return self }
    var stored = self
    stored.quantize.scalesDtype = .bf16
    return stored
  }
}

extension ModelConfig {
  /// The bits per weight of the layers' linears takes under `config`, scales, zeros and g_idx counted,
  /// 16 where one is left as it is: what a finished trial reports as bits_per_weight. lm_head is not
  /// counted.
  public func bitsPerWeight(of config: TrialConfig) -> Double {
    let weights = linears.reduce(0) { $0 + $1.1.weights }
    return weights > 0 ? Double(linearBits(of: config)) / Double(weights) : 0
  }

  /// Bytes of a checkpoint of `config` whose other tensors are of 16 bits, norms and biases aside:
  /// what can be said before the model is read.
  public func checkpointBytes(of config: TrialConfig) -> Int {
    let table = vocabularySize * hiddenSize
    var bits = linearBits(of: config) + 16 * table
    if let head = config.stored.quantizeHead {
      bits += head.storedBits(outFeatures: vocabularySize, inFeatures: hiddenSize)
    } else if !tiesEmbeddings {
      bits += 16 * table
    }
    return bits / 8
  }

  private func linearBits(of config: TrialConfig) -> Int {
    let stored = config.stored
    return linears.reduce(0) { sum, place in
      let (layer, linear) = place
      let bits = stored.quantize(for: layer, linear.name)?
        .storedBits(outFeatures: linear.rows, inFeatures: linear.columns)
      return sum + (bits ?? 16 * linear.weights)
    }
  }
}
