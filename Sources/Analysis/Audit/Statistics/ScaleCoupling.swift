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
  /// Groups that it was taken over.
  private(set) var groups = 0
  /// Degrees of freedom of the residuals.
  private(set) var freedom = 0
  /// Residuals of log₂(scale · spread), the group's typical weight, with its place in the grids.
  private(set) var weights: [(place: Int, residual: Double)] = []
  /// The robust deviation of `weights`.
  private(set) var deviation = 0.0

  /// Correlations that no healthy module is above.
  static let weakest = -0.15

  init(_ linear: QuantizedLinear, _ codes: GroupCodes) {
    let (rows, columns) = (codes.rows, codes.groups)
    guard columns > 1, rows > 1 else { return }
    var scales: [Double] = []
    var spreads: [Double] = []
    var places: [Int] = []
    for place in codes.low.indices {
      let scale = Double(linear.grids.scales.elements[place])
      // A spread below half a step says nothing of the weights.
      guard scale > 0, scale.isFinite, codes.spread[place] >= 0.5 else { continue }
      scales.append(log2(scale))
      spreads.append(log2(Double(codes.spread[place])))
      places.append(place)
    }
    groups = places.count
    freedom = max(0, groups - rows - columns + 1)
    guard freedom > 16 else { return }
    let typical = zip(scales, spreads).map { $0 + $1 }
    Self.removeEffects(&scales, places, rows: rows, columns: columns)
    Self.removeEffects(&spreads, places, rows: rows, columns: columns)
    correlation = Self.correlation(scales, spreads)
    weights = zip(places, Self.medianResiduals(typical, places, rows: rows, columns: columns))
      .map { (place: $0, residual: $1) }
    deviation = robustDeviation(weights.map(\.residual))
  }

  /// ln of the Bayes factor for scales that do not belong to the codes.
  var logBayesFactor: Double {
    freedom > 16
      ? uncorrelatedEvidence(-correlation, freedom: freedom, weakest: -Self.weakest) : 0
  }

  /// Subtracts row and column means, twice over, which is exact where no group is missing.
  private static func removeEffects(
    _ values: inout [Double], _ places: [Int], rows: Int, columns: Int
  ) {
    for _ in 0..<2 {
      for byRow in [true, false] {
        var sums = [Double](repeating: 0, count: byRow ? rows : columns)
        var counts = [Int](repeating: 0, count: sums.count)
        for (value, place) in zip(values, places) {
          let line = byRow ? place / columns : place % columns
          sums[line] += value
          counts[line] += 1
        }
        for index in values.indices {
          let line = byRow ? places[index] / columns : places[index] % columns
          values[index] -= sums[line] / Double(counts[line])
        }
      }
    }
  }

  /// `values` less the medians of their columns and rows, so that few bad groups stay where they are.
  private static func medianResiduals(
    _ values: [Double], _ places: [Int], rows: Int, columns: Int
  ) -> [Double] {
    var values = values
    for byRow in [false, true] {
      var lines = [[Double]](repeating: [], count: byRow ? rows : columns)
      for (value, place) in zip(values, places) {
        lines[byRow ? place / columns : place % columns].append(value)
      }
      let medians = lines.map(median)
      for index in values.indices {
        values[index] -= medians[byRow ? places[index] / columns : places[index] % columns]
      }
    }
    return values
  }

  private static func correlation(_ x: [Double], _ y: [Double]) -> Double {
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (x, y) in zip(x, y) {
      xy += x * y
      xx += x * x
      yy += y * y
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
  }
}
