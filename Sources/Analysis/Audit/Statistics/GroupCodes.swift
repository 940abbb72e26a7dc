import Compute
import GPTQ
import Tensor

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

  /// How many groups reach farther up, and how many farther down, by more than a step; groups whose
  /// codes all lie within a step and a half of the zero point say nothing.
  func fartherEnds(zeros: Matrix<Int32>, of maxCode: Int) -> (up: Int, down: Int) {
    var (up, down) = (0, 0)
    for place in low.indices where sizes[place % groups] > 1 && spread[place] >= 1.5 {
      let zero = Int(zeros.elements[place])
      let above = Int(high[place]) - zero
      // The lowest code is one step farther from the middle than the highest.
      let below = min(zero - Int(low[place]), maxCode - zero)
      if above > below + 1 { up += 1 } else if below > above + 1 { down += 1 }
    }
    return (up, down)
  }

  /// Codes in all.
  var count: Int { rows * sizes.reduce(0, +) }

  /// The mean of code − zero, in steps.
  var mean: Double { statistics.sum / Double(max(count, 1)) }

  /// The standard deviation of code − zero, in steps.
  var deviation: Double {
    max(0, statistics.sumOfSquares / Double(max(count, 1)) - mean * mean).squareRoot()
  }
}
