import CKernels
import Tensor

/// What one pass over the codes of a linear, (out, in), says of each group of each row.
public struct CodeStatistics: Sendable {
  /// The smallest code of each group, row after row; 255 for a group without columns.
  public private(set) var low: [UInt8]
  /// The largest code; 0 for a group without columns.
  public private(set) var high: [UInt8]
  /// The mean of |code − zero| over all codes of the group but the farthest, in steps.
  public private(set) var spread: [Float]
  /// How often each code occurs, 256 counts.
  public private(set) var histogram = [Int](repeating: 0, count: 256)
  /// Σ (code − zero), in steps.
  public private(set) var sum = 0.0
  /// Σ (code − zero)².
  public private(set) var sumOfSquares = 0.0

  /// Takes `codes` through once, on all cores.
  public init(_ codes: Matrix<UInt8>, zeros: Matrix<Int32>, layout: GroupLayout) {
    let (rows, columns, groups) = (codes.rows, codes.columns, layout.groups)
    precondition(zeros.rows == rows && zeros.columns == groups, "a zero for each group")
    precondition(layout.order.count == columns, "a place for each column")
    low = [UInt8](repeating: 255, count: rows * groups)
    high = [UInt8](repeating: 0, count: rows * groups)
    spread = [Float](repeating: 0, count: rows * groups)
    let chunk = 64
    var tallies = [tenbin_code_tally](
      repeating: tenbin_code_tally(), count: (rows + chunk - 1) / chunk)
    low.withUnsafeMutableBufferPointer { low in
      high.withUnsafeMutableBufferPointer { high in
        spread.withUnsafeMutableBufferPointer { spread in
          tallies.withUnsafeMutableBufferPointer { tallies in
            guard let low = low.baseAddress, let high = high.baseAddress,
              let spread = spread.baseAddress, let tallies = tallies.baseAddress
            else { return }
            nonisolated(unsafe) let out = (low: low, high: high, spread: spread, tallies: tallies)
            parallelFor(rows, chunk: chunk) { range in
              var sorted = [UInt8](repeating: 0, count: layout.isPlain ? 0 : columns)
              codes.elements.withUnsafeBufferPointer { codes in
                zeros.elements.withUnsafeBufferPointer { zeros in
                  guard let codes = codes.baseAddress, let zeros = zeros.baseAddress else { return }
                  for row in range {
                    let place = row * groups
                    func take(_ line: UnsafePointer<UInt8>) {
                      tenbin_group_codes(
                        line, layout.starts, groups, zeros + place, out.low + place,
                        out.high + place, out.spread + place,
                        out.tallies + range.lowerBound / chunk)
                    }
                    if layout.isPlain {
                      take(codes + row * columns)
                    } else {
                      tenbin_gather_codes(codes + row * columns, layout.order, &sorted, columns)
                      take(sorted)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    for tally in tallies {
      sum += Double(tally.sum)
      sumOfSquares += Double(tally.squares)
      withUnsafeBytes(of: tally.histogram) { bytes in
        for (place, count) in bytes.bindMemory(to: UInt32.self).enumerated() {
          histogram[place % 256] += Int(count)
        }
      }
    }
  }
}
