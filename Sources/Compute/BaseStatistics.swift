import CKernels
import Foundation
import Tensor

/// Rows of a quantized linear held against the weights that they stand for, in steps of their grids:
/// the target of a weight is w/scale + zero.
public struct BaseStatistics: Sendable {
  /// ‖W − Wq‖².
  public private(set) var squaredError = 0.0
  /// ‖W‖².
  public private(set) var squaredWeight = 0.0
  /// The part of `squaredError` in codes that wrapped or are far from their targets.
  public private(set) var wrappedSquaredError = 0.0
  /// Σ (code − target), each within ±3, over targets on the grid.
  public private(set) var biasSum = 0.0
  /// Targets on the grid.
  public private(set) var targetsOnGrid = 0
  /// Targets more than half a step outside the grid.
  public private(set) var clipped = 0
  /// Targets in the highest quarter of the grid.
  public private(set) var topTargets = 0
  /// Codes in the lowest quarter whose targets are three quarters of the grid above, group by group.
  public private(set) var wrapped: [Int32]
  /// Codes in the highest quarter whose targets are as far below.
  public private(set) var reversed = 0
  /// Σ w·(code − zero) of each group of each row, wrapped codes left out.
  public private(set) var products: [Float]
  /// Σ (code − zero)², likewise.
  public private(set) var squares: [Float]
  /// Σ w² of the weights whose codes are not the zero point, likewise.
  public private(set) var powers: [Float]
  /// Σ w⁴, likewise.
  public private(set) var fourths: [Float]
  /// The mean of code − target of each group of each row.
  public private(set) var bias: [Float]
  /// Codes of groups that are sound as a whole.
  public private(set) var judged = 0
  /// Those of them that are `farDistances` and more deviations off their targets.
  public private(set) var far = [Int](repeating: 0, count: farDistances.count)

  /// Deviations beyond which codes are counted as far.
  public static let farDistances: [Double] = [6, 8, 12, 16, 24, 48]

  /// Takes `weight`, rows `first` and following of the original, through once, on all cores. `drift`
  /// is the deviation of codes from their targets of each column, in steps of their row's mean scale;
  /// far codes are left out of sums as wrapped ones are.
  public init(
    weight: Matrix<Float>, first: Int, codes: Matrix<UInt8>, grids: GroupGrids, bits: Int,
    layout: GroupLayout, drift: [Float]
  ) {
    let (rows, columns, groups) = (weight.rows, weight.columns, layout.groups)
    precondition(codes.columns == columns && first + rows <= codes.rows, "a code for each weight")
    precondition(grids.scales.columns == groups && grids.scales.rows == codes.rows, "their grids")
    wrapped = [Int32](repeating: 0, count: rows * groups)
    products = [Float](repeating: 0, count: rows * groups)
    squares = products
    powers = products
    fourths = products
    bias = products
    precondition(drift.count == columns, "a deviation for each column")
    let sortedDrift = layout.order.map { drift[Int($0)] }
    let chunk = 16
    var tallies = [tenbin_base_tally](
      repeating: tenbin_base_tally(), count: (rows + chunk - 1) / chunk)
    products.withUnsafeMutableBufferPointer { products in
      squares.withUnsafeMutableBufferPointer { squares in
        powers.withUnsafeMutableBufferPointer { powers in
          fourths.withUnsafeMutableBufferPointer { fourths in
            bias.withUnsafeMutableBufferPointer { bias in
              wrapped.withUnsafeMutableBufferPointer { wrapped in
                tallies.withUnsafeMutableBufferPointer { tallies in
                  guard let products = products.baseAddress, let squares = squares.baseAddress,
                    let powers = powers.baseAddress, let fourths = fourths.baseAddress,
                    let bias = bias.baseAddress,
                    let wrapped = wrapped.baseAddress,
                    let tallies = tallies.baseAddress
                  else { return }
                  nonisolated(unsafe) let out = (
                    products, squares, powers, bias, wrapped, tallies, fourths
                  )
                  parallelFor(rows, chunk: chunk) { range in
                    let count = layout.isPlain ? 0 : columns
                    var sortedWeight = [Float](repeating: 0, count: count)
                    var sortedCodes = [UInt8](repeating: 0, count: count)
                    weight.elements.withUnsafeBufferPointer { weight in
                      codes.elements.withUnsafeBufferPointer { codes in
                        grids.scales.elements.withUnsafeBufferPointer { scales in
                          grids.zeros.elements.withUnsafeBufferPointer { zeros in
                            guard let weight = weight.baseAddress, let codes = codes.baseAddress,
                              let scales = scales.baseAddress, let zeros = zeros.baseAddress
                            else { return }
                            for row in range {
                              let (place, grid) = (row * groups, (first + row) * groups)
                              func take(_ w: UnsafePointer<Float>, _ c: UnsafePointer<UInt8>) {
                                tenbin_base_row(
                                  w, c, layout.starts, groups, scales + grid, zeros + grid,
                                  1 << bits,
                                  sortedDrift, out.0 + place, out.1 + place, out.2 + place,
                                  out.6 + place,
                                  out.3 + place, out.4 + place,
                                  out.5 + range.lowerBound / chunk)
                              }
                              let (w, c) = (weight + row * columns, codes + (first + row) * columns)
                              if layout.isPlain {
                                take(w, c)
                              } else {
                                tenbin_gather_floats(w, layout.order, &sortedWeight, columns)
                                tenbin_gather_codes(c, layout.order, &sortedCodes, columns)
                                take(sortedWeight, sortedCodes)
                              }
                            }
                          }
                        }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    for tally in tallies { add(tally) }
  }

  /// The number of weights that the sums of a group rest on: 3(Σw²)²/Σw⁴, all of normal ones, one to
  /// three of a group with an outlier.
  public func weight(of place: Int) -> Double {
    let (power, fourth) = (Double(powers[place]), Double(fourths[place]))
    return fourth > 0 ? 3 * power * power / fourth : 0
  }

  /// Whether the codes of the group at `place` run against its weights under `scale`: the correlation
  /// is six deviations of Fisher's z below 0. Codes that GPTQ moved far may follow their weights no
  /// more, but not their negatives.
  public func isTurned(_ place: Int, scale: Float) -> Bool {
    let (product, size) = (products[place], powers[place] * squares[place])
    let count = weight(of: place) - 3
    guard product * scale < 0, size > 0, count > 0 else { return false }
    let correlation = Double(min(abs(product) / size.squareRoot(), 0.999))
    return atanh(correlation) * count.squareRoot() > 6
  }

  private mutating func add(_ tally: tenbin_base_tally) {
    squaredError += tally.error
    squaredWeight += tally.power
    wrappedSquaredError += tally.wrapped_error
    biasSum += tally.bias
    targetsOnGrid += Int(tally.biased)
    clipped += Int(tally.clipped)
    topTargets += Int(tally.top)
    reversed += Int(tally.reversed)
    judged += Int(tally.judged)
    withUnsafeBytes(of: tally.judged_far) { bytes in
      for (place, count) in bytes.bindMemory(to: Int64.self).enumerated() {
        far[place] += Int(count)
      }
    }
  }
}
