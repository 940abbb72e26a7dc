import CKernels
import Tensor

/// The grids of a linear: one scale and one zero point for each row and group of columns.
public struct GroupGrids: Sendable, Equatable {
  /// (out, groups), as stored.
  public var scales: Matrix<Float>
  /// The code that stands for 0, (out, groups).
  public var zeros: Matrix<Int32>

  /// Wraps scales and zeros of one shape.
  public init(scales: Matrix<Float>, zeros: Matrix<Int32>) {
    precondition(
      scales.rows == zeros.rows && scales.columns == zeros.columns, "a zero for each scale")
    self.scales = scales
    self.zeros = zeros
  }

  /// Grids still to be fitted.
  init(rows: Int, groups: Int) {
    scales = Matrix(rows: rows, columns: groups, repeating: 1)
    zeros = Matrix(rows: rows, columns: groups)
  }

  /// Fits a grid to every run of `groupSize` columns of `weight`, (out, in); the last may be short.
  init(fitting weight: Matrix<Float>, groupSize: Int, grid: QuantizationGrid) {
    precondition(groupSize > 0, "a group has columns")
    let groups = (weight.columns + groupSize - 1) / groupSize
    self.init(rows: weight.rows, groups: groups)
    fit(to: weight, groups: 0..<groups, groupSize: groupSize, grid: grid)
  }

  /// Fits the grids of `groups` to the columns of `weight` that they cover.
  mutating func fit<S: BLASScalar>(
    to weight: Matrix<S>, groups: Range<Int>, groupSize: Int, grid: QuantizationGrid
  ) {
    let count = scales.columns
    scales.elements.withUnsafeMutableBufferPointer { scales in
      zeros.elements.withUnsafeMutableBufferPointer { zeros in
        weight.elements.withUnsafeBufferPointer { weights in
          guard let scales = scales.baseAddress, let zeros = zeros.baseAddress,
            let weights = weights.baseAddress
          else { return }
          nonisolated(unsafe) let pointers = (scales: scales, zeros: zeros, weights: weights)
          parallelFor(weight.rows, chunk: 64) { rows in
            for row in rows {
              for group in groups {
                let start = group * groupSize
                let end = min(start + groupSize, weight.columns)
                let range = S.range(
                  pointers.weights + row * weight.columns + start, end - start)
                let (scale, zero) = grid.fit(low: range.low, high: range.high)
                pointers.scales[row * count + group] = scale
                pointers.zeros[row * count + group] = zero
              }
            }
          }
        }
      }
    }
  }
}
