import Compute

/// D = (2/T)·(X₀ − X)ᵀX, how the inputs X, (T, in), of a linear differ from those that the base model
/// gives it, X₀: what GPTAQ (Li et al., arXiv 2504.02692) needs beside H. Element (i, j) belongs to
/// the shift of input i and to input j.
public struct InputShift: Sendable {
  private let engine: any Engine
  private var product: EngineBuffer
  private var tokens = 0

  /// Starts the matrix of a linear with `features` inputs.
  public init(features: Int, engine: any Engine) {
    self.engine = engine
    product = engine.zeros(rows: features, columns: features)
  }

  /// Takes in the same rows of both models' inputs, (rows, in). Rows that `HessianAccumulator` leaves
  /// out stay outside here too, and so do rows whose base is not finite.
  /// - Precondition: equal shapes.
  public mutating func accumulate(_ x: EngineBuffer, base: EngineBuffer) {
    tokens += engine.accumulateShift(x, base: base, into: &product)
  }

  /// D, (in, in); zeros if no token was taken in.
  public func matrix() -> EngineBuffer {
    var shift = product
    engine.scale(&shift, by: tokens == 0 ? 0 : 2 / Float(tokens))
    return shift
  }
}
