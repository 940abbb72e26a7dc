import GPTQ
import Tensor

extension GPTQReference {
  /// QEP's weight W + α·W·D·(H + λI)⁻¹ (arXiv 2504.09629) for W (out, in), H and D (in, in); dead
  /// columns have H = 1. nil where H + λI is not positive definite.
  public static func propagated(
    _ weight: Matrix<Double>, hessian: Matrix<Double>, shift: Matrix<Double>, dampPercent: Double,
    share: Double
  ) -> Matrix<Double>? {
    guard let lower = PlainCholesky.lower(damped(hessian, dampPercent)) else { return nil }
    let step = times(times(weight, shift), PlainCholesky.inverse(lower: lower))
    var result = weight
    for row in 0..<weight.rows {
      for column in 0..<weight.columns { result[row, column] += share * step[row, column] }
    }
    return result
  }

  /// The codes of Qronos (arXiv 2505.11695) for columns 1 … after column 0 has the values `first`, on
  /// fixed grids of whole rows: with G = H + D, both damped, w_{≥1} ← (w·G_{≥1} − q₀·H_{0,≥1})·H_{≥1,≥1}⁻¹,
  /// then GPTQ's loop on those columns. Column 0 of the result is 0.
  public static func qronosCodes(
    _ weight: Matrix<Double>, hessian: Matrix<Double>, shift: Matrix<Double>, dampPercent: Double,
    first: [Double], scales: Matrix<Float>, zero: Int32, maxCode: Int
  ) -> Matrix<UInt8>? {
    let h = damped(hessian, dampPercent)
    var g = h
    for i in 0..<h.rows { for j in 0..<h.rows { g[i, j] += shift[i, j] } }
    let later = Array(1..<h.rows)
    let corner = h.selectingColumns(later).selectingRows(later)
    guard let lower = PlainCholesky.lower(corner) else { return nil }
    let inverse = PlainCholesky.inverse(lower: lower)
    guard let u = PlainCholesky.upper(inverse) else { return nil }
    var target = times(weight, g).selectingColumns(later)
    for row in 0..<weight.rows {
      for (place, column) in later.enumerated() {
        target[row, place] -= first[row] * h[0, column]
      }
    }
    var w = times(target, inverse)
    var codes = Matrix<UInt8>(rows: weight.rows, columns: weight.columns)
    for row in 0..<weight.rows {
      let scale = Double(scales[row, 0])
      for i in later.indices {
        let rounded = (w[row, i] / scale).rounded(.toNearestOrEven) + Double(zero)
        let code = min(max(rounded, 0), Double(maxCode))
        codes[row, i + 1] = UInt8(code)
        let error = (w[row, i] - scale * (code - Double(zero))) / u[i, i]
        for j in i..<later.count { w[row, j] -= error * u[i, j] }
      }
    }
    return codes
  }

  private static func damped(_ hessian: Matrix<Double>, _ dampPercent: Double) -> Matrix<Double> {
    var h = hessian
    for i in 0..<h.rows where h[i, i] == 0 { h[i, i] = 1 }
    let damp = dampPercent * h.diagonal.reduce(0, +) / Double(h.rows)
    for i in 0..<h.rows { h[i, i] += damp }
    return h
  }

  private static func times(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Matrix<Double> {
    var product = Matrix<Double>(rows: a.rows, columns: b.columns)
    for row in 0..<a.rows {
      for k in 0..<a.columns {
        for column in 0..<b.columns { product[row, column] += a[row, k] * b[k, column] }
      }
    }
    return product
  }
}
