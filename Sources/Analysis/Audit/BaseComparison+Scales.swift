import Foundation
import GPTQ

// How the stored scales fit the base's weights.
extension BaseComparison {
  /// Factors beyond which a scale is astray.
  static let scaleTolerances = [1.4, 2.8, 8]
  /// The correlation of weights and codes of a group above which its scale is judged.
  private static let followed = 0.7
  /// Groups that a median is taken over where there are more.
  private static let enough = 10_000
  /// Units of the least subnormal below which a scale is coarse.
  private static let coarseUnits: Float = 64

  /// Regresses the weights of each group on the base's, those that round to nothing left out. GPTQ
  /// fits a group's scale to the weights that it has moved, which may be many times the base's, but
  /// what it moved them by knows nothing of the base's weights: the slope stays 1, while a scale that
  /// is off by a factor takes the slope with it.
  mutating func measureScales(
    _ sums: BaseSums, _ linear: QuantizedLinear
  ) {
    let groups = linear.grids.scales.columns
    let coarse = linear.scalesDtype == .f16 ? Self.coarseUnits * 0x1p-24 : 0
    let coarseScales = linear.grids.scales.elements.count { $0 != 0 && abs($0) < coarse }
    hasCoarseScales = coarseScales * 1000 > linear.grids.scales.elements.count
    var logarithms: [(place: Int, stored: Double, fitted: Double)] = []
    logarithms.reserveCapacity(sums.powers.count)
    var errors: [Double] = []
    var correlations: [Double] = []
    for place in sums.powers.indices {
      let stored = abs(Double(linear.grids.scales.elements[place]))
      let (power, product) = (Double(sums.powers[place]), abs(Double(sums.products[place])))
      let size = power * Double(sums.squares[place])
      guard stored > 0, stored.isFinite, size > 0, size.isFinite else { continue }
      // Codes that hardly follow their weights say nothing of a scale.
      let correlation = min(product / size.squareRoot(), 1)
      correlations.append(correlation)
      guard correlation > Self.followed else { continue }
      logarithms.append((place, log(stored), log(power / product)))
      let count = max(sums.weights[place] - 2, 0.5)
      errors.append(((1 / (correlation * correlation) - 1) / count).squareRoot())
    }
    following = median(Self.some(correlations))
    let off = Self.some(logarithms).map { one in
      abs(log(linear.scalesDtype.readAsOther(Float(exp(one.stored)))) - one.fitted)
    }
    fitsOtherType = median(off) < 0.15 && logarithms.count > 16
    scaleBias = median(Self.some(logarithms).map { $0.fitted - $0.stored })
    measureStrays(logarithms, errors, linear)
    compareScales(logarithms, groups: groups)
  }

  /// As many of `values` as a median is taken over.
  private static func some<Value>(_ values: [Value]) -> [Value] {
    let step = max(1, values.count / enough)
    return step == 1 ? values : stride(from: 0, to: values.count, by: step).map { values[$0] }
  }

  /// Groups off their column of the grids: how far healthy ones scatter there is its own matter, for
  /// columns of tiny weights are moved far to make up for others.
  private mutating func measureStrays(
    _ logarithms: [(place: Int, stored: Double, fitted: Double)], _ errors: [Double],
    _ linear: QuantizedLinear
  ) {
    let groups = linear.grids.scales.columns
    var columns = [[(off: Double, error: Double)]](repeating: [], count: groups)
    let least = log(Self.scaleTolerances[0])
    for (one, error) in zip(logarithms, errors) {
      let off = one.fitted - one.stored
      guard off < least || !Self.isHalfUsed(one.place, linear) else { continue }
      columns[one.place % groups].append((off, error))
    }
    let limits = Self.scaleTolerances.map { log($0) }
    var counts = limits.map { _ in (found: 0, expected: 0.0) }
    for column in columns {
      let center = median(column.map(\.off))
      let off = column.map { abs($0.off - center) }
      let deviation = max(trimmedDeviation(off), 1e-6)
      let usual = limits.map { scaleTail($0 / deviation) }
      for (distance, one) in zip(off, column) {
        // A slope is as uncertain as codes that were moved far make it.
        let isUsual = one.error <= deviation
        for (place, limit) in limits.enumerated() {
          if distance > limit { counts[place].found += 1 }
          counts[place].expected += isUsual ? usual[place] : scaleTail(limit / one.error)
        }
      }
    }
    for count in counts {
      let evidence =
        rareEventEvidence(count: count.found, expected: count.expected)
        - log(Double(counts.count))
      if evidence > strayEvidence { (strayEvidence, strayScales) = (evidence, count.found) }
    }
  }

  /// Whether a group is one that a symmetric grid was fitted to from 0 on, since all its weights are above
  /// it: the codes end at the top, and none is below the zero point.
  private static func isHalfUsed(_ place: Int, _ linear: QuantizedLinear) -> Bool {
    let (row, group) = (place / linear.grids.scales.columns, place % linear.grids.scales.columns)
    let (zero, top) = (linear.grids.zeros[row, group], Int32(1 << linear.bits - 1))
    var (low, high) = (Int32.max, Int32.min)
    for (code, owner) in zip(linear.codes.row(row), linear.groupIndex) where Int(owner) == group {
      low = min(low, Int32(code))
      high = max(high, Int32(code))
    }
    return linear.sym && low >= zero && high == top
  }

  private mutating func compareScales(
    _ logarithms: [(place: Int, stored: Double, fitted: Double)], groups: Int
  ) {
    var sums = [(stored: Double, fitted: Double, count: Double)](
      repeating: (0, 0, 0), count: groups)
    for one in logarithms {
      sums[one.place % groups].stored += one.stored
      sums[one.place % groups].fitted += one.fitted
      sums[one.place % groups].count += 1
    }
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for one in logarithms {
      let x = one.stored - sums[one.place % groups].stored / sums[one.place % groups].count
      let y = one.fitted - sums[one.place % groups].fitted / sums[one.place % groups].count
      xy += x * y
      xx += x * x
      yy += y * y
    }
    guard logarithms.count > groups + 16, xx > 0, yy > 0 else { return }
    scaleAgreement = xy / (xx * yy).squareRoot()
    scalesCompared = logarithms.count - groups
  }
}
