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
  public init(rows: Int, groups: Int) {
    scales = Matrix(rows: rows, columns: groups, repeating: 1)
    zeros = Matrix(rows: rows, columns: groups)
  }

  /// Fits a grid to every run of `groupSize` columns of `weight`, (out, in), by `search` where it is
  /// given; the last run may be short.
  public init(
    fitting weight: Matrix<Float>, groupSize: Int, grid: QuantizationGrid,
    search: HostGridSearch? = nil
  ) {
    precondition(groupSize > 0, "a group has columns")
    let groups = (weight.columns + groupSize - 1) / groupSize
    self.init(rows: weight.rows, groups: groups)
    fit(to: weight, groups: 0..<groups, groupSize: groupSize, grid: grid, search: search)
  }

  /// Fits the grids of `groups` to the columns of `weight`, (out, in), that they cover: for engines
  /// that do so on the host.
  public mutating func fit(
    to weight: Matrix<Float>, groups: Range<Int>, groupSize: Int, grid: QuantizationGrid,
    search: HostGridSearch?
  ) {
    fitAny(to: weight, groups: groups, groupSize: groupSize, grid: grid, search: search)
  }

  /// The same for a weight in Double.
  public mutating func fit(
    to weight: Matrix<Double>, groups: Range<Int>, groupSize: Int, grid: QuantizationGrid,
    search: HostGridSearch?
  ) {
    fitAny(to: weight, groups: groups, groupSize: groupSize, grid: grid, search: search)
  }

  /// The same in either precision.
  @specialized(where S == Float)
  @specialized(where S == Double)
  mutating func fitAny<S: BLASScalar>(
    to weight: Matrix<S>, groups: Range<Int>, groupSize: Int, grid: QuantizationGrid,
    search: HostGridSearch?
  ) {
    let count = scales.columns
    let weightings = search.map { search in
      groups.map { group in
        let start = group * groupSize
        return search.weights(of: start..<min(start + groupSize, weight.columns))
          as GroupWeights<S>
      }
    }
    scales.elements.withUnsafeMutableBufferPointer { scales in
      zeros.elements.withUnsafeMutableBufferPointer { zeros in
        weight.elements.withUnsafeBufferPointer { weights in
          guard let scales = scales.baseAddress, let zeros = zeros.baseAddress,
            let weights = weights.baseAddress
          else { return }
          nonisolated(unsafe) let pointers = (scales: scales, zeros: zeros, weights: weights)
          parallelFor(weight.rows, chunk: 64) { rows in
            var candidates = search.map { GridCandidates<S>($0.factors) }
            for row in rows {
              for (place, group) in groups.enumerated() {
                let start = group * groupSize
                let end = min(start + groupSize, weight.columns)
                let run = pointers.weights + row * weight.columns + start
                let range = S.range(run, end - start)
                let (scale, zero) =
                  if let weightings {
                    candidates?.best(
                      run, end - start, low: range.low, high: range.high, grid: grid,
                      weighting: weightings[place]) ?? grid.fit(low: range.low, high: range.high)
                  } else {
                    grid.fit(low: range.low, high: range.high)
                  }
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
