import Basics
import Model
import Tensor

/// A model whose weights are random numbers, made again from the seed each time they are asked for:
/// of any size, and stored nowhere.
struct RandomWeights: WeightSource {
  let config: ModelConfig
  let seed: UInt64

  func contains(_ name: String) -> Bool { (try? shape(of: name)) != nil }

  func shape(of name: String) throws(InputError) -> [Int] {
    if name == "model.embed_tokens.weight" || name == "lm_head.weight" {
      return [config.vocabularySize, config.hiddenSize]
    }
    if name == "model.norm.weight" { return [config.hiddenSize] }
    let parts = name.split(separator: ".", maxSplits: 3)
    guard name.hasPrefix("model.layers."), parts.count == 4, let layer = Int(parts[2]),
      layer < config.layers
    else { throw missing(name) }
    for module in LinearModule.allCases {
      let shape = config.shape(of: module)
      if parts[3] == "\(module.rawValue).weight" { return [shape.rows, shape.columns] }
      if parts[3] == "\(module.rawValue).bias", config.biasedModules.contains(module) {
        return [shape.rows]
      }
    }
    switch parts[3] {
    case "input_layernorm.weight", "post_attention_layernorm.weight": return [config.hiddenSize]
    case "self_attn.q_norm.weight" where config.family == .qwen3,
      "self_attn.k_norm.weight" where config.family == .qwen3:
      return [config.headDimension]
    default: throw missing(name)
    }
  }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    let columns = try shape(of: name)[1]
    // Three uniform numbers make one that is bell-shaped; rows have seeds of their own.
    let seed = self.seed &+ name.utf8.reduce(5381) { ($0 &* 33) ^ UInt64($1) }
    let scale = 0.04 * Float(576).squareRoot() / Float(config.hiddenSize).squareRoot()
    var elements: [Float] = []
    elements.reserveCapacity(rows.count * columns)
    for row in rows {
      var random = SplitMix64(seed: seed &+ UInt64(row) &* 0xD134_2543_DE82)
      for _ in 0..<columns {
        let bits = random.next()
        let sum = Int32(bits & 0xFFFF) + Int32(bits >> 16 & 0xFFFF) + Int32(bits >> 32 & 0xFFFF)
        elements.append(scale * (Float(sum) / 65536 - 1.5))
      }
    }
    return Matrix(rows: rows.count, columns: columns, elements: elements)
  }

  func vector(_ name: String) throws(InputError) -> [Float] {
    let count = try shape(of: name)[0]
    return [Float](repeating: name.hasSuffix(".bias") ? 0 : 1, count: count)
  }

  private func missing(_ name: String) -> InputError {
    InputError(
      .badData, asked: "make the tensor \(name)", found: "no such tensor in this shape",
      hint: "give --shape")
  }
}
