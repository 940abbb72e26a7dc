import COpenBLAS
import Tensor

extension Engine {
  /// The eigenvalues of the symmetric `h`, ascending, by LAPACK's divide and conquer; nil where it
  /// does not converge, as on NaN.
  public func eigenvalues(_ h: Matrix<Double>) -> [Double]? {
    precondition(h.rows == h.columns, "a symmetric matrix is square")
    guard h.rows > 0 else { return [] }
    guard var n = Int32(exactly: h.rows) else { return nil }
    var elements = h.elements
    var values = [Double](repeating: 0, count: h.rows)
    // Without eigenvectors: 2n + 1 words of work, one of integers.
    var work = [Double](repeating: 0, count: max(2 * h.rows + 1, 64 * h.rows))
    var (workCount, integerCount, info) = (Int32(clamping: work.count), Int32(1), Int32(0))
    var integers: [Int32] = [0]
    dsyevd_(
      "N", "U", &n, &elements, &n, &values, &work, &workCount, &integers, &integerCount, &info)
    return info == 0 ? values : nil
  }
}
