import Compute
import Tensor

/// D = (2/T)·(X₀ − X)ᵀX, how the inputs X, (T, in), of a linear differ from those that the base model
/// gives it, X₀: what GPTAQ (Li et al., arXiv 2504.02692) needs beside H. Element (i, j) belongs to
/// the shift of input i and to input j.
public struct InputShift: Sendable {
  private var product: Matrix<Float>
  private var tokens = 0

  /// Starts the matrix of a linear with `features` inputs.
  public init(features: Int) {
    product = Matrix(rows: features, columns: features)
  }

  /// Takes in the same rows of both models' inputs, (rows, in). Rows that `HessianAccumulator` leaves
  /// out stay outside here too, and so do rows whose base is not finite.
  /// - Precondition: equal shapes.
  public mutating func accumulate(
    _ x: Matrix<Float>, base: Matrix<Float>, engine: any Engine
  ) {
    precondition(x.rows == base.rows && x.columns == base.columns, "the same tokens")
    var shift = base
    for index in shift.elements.indices { shift.elements[index] -= x.elements[index] }
    var x = x
    let zero = [Float](repeating: 0, count: x.columns)
    func isFinite(_ row: ArraySlice<Float>) -> Bool {
      row.reduce(into: Float(0)) { $0 += $1 * $1 }.isFinite
    }
    for row in 0..<x.rows {
      let isGood = isFinite(x.row(row))
      tokens += isGood ? 1 : 0
      if isGood, isFinite(shift.row(row)) { continue }
      let empty = Matrix(rows: 1, columns: x.columns, elements: zero)
      x.replaceRows(startingAt: row, with: empty)
      shift.replaceRows(startingAt: row, with: empty)
    }
    let part = engine.multiply(shift, transposingA: true, x, transposingB: false)
    for index in part.elements.indices { product.elements[index] += part.elements[index] }
  }

  /// D, (in, in); zeros if no token was taken in.
  public func matrix() -> Matrix<Float> {
    let scale = tokens == 0 ? 0 : 2 / Float(tokens)
    return product.map { $0 * scale }
  }
}
