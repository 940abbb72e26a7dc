import GPTQ

/// What one pass over a module's codes says of each group of each row.
struct GroupCodes: Sendable {
  /// out.
  let rows: Int
  /// Groups a row.
  let groups: Int
  /// The smallest code of each group, row after row; 255 for a group without columns.
  private(set) var low: [UInt8]
  /// The largest code.
  private(set) var high: [UInt8]
  /// The mean of |code − zero| over all codes of the group but the farthest, in steps: how widely
  /// the codes spread, whatever one outlier does.
  private(set) var spread: [Float]
  /// Columns of each group.
  let sizes: [Int]
  /// How often each code occurs.
  private(set) var histogram: [Int]
  /// Σ (code − zero), in steps.
  private(set) var sum: Double
  /// Σ (code − zero)².
  private(set) var sumOfSquares: Double

  init(_ linear: QuantizedLinear) {
    let (rows, columns) = (linear.codes.rows, linear.codes.columns)
    let groups = linear.grids.scales.columns
    let index = linear.groupIndex.map(Int.init)
    var sizes = [Int](repeating: 0, count: groups)
    for group in index { sizes[group] += 1 }
    var low = [UInt8](repeating: 255, count: rows * groups)
    var high = [UInt8](repeating: 0, count: rows * groups)
    var spread = [Float](repeating: 0, count: rows * groups)
    var histogram = [Int](repeating: 0, count: 256)
    var (sum, squares) = (0.0, 0.0)
    var total = [Int](repeating: 0, count: groups)
    var farthest = [Int](repeating: 0, count: groups)
    for row in 0..<rows {
      for group in 0..<groups { (total[group], farthest[group]) = (0, 0) }
      var (rowSum, rowSquares) = (0, 0)
      for column in 0..<columns {
        let code = linear.codes.elements[row * columns + column]
        let group = index[column]
        let place = row * groups + group
        if code < low[place] { low[place] = code }
        if code > high[place] { high[place] = code }
        histogram[Int(code)] += 1
        let steps = Int(code) - Int(linear.grids.zeros.elements[place])
        let distance = abs(steps)
        total[group] += distance
        if distance > farthest[group] { farthest[group] = distance }
        rowSum += steps
        rowSquares += steps * steps
      }
      for group in 0..<groups {
        spread[row * groups + group] =
          Float(total[group] - farthest[group]) / Float(max(sizes[group] - 1, 1))
      }
      sum += Double(rowSum)
      squares += Double(rowSquares)
    }
    self.rows = rows
    self.groups = groups
    self.low = low
    self.high = high
    self.spread = spread
    self.sizes = sizes
    self.histogram = histogram
    self.sum = sum
    sumOfSquares = squares
  }

  /// Codes in all.
  var count: Int { histogram.reduce(0, +) }

  /// The mean of code − zero, in steps.
  var mean: Double { sum / Double(max(count, 1)) }

  /// The standard deviation of code − zero, in steps.
  var deviation: Double {
    max(0, sumOfSquares / Double(max(count, 1)) - mean * mean).squareRoot()
  }
}
