import GPTQ
import Tensor

/// The three factorisations of the reference, by their textbook loops.
enum PlainCholesky {
  /// Lower-triangular L with LLᵀ = A; nil if A is not positive definite.
  static func lower(_ a: Matrix<Double>) -> Matrix<Double>? {
    let n = a.rows
    var l = Matrix<Double>(rows: n, columns: n)
    for column in 0..<n {
      for row in column..<n {
        var sum = a[row, column]
        for k in 0..<column { sum -= l[row, k] * l[column, k] }
        if row == column {
          guard sum > 0 else { return nil }
          l[row, row] = sum.squareRoot()
        } else {
          l[row, column] = sum / l[column, column]
        }
      }
    }
    return l
  }

  /// Upper-triangular U with UᵀU = A: the transpose of the lower factor.
  static func upper(_ a: Matrix<Double>) -> Matrix<Double>? {
    lower(a)?.transposed()
  }

  /// (LLᵀ)⁻¹ = L⁻ᵀ·L⁻¹.
  static func inverse(lower l: Matrix<Double>) -> Matrix<Double> {
    let n = l.rows
    // Row `column` of `columns` is that column of L⁻¹, found by forward substitution.
    var columns = Matrix<Double>(rows: n, columns: n)
    for column in 0..<n {
      for row in column..<n {
        var sum = row == column ? 1.0 : 0.0
        for k in column..<max(column, row) { sum -= l[row, k] * columns[column, k] }
        columns[column, row] = sum / l[row, row]
      }
    }
    var inverse = Matrix<Double>(rows: n, columns: n)
    for row in 0..<n {
      for column in 0...row {
        var sum = 0.0
        for k in row..<n { sum += columns[row, k] * columns[column, k] }
        inverse[row, column] = sum
        inverse[column, row] = sum
      }
    }
    return inverse
  }
}
