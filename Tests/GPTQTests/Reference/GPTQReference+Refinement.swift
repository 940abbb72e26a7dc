import GPTQ
import Tensor

extension GPTQReference {
  /// The scales, not rounded, that give the codes of one linear the least error under H, row by row:
  /// A·s = b with A_gh = c_gᵀ·H·c_h and b_g = c_gᵀ·H·w, c_g being code − zero in the columns of group g
  /// and 0 elsewhere. nil where A is not positive definite.
  public static func refinedScales(
    _ codes: Matrix<UInt8>, zeros: Matrix<Int32>, groupIndex: [Int32], weight: Matrix<Double>,
    hessian: Matrix<Double>
  ) -> Matrix<Double>? {
    let (rows, columns, groups) = (codes.rows, codes.columns, zeros.columns)
    var scales = Matrix<Double>(rows: rows, columns: groups)
    for row in 0..<rows {
      var steps = Matrix<Double>(rows: groups, columns: columns)
      for column in 0..<columns {
        let group = Int(groupIndex[column])
        steps[group, column] = Double(Int32(codes[row, column]) - zeros[row, group])
      }
      var a = Matrix<Double>(rows: groups, columns: groups)
      var b = [Double](repeating: 0, count: groups)
      for g in 0..<groups {
        for i in 0..<columns where steps[g, i] != 0 {
          for j in 0..<columns {
            let h = steps[g, i] * hessian[i, j]
            b[g] += h * weight[row, j]
            for other in 0..<groups { a[g, other] += h * steps[other, j] }
          }
        }
      }
      guard let lower = PlainCholesky.lower(a) else { return nil }
      let inverse = PlainCholesky.inverse(lower: lower)
      for g in 0..<groups {
        for other in 0..<groups { scales[row, g] += inverse[g, other] * b[other] }
      }
    }
    return scales
  }
}
