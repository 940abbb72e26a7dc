import Basics
import Foundation
import Tensor

extension Matrix where Scalar: BinaryFloatingPoint {
  /// Independent standard normal elements, the same for the same seed.
  public static func gaussian(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var random = SplitMix64(seed: seed)
    let elements = (0..<rows * columns).map { _ in
      // Box and Muller; the first number is kept from 0.
      let radius = (-2 * log(1 - random.uniform())).squareRoot()
      return Scalar(radius * cos(2 * .pi * random.uniform()))
    }
    return Matrix(rows: rows, columns: columns, elements: elements)
  }

  /// The largest |difference| to `other`, in Double.
  public func largestDifference(to other: Matrix) -> Double {
    precondition(rows == other.rows && columns == other.columns)
    return zip(elements, other.elements).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
  }
}
