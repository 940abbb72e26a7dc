import Basics
import Compute
import Foundation
import GPTQ
import Tensor

/// Gives rows of an original weight, (rows, in), as float32.
public typealias BaseRows = (Range<Int>) throws(InputError) -> Matrix<Float>

/// A quantized linear held against its original weight W, (out, in), of which some rows are in memory
/// at a time.
///
/// Most of it is counted in steps: the target of a weight is w/scale + zero, the place on its group's
/// grid where round-to-nearest would put it.
public struct BaseComparison: Sendable {
  /// ‖W − Wq‖/‖W‖.
  public private(set) var weightError = 0.0
  /// The same without the codes that wrapped.
  public private(set) var soundWeightError = 0.0
  /// The same of round-to-nearest on the same grid.
  public private(set) var rtnWeightError = 0.0
  /// tr(ΔW H ΔWᵀ)/tr(W H Wᵀ), where inputs were given.
  public private(set) var outputError: Double?
  /// The same of round-to-nearest.
  public private(set) var rtnOutputError: Double?
  /// Places (row · in + column) of codes near the bottom whose targets are near the top, three
  /// quarters of the grid away.
  public private(set) var wrapped: [Int] = []
  /// Of those, how many carried a bit into the next code of their word that stands there still.
  public private(set) var carries = 0
  /// Codes near the top whose targets are near the bottom: what chance, or another defect, does.
  public private(set) var reversed = 0
  /// Targets near the top.
  public private(set) var topTargets = 0
  /// The share of targets more than half a step outside the grid.
  public private(set) var clipRate = 0.0
  /// The robust deviation of codes from their targets, in steps.
  public private(set) var drift = 0.0
  /// The mean of code − target, in steps, each held within ±3.
  public private(set) var bias = 0.0
  /// The mean of code − target of each group of each row.
  private(set) var groupBias: [Float] = []
  /// Codes of groups that are sound as a whole.
  private(set) var judged = 0
  /// Those of them that are `BaseStatistics.farDistances` and more deviations off their targets.
  private(set) var far = [Int](repeating: 0, count: BaseStatistics.farDistances.count)
  /// Whether some scales are so few units of their type that codes lie anywhere near their targets.
  private(set) var hasCoarseScales = false
  /// ln of the scale at which weights regress on the base's with slope 1, Σw²/Σw(code − zero), over
  /// the stored one: its median.
  public private(set) var scaleBias = 0.0
  /// Groups whose own ratio is off the median of their column of the grids, by a factor that the rest
  /// does not explain.
  public private(set) var strayScales = 0
  /// ln of the Bayes factor of these groups.
  private(set) var strayEvidence = 0.0
  /// Over all groups, the correlation of the logarithms of stored and fitting scale, the means
  /// of the group's place in its row taken off: near 1 in health, 0 for the scales of other rows.
  public private(set) var scaleAgreement = 1.0
  /// Groups whose codes run against their weights: the scale's sign is not that of the quantizer.
  public private(set) var turnedGroups = 0
  /// Whether the scales fit once their bits are read as the other type of 16 bits.
  public private(set) var fitsOtherType = false
  /// Groups with a negative scale whose codes do not go with it.
  public private(set) var unconfirmedSigns = 0
  /// The median correlation of weights and codes within groups, whichever its sign: above 0.6 in
  /// health even with two bits, near 0 for the codes of something else.
  public private(set) var following = 0.0
  /// The share of codes at the zero point beyond that which rounding puts there.
  public private(set) var emptiedShare = 0.0
  /// The share of codes that round-to-nearest on the stored grids gives, too.
  public private(set) var nearestShare = 0.0
  /// Groups that `scaleAgreement` was taken over; 0 where there are too few.
  public private(set) var scalesCompared = 0
  /// Whether columns fit the scales of other groups than their own.
  private(set) var misplacement = ColumnPlacement()

  /// Whether the codes are those of the base's weights at all.
  public var isRelated: Bool { following > 0.35 }

  /// Factors beyond which a scale is astray.
  static let scaleTolerances = [1.4, 2.8, 8]
  /// The correlation of weights and codes of a group above which its scale is judged.
  private static let followed = 0.7
  /// Units of the least subnormal below which a scale is coarse.
  private static let coarseUnits: Float = 64
  /// Elements of the original that are in memory at a time.
  private static let blockElements = 1 << 22

  init<Failure: Error>(
    _ linear: QuantizedLinear, settings: QuantizationConfigFile, layout: GroupLayout,
    original: (Range<Int>) throws(Failure) -> Matrix<Float>, norm: HessianNorm?,
    engine: any Engine
  ) throws(Failure) {
    let (rows, columns) = (linear.codes.rows, linear.codes.columns)
    var sums = Sums()
    var sample = ColumnSample(rows: rows)
    for row in sample.places { sample.append(row, try original(row..<row + 1)) }
    let drift = sample.drift(linear)
    let blockRows = max(16, Self.blockElements / max(columns, 1))
    for start in stride(from: 0, to: rows, by: blockRows) {
      let range = start..<min(start + blockRows, rows)
      let weight = try original(range)
      let part = BaseStatistics(
        weight: weight, first: start, codes: linear.codes, grids: linear.grids, bits: linear.bits,
        layout: layout, drift: drift)
      locateWraps(part, weight, start, linear, layout)
      sums.add(part, weight, start, linear)
      measureErrors(&sums, weight, start, linear, settings, norm, engine)
    }
    finish(sums, rows * columns)
    measureScales(sums, linear)
    misplacement = sample.place(
      linear, fitted: zip(sums.powers, sums.squares).map { ($0 / $1).squareRoot() }, engine: engine)
  }

  /// What is summed over blocks of rows.
  private struct Sums {
    var error = 0.0
    var power = 0.0
    var lost = 0.0
    var nearest = 0.0
    var output = 0.0
    var outputError = 0.0
    var nearestOutput = 0.0
    var hasOutput = false
    var bias = 0.0
    var onGrid = 0
    var clipped = 0
    var top = 0
    var reversed = 0
    var judged = 0
    var far = [Int](repeating: 0, count: BaseStatistics.farDistances.count)
    var powers: [Float] = []
    var products: [Float] = []
    var weights: [Double] = []
    var unconfirmed = 0
    var sampled = 0
    var atZero = 0
    var nearZero = 0
    var atNearest = 0
    var squares: [Float] = []
    var groupBias: [Float] = []
    var turned = 0
    var drift: [Double] = []

    mutating func add(
      _ part: BaseStatistics, _ weight: Matrix<Float>, _ start: Int, _ linear: QuantizedLinear
    ) {
      error += part.squaredError
      power += part.squaredWeight
      lost += part.wrappedSquaredError
      bias += part.biasSum
      onGrid += part.targetsOnGrid
      clipped += part.clipped
      top += part.topTargets
      reversed += part.reversed
      judged += part.judged
      for place in far.indices { far[place] += part.far[place] }
      powers += part.powers
      products += part.products
      weights += part.products.indices.map(part.weight)
      squares += part.squares
      groupBias += part.bias
      let groups = linear.grids.scales.columns
      for place in part.products.indices
      where linear.grids.scales.elements[start * groups + place] < 0 && part.products[place] >= 0 {
        unconfirmed += 1
      }
      turned += part.products.indices.count {
        part.isTurned($0, scale: linear.grids.scales.elements[start * groups + $0])
      }
      let columns = weight.columns
      let step = max(1, linear.codes.elements.count / 50_000)
      let first = start * columns
      var place = (first + step - 1) / step * step
      while place < first + weight.elements.count {
        let grid =
          place / columns * linear.grids.scales.columns + Int(linear.groupIndex[place % columns])
        let scale = linear.grids.scales.elements[grid]
        if scale != 0, scale.isFinite {
          let target =
            weight.elements[place - first] / scale + Float(linear.grids.zeros.elements[grid])
          let (code, zero) = (linear.codes.elements[place], linear.grids.zeros.elements[grid])
          drift.append(Double(Float(code) - target))
          let highest = Float(1 << linear.bits - 1)
          sampled += 1
          atZero += Int32(code) == zero ? 1 : 0
          nearZero += abs(target - Float(zero)) <= 0.5 ? 1 : 0
          atNearest += Float(code) == min(max(target.rounded(.toNearestOrEven), 0), highest) ? 1 : 0
        }
        place += step
      }
    }
  }

  private mutating func finish(_ sums: Sums, _ count: Int) {
    let power = max(sums.power, .leastNormalMagnitude)
    weightError = (sums.error / power).squareRoot()
    soundWeightError = (max(0, sums.error - sums.lost) / power).squareRoot()
    rtnWeightError = (sums.nearest / power).squareRoot()
    if sums.hasOutput {
      let output = max(sums.output, .leastNormalMagnitude)
      outputError = sums.outputError / output
      rtnOutputError = sums.nearestOutput / output
    }
    (topTargets, reversed) = (sums.top, sums.reversed)
    clipRate = Double(sums.clipped) / Double(max(count, 1))
    bias = sums.bias / Double(max(sums.onGrid, 1))
    groupBias = sums.groupBias
    turnedGroups = sums.turned
    unconfirmedSigns = sums.unconfirmed
    let sampled = Double(max(sums.sampled, 1))
    emptiedShare = Double(sums.atZero - sums.nearZero) / sampled
    nearestShare = Double(sums.atNearest) / sampled
    (judged, far) = (sums.judged, sums.far)
    drift = robustDeviation(sums.drift)
  }

  /// Errors of round-to-nearest, and those of outputs, which are sums over rows.
  private func measureErrors(
    _ sums: inout Sums, _ weight: Matrix<Float>, _ start: Int, _ linear: QuantizedLinear,
    _ settings: QuantizationConfigFile, _ norm: HessianNorm?, _ engine: any Engine
  ) {
    var config = QuantizeConfig()
    config.bits = linear.bits
    config.groupSize = settings.groupSize
    config.sym = linear.sym
    config.scalesDtype = linear.scalesDtype
    let rows = start..<start + weight.rows
    let weight = engine.upload(weight)
    let nearest = RoundToNearest.quantize(weight, config: config, engine: engine)
      .linear.dequantized()
    sums.nearest += engine.squaredDistance(weight, nearest)
    guard let norm else { return }
    let decoded = linear.rows(in: rows).dequantized(on: engine)
    sums.hasOutput = true
    sums.output += norm.squared(weight)
    sums.outputError += norm.squared(engine.subtract(decoded, from: weight))
    sums.nearestOutput += norm.squared(engine.subtract(nearest, from: weight))
  }

  /// Finds the codes that `part` counted as wrapped, and the bits that they carried.
  private mutating func locateWraps(
    _ part: BaseStatistics, _ weight: Matrix<Float>, _ start: Int, _ linear: QuantizedLinear,
    _ layout: GroupLayout
  ) {
    let (columns, groups) = (weight.columns, layout.groups)
    let jump = 0.75 * Float(1 << linear.bits)
    for place in part.wrapped.indices where part.wrapped[place] > 0 {
      let (row, group) = (place / groups, place % groups)
      let scale = linear.grids.scales[start + row, group]
      guard !part.isTurned(place, scale: scale) else { continue }

      let zero = Float(linear.grids.zeros[start + row, group])
      for position in layout.starts[group]..<layout.starts[group + 1] {
        let column = Int(layout.order[Int(position)])
        let target = weight[row, column] / scale + zero
        let code = Float(linear.codes[start + row, column])
        guard target >= jump - 1, code < jump / 3, target - code > jump else { continue }
        wrapped.append((start + row) * columns + column)
        if Self.hasCarry(linear, start + row, column + 1, weight.row(row)) { carries += 1 }
      }
    }
  }

  /// Whether the code at `column`, the one after a wrapped one, is nearer to its target without its
  /// lowest bit. `weight` is its row of the original.
  static func hasCarry(
    _ linear: QuantizedLinear, _ row: Int, _ column: Int, _ weight: ArraySlice<Float>
  ) -> Bool {
    // Three-bit words carry nothing over their ends either, but end elsewhere.
    let run = linear.bits == 3 ? 32 : 32 / linear.bits
    guard column < linear.codes.columns, column % run != 0 else { return false }
    let code = linear.codes[row, column]
    let group = Int(linear.groupIndex[column])
    let target =
      weight[weight.startIndex + column] / linear.grids.scales[row, group]
      + Float(linear.grids.zeros[row, group])
    return code & 1 == 1 && abs(Float(code) - 1 - target) < abs(Float(code) - target)
  }

  /// Regresses the weights of each group on the base's, those that round to nothing left out. GPTQ
  /// fits a group's scale to the weights that it has moved, which may be many times the base's, but
  /// what it moved them by knows nothing of the base's weights: the slope stays 1, while a scale that
  /// is off by a factor takes the slope with it.
  private mutating func measureScales(
    _ sums: Sums, _ linear: QuantizedLinear
  ) {
    let groups = linear.grids.scales.columns
    let coarse = linear.scalesDtype == .f16 ? Self.coarseUnits * 0x1p-24 : 0
    let coarseScales = linear.grids.scales.elements.count { $0 != 0 && abs($0) < coarse }
    hasCoarseScales = coarseScales * 1000 > linear.grids.scales.elements.count
    var logarithms: [(group: Int, stored: Double, fitted: Double)] = []
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
      logarithms.append((place % groups, log(stored), log(power / product)))
      let count = max(sums.weights[place] - 2, 0.5)
      errors.append(((1 / (correlation * correlation) - 1) / count).squareRoot())
    }
    following = median(correlations)
    fitsOtherType =
      median(
        logarithms.map {
          abs(log(linear.scalesDtype.readAsOther(Float(exp($0.stored)))) - $0.fitted)
        })
      < 0.15 && logarithms.count > 16
    scaleBias = median(logarithms.map { $0.fitted - $0.stored })
    measureStrays(logarithms, errors, groups: groups)
    compareScales(logarithms, groups: groups)
  }

  /// Groups off their column of the grids: how far healthy ones scatter there is its own matter, for
  /// columns of tiny weights are moved far to make up for others.
  private mutating func measureStrays(
    _ logarithms: [(group: Int, stored: Double, fitted: Double)], _ errors: [Double], groups: Int
  ) {
    var columns = [[(off: Double, error: Double)]](repeating: [], count: groups)
    for (one, error) in zip(logarithms, errors) {
      columns[one.group].append((one.fitted - one.stored, error))
    }
    var counts = Self.scaleTolerances.map { _ in (found: 0, expected: 0.0) }
    for column in columns {
      let center = median(column.map(\.off))
      let off = column.map { abs($0.off - center) }
      let deviation = max(trimmedDeviation(off), 1e-6)
      for (distance, one) in zip(off, column) {
        // A slope is as uncertain as codes that were moved far make it.
        let own = max(deviation, one.error)
        for (place, tolerance) in Self.scaleTolerances.enumerated() {
          if distance > log(tolerance) { counts[place].found += 1 }
          counts[place].expected += scaleTail(log(tolerance) / own)
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

  private mutating func compareScales(
    _ logarithms: [(group: Int, stored: Double, fitted: Double)], groups: Int
  ) {
    var sums = [(stored: Double, fitted: Double, count: Double)](
      repeating: (0, 0, 0), count: groups)
    for one in logarithms {
      sums[one.group].stored += one.stored
      sums[one.group].fitted += one.fitted
      sums[one.group].count += 1
    }
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for one in logarithms {
      let x = one.stored - sums[one.group].stored / sums[one.group].count
      let y = one.fitted - sums[one.group].fitted / sums[one.group].count
      xy += x * y
      xx += x * x
      yy += y * y
    }
    guard logarithms.count > groups + 16, xx > 0, yy > 0 else { return }
    scaleAgreement = xy / (xx * yy).squareRoot()
    scalesCompared = logarithms.count - groups
  }

  /// ln of the evidence that codes wrapped: more of them than drift with a heavy tail, and than the
  /// opposite error, would bring about.
  func overflowEvidence(bits: Int) -> Double {
    let jump = 0.75 * Double(1 << bits)
    let chance = Double(topTargets) * heavyTail(jump / max(drift, 1e-3)) + Double(reversed)
    return rareEventEvidence(count: wrapped.count, expected: chance)
  }

  /// ln of the evidence that codes were replaced by others: more of them far from their targets than
  /// t₅ of their column's deviation gives; and how many.
  var corruptionEvidence: (logBayesFactor: Double, codes: Int) {
    guard !hasCoarseScales else { return (0, 0) }
    var best = (logBayesFactor: 0.0, codes: 0)
    for (distance, count) in zip(BaseStatistics.farDistances, far) {
      let evidence =
        rareEventEvidence(count: count, expected: Double(judged) * scaleTail(distance))
        - log(Double(far.count))
      if evidence > best.logBayesFactor { best = (evidence, count) }
    }
    return best
  }

  /// ln of the evidence that part of the zero points are one off: more groups whose codes lean by
  /// about a step than the scatter of the others explains.
  var shiftedGroupEvidence: (logBayesFactor: Double, groups: Int) {
    let values = groupBias.map(Double.init)
    let center = median(values)
    let deviation = max(robustDeviation(values.map { $0 - center }), 0.02)
    let far = values.count { abs($0 - center) > 0.6 && abs($0) > 0.6 && abs($0) < 1.5 }
    let chance = Double(values.count) * heavyTail(0.6 / deviation)
    return (rareEventEvidence(count: far, expected: chance), far)
  }
}
