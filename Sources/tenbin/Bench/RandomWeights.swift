import Basics
import CUDA
import Compute
import Model
import Tensor

/// A model whose weights are random numbers in BF16, made again from the seed each time they are asked
/// for: of any size, and stored nowhere.
///
/// Rows and columns have sizes that fall off as those of trained models do, so that Hessians are not
/// near multiples of the identity: one in place p of n, counted in an order of its own, has the size
/// (1 + p)^(−1/4).
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
      preconditionFailure("the model asks for \(name), which its own config does not name")
    }
    return shape
  }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    let shape = try shape(of: name)
    let (rowScales, columnScales) = (rowScales(shape[0]), Self.scales(shape[1]))
    var elements: [Float] = []
    elements.reserveCapacity(rows.count * shape[1])
    for row in rows {
      var random = SplitMix64(seed: seed(of: name) &+ UInt64(row) &* Self.step)
      for column in 0..<shape[1] {
        // Three even numbers make one that is bell-shaped.
        let bits = random.next()
        let sum = Int32(bits & 0xFFFF) + Int32(bits >> 16 & 0xFFFF) + Int32(bits >> 32 & 0xFFFF)
        let value = (Float(sum) / 65536 - 1.5) * rowScales[row] * columnScales[column]
        elements.append(Float(bfloat16Bits: value.bfloat16Bits))
      }
    }
    return Matrix(rows: rows.count, columns: shape[1], elements: elements)
  }

  func weight(
    _ name: String, rows: Range<Int>, on engine: any Engine
  ) throws(InputError) -> EngineBuffer {
    let shape = try shape(of: name)
    let make: ((UInt64, UInt64, [Float], [Float]) -> EngineBuffer)? =
      switch engine {
      case let engine as CUDAEngine: engine.randomWeights
      case let engine as CUDAGroupEngine: engine.randomWeights
      default: nil
      }
    guard let make, rows == 0..<shape[0] else {
      return engine.upload(try matrix(name, rows: rows))
    }
    return make(seed(of: name), Self.step, rowScales(shape[0]), Self.scales(shape[1]))
  }

  func vector(_ name: String) throws(InputError) -> [Float] {
    let count = try shape(of: name)[0]
    return [Float](repeating: name.hasSuffix(".bias") ? 0 : 1, count: count)
  }

  /// Between the seeds of two rows.
  private static let step: UInt64 = 0xD134_2543_DE82

  private func seed(of name: String) -> UInt64 {
    seed &+ name.utf8.reduce(5381) { ($0 &* 33) ^ UInt64($1) }
  }

  private func rowScales(_ count: Int) -> [Float] {
    let size = 0.04 * Float(576).squareRoot() / Float(config.hiddenSize).squareRoot()
    return Self.scales(count).map { size * $0 }
  }

  /// Falling sizes whose mean square is 1, in an order in which neighbours differ.
  private static func scales(_ count: Int) -> [Float] {
    let falling = (0..<count).map { 1 / Double(1 + $0).squareRoot().squareRoot() }
    let mean = falling.reduce(0) { $0 + $1 * $1 } / Double(count)
    // A step without a common divisor visits every place.
    var stride = max(1, Int(0.618 * Double(count)))
    while greatestDivisor(stride, count) != 1 { stride += 1 }
    return (0..<count).map { Float(falling[$0 * stride % count] / mean.squareRoot()) }
  }

  private static func greatestDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestDivisor(b, a % b)
  }
}
