import Compute
import GPTQ

/// What one pass over a module's codes says of each group of each row.
struct GroupCodes: Sendable {
  /// out.
  let rows: Int
  /// Groups a row.
  let groups: Int
  /// Columns of each group.
  let sizes: [Int]
  private let statistics: CodeStatistics

  init(_ linear: QuantizedLinear, layout: GroupLayout) {
    rows = linear.codes.rows
    groups = layout.groups
    sizes = layout.sizes
    statistics = CodeStatistics(linear.codes, zeros: linear.grids.zeros, layout: layout)
  }

  /// The smallest code of each group, row after row; 255 for a group without columns.
  var low: [UInt8] { statistics.low }

  /// The largest code.
  var high: [UInt8] { statistics.high }

  /// The mean of |code − zero| over all codes of the group but the farthest, in steps: how widely
  /// the codes spread, whatever one outlier does.
  var spread: [Float] { statistics.spread }

  /// How often each code occurs.
  var histogram: [Int] { statistics.histogram }

  /// Codes in all.
  var count: Int { rows * sizes.reduce(0, +) }

  /// The mean of code − zero, in steps.
  var mean: Double { statistics.sum / Double(max(count, 1)) }

  /// The standard deviation of code − zero, in steps.
  var deviation: Double {
    max(0, statistics.sumOfSquares / Double(max(count, 1)) - mean * mean).squareRoot()
  }
}
