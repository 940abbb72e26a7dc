import Basics
import Compute
import Foundation
import GPTQ
import Tensor

/// A weight and a Hessian to quantize it with: synthetic here, of a model where there is one.
struct QuantizationProblem: Sendable {
  var weight: Matrix<Float>
  var hessian: Matrix<Float>

  /// Correlated inputs: a power-law spectrum, mixed across channels, some channels much louder than
  /// others. With `tokens` below `features` the Hessian is singular.
  static func synthetic(
    rows: Int, columns: Int, tokens: Int? = nil, seed: UInt64 = 1
  ) -> QuantizationProblem {
    var random = SplitMix64(seed: seed)
    let count = tokens ?? 4 * columns
    var latent = Matrix<Float>(rows: count, columns: columns) { _, column in
      Float(random.gaussian() / Double(column + 1).squareRoot())
    }
    let mixing = Matrix<Float>(rows: columns, columns: columns) { row, column in
      Float(random.gaussian() * 0.1) + (row == column ? 0.3 : 0)
    }
    latent = product(latent, mixing)
    let loudness = (0..<columns).map { _ in Float(exp(random.gaussian())) }
    let x = Matrix<Float>(rows: count, columns: columns) { row, column in
      latent[row, column] * loudness[column]
    }
    var accumulator = HessianAccumulator(features: columns)
    accumulator.accumulate(x)
    let weight = Matrix<Float>(rows: rows, columns: columns) { _, _ in
      Float(random.gaussian() * 0.02)
    }
    return QuantizationProblem(weight: weight, hessian: accumulator.matrix)
  }
}

extension QuantizationProblem {
  /// One run of the fast path in float32, without a safety net.
  func solved(_ config: QuantizeConfig, blockSize: Int = 128) throws -> SolvedLinear {
    try run(.float32, config, blockSize)
  }

  /// The same in Double.
  func solvedInDouble(_ config: QuantizeConfig, blockSize: Int = 128) throws -> SolvedLinear {
    try run(.float64, config, blockSize)
  }

  private func run(
    _ precision: Precision, _ config: QuantizeConfig, _ blockSize: Int
  ) throws -> SolvedLinear {
    let meter = try ReconstructionMeter(weight: weight, norm: HessianNorm(hessian))
    var factors = HessianFactors(hessian)
    let factor = try factors.factor(
      Damping(dampPercent: config.dampPercent), ColumnOrder(config), precision)
    return GPTQSolver(engine: host, blockSize: blockSize)
      .solve(meter, factor: factor, config: config).downloaded()
  }
}

extension Matrix {
  /// Fills a matrix element by element, row after row.
  init(rows: Int, columns: Int, _ value: (Int, Int) -> Scalar) {
    self.init(
      rows: rows, columns: columns,
      elements: (0..<rows).flatMap { row in (0..<columns).map { value(row, $0) } })
  }
}

extension SplitMix64 {
  /// A normally distributed number (Box and Muller).
  mutating func gaussian() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}

/// The share of codes that two results have in common.
func agreement(_ a: Matrix<UInt8>, _ b: Matrix<UInt8>) -> Double {
  let equal = zip(a.elements, b.elements).count { $0 == $1 }
  return Double(equal) / Double(max(a.elements.count, 1))
}

/// |a − b| / |b|.
func relativeDifference(_ a: Double, _ b: Double) -> Double {
  a == b ? 0 : abs(a - b) / abs(b)
}

extension QuantizeConfig {
  /// A configuration with some settings changed.
  static func with(_ change: (inout QuantizeConfig) -> Void) -> QuantizeConfig {
    var config = QuantizeConfig()
    change(&config)
    return config
  }
}
