import Compute
import Tensor

/// H = (2/T)·XᵀX of the inputs X, (T, in), of one linear: the Hessian of its squared output error,
/// averaged over tokens (as GPTQModel does; IST-DASLab and AutoGPTQ average over sequences).
public struct HessianAccumulator: Sendable {
  /// Rows taken in, T.
  public private(set) var tokens = 0
  /// Rows left out because they hold a NaN or an infinity, or because their square overflows.
  public private(set) var rejectedTokens = 0
  private var gram: Matrix<Float>

  /// Starts the Hessian of a linear with `features` inputs.
  public init(features: Int) {
    gram = Matrix(rows: features, columns: features)
  }

  /// Takes in the rows of `x`, (rows, in), in float32. No damping can mend what one bad number does
  /// to H, so bad rows stay outside and are counted.
  public mutating func accumulate(_ x: Matrix<Float>, engine: any Engine) {
    let bad = Set(x.nonFiniteRows)
    tokens += x.rows - bad.count
    rejectedTokens += bad.count
    let good = bad.isEmpty ? x : x.selectingRows((0..<x.rows).filter { !bad.contains($0) })
    engine.accumulateGram(good, scale: 1, into: &gram)
  }

  /// H, (in, in); zeros if no token was taken in.
  public func hessian() -> Matrix<Float> {
    let scale = tokens == 0 ? 0 : 2 / Float(tokens)
    var hessian = gram.map { $0 * scale }
    hessian.mirrorUpper()
    return hessian
  }
}
