import Basics
import Model
import Tensor

/// A model whose weights are random numbers, made again from the seed each time they are asked for:
/// of any size, and stored nowhere.
struct RandomWeights: WeightSource {
  private let config: ModelConfig
  private let seed: UInt64
  private let shapes: [String: [Int]]

  /// The model of `config` from `seed`.
  init(config: ModelConfig, seed: UInt64) {
    self.config = config
    self.seed = seed
    let tensors = config.tensors + [("lm_head.weight", [config.vocabularySize, config.hiddenSize])]
    shapes = Dictionary(tensors.map { ($0.name, $0.shape) }, uniquingKeysWith: { a, _ in a })
  }

  func contains(_ name: String) -> Bool { shapes[name] != nil }

  func shape(of name: String) throws(InputError) -> [Int] {
    guard let shape = shapes[name] else {
      throw InputError(
        .badData, asked: "make the tensor \(name)", found: "no such tensor in this shape",
        hint: "give --shape")
    }
    return shape
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
}
