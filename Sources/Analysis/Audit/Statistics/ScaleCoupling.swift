import Foundation
import GPTQ

/// Whether scales belong to the codes they stand beside.
///
/// A group with one large weight has a large scale, and codes that huddle near the zero point. So the
/// logarithms of scale and spread, rid of what rows and groups have in common, move against each
/// other; scales that were permuted, exchanged or redrawn, and codes gathered by a wrong g_idx, do
/// not know of each other.
struct ScaleCoupling: Sendable {
  /// The correlation of the two residuals.
  private(set) var correlation = 0.0
  /// Degrees of freedom of the residuals.
  private(set) var freedom = 0
  /// Residuals of log₂(scale · spread), the typical weight of each group.
  private(set) var weights: [Double] = []
  /// The robust deviation of `weights`.
  private(set) var deviation = 0.0

  /// Correlations that no healthy module is above.
  static let weakest = -0.15
  /// Groups beyond which the correlation is taken over some of the rows.
  private static let enough = 100_000

  init(_ linear: QuantizedLinear, _ codes: GroupCodes) {
    let (rows, columns) = (codes.rows, codes.groups)
    guard columns > 1, rows > 1 else { return }
    var lines = Lines(rows: rows, columns: columns)
    for place in codes.low.indices {
      let scale = abs(Double(linear.grids.scales.elements[place]))
      let spread = codes.spread[place]
      // A spread below half a step says nothing of the weights.
      guard scale > 0, scale.isFinite, spread >= 0.5 else { continue }
      lines.append(log2(scale), log2(Double(spread)), row: place / columns, column: place % columns)
    }
    freedom = max(0, lines.row.count - rows - columns + 1)
    guard freedom > 16 else { return }
    weights = lines.residualsOfProduct()
    deviation = robustDeviation(weights)
    let step = max(1, lines.row.count / Self.enough)
    if step > 1 {
      lines = lines.everyRow(step)
      freedom = max(0, lines.row.count - rows / step - columns + 1)
    }
    correlation = lines.correlation()
  }

  /// log₂ of the factors beyond which a group's typical weight is far from its row's and column's.
  private static let strayFactors = [5.0, 8]

  /// ln of the evidence that scales were replaced by others, and how many.
  ///
  /// Typical weights of real models have tails of their own: single heads and channels are up to ten
  /// times larger than the rest in a model of 135 million parameters, so that only factors of 32 and
  /// more speak. As many groups are expected beyond x as a t₅ of the others' deviation gives,
  /// and as a tail gives that falls from x/2 on as it fell up to there, whichever are more.
  var strayEvidence: (logBayesFactor: Double, groups: Int) {
    var best = (logBayesFactor: 0.0, groups: 0)
    guard deviation > 0 else { return best }
    let distances = weights.map(abs)
    let count = Double(distances.count)
    for factor in Self.strayFactors {
      let far = distances.count { $0 > factor }
      let half = Double(distances.count { $0 > factor / 2 })
      let chance = max(count * scaleTail(factor / deviation), half * half / count)
      let evidence = rareEventEvidence(count: far, expected: chance) - log(3)
      if evidence > best.logBayesFactor { best = (evidence, far) }
    }
    return best
  }
}

/// Two numbers for each group, with its row and column in the grids.
private struct Lines {
  let rows: Int
  let columns: Int
  var row: [Int] = []
  var column: [Int] = []
  var first: [Double] = []
  var second: [Double] = []

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  mutating func append(_ x: Double, _ y: Double, row r: Int, column c: Int) {
    row.append(r)
    column.append(c)
    first.append(x)
    second.append(y)
  }

  /// Those of every `step`th row.
  func everyRow(_ step: Int) -> Lines {
    var some = Lines(rows: rows, columns: columns)
    for place in row.indices where row[place] % step == 0 {
      some.append(first[place], second[place], row: row[place], column: column[place])
    }
    return some
  }

  /// The correlation of the two, without their row and column means.
  func correlation() -> Double {
    var (x, y) = (first, second)
    removeMeans(&x)
    removeMeans(&y)
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for place in x.indices {
      xy += x[place] * y[place]
      xx += x[place] * x[place]
      yy += y[place] * y[place]
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
  }

  /// Subtracts row and column means, twice over, which is exact where no group is missing.
  private func removeMeans(_ values: inout [Double]) {
    for _ in 0..<2 {
      for (line, count) in [(row, rows), (column, columns)] {
        var sums = [Double](repeating: 0, count: count)
        var counts = sums
        for place in values.indices {
          sums[line[place]] += values[place]
          counts[line[place]] += 1
        }
        for place in sums.indices where counts[place] > 0 { sums[place] /= counts[place] }
        for place in values.indices { values[place] -= sums[line[place]] }
      }
    }
  }

  /// The sum of the two, less the medians of columns and then of rows, so that few bad groups stay
  /// where they are.
  func residualsOfProduct() -> [Double] {
    var values = zip(first, second).map { $0 + $1 }
    for (line, count) in [(column, columns), (row, rows)] {
      var parts = [[Double]](repeating: [], count: count)
      for place in values.indices { parts[line[place]].append(values[place]) }
      let medians = parts.map(median)
      for place in values.indices { values[place] -= medians[line[place]] }
    }
    return values
  }
}
