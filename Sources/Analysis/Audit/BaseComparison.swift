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
  var hasCoarseScales = false
  /// ln of the scale at which weights regress on the base's with slope 1, Σw²/Σw(code − zero), over
  /// the stored one: its median.
  public internal(set) var scaleBias = 0.0
  /// Groups whose own ratio is off the median of their column of the grids, by a factor that the rest
  /// does not explain.
  public internal(set) var strayScales = 0
  /// ln of the Bayes factor of these groups.
  var strayEvidence = 0.0
  /// Over all groups, the correlation of the logarithms of stored and fitting scale, the means
  /// of the group's place in its row taken off: near 1 in health, 0 for the scales of other rows.
  public internal(set) var scaleAgreement = 1.0
  /// Groups whose codes run against their weights: the scale's sign is not that of the quantizer.
  public private(set) var turnedGroups = 0
  /// Whether the scales fit once their bits are read as the other type of 16 bits.
  public internal(set) var fitsOtherType = false
  /// Groups with a negative scale whose codes do not go with it.
  public private(set) var unconfirmedSigns = 0
  /// The median correlation of weights and codes within groups, whichever its sign: above 0.6 in
  /// health even with two bits, near 0 for the codes of something else.
  public internal(set) var following = 0.0
  /// The share of codes at the zero point beyond that which rounding puts there.
  public private(set) var emptiedShare = 0.0
  /// The share of codes that round-to-nearest on the stored grids gives, too.
  public private(set) var nearestShare = 0.0
  /// Groups that `scaleAgreement` was taken over; 0 where there are too few.
  public internal(set) var scalesCompared = 0
  /// Whether columns fit the scales of other groups than their own.
  private(set) var misplacement = ColumnPlacement()

  /// Whether the codes are those of the base's weights at all.
  public var isRelated: Bool { following > 0.35 }

  /// Whether they are that from farther than rounding explains: as experts of a layer may resemble each
  /// other, they may be those of another tensor.
  var isDistant: Bool { soundWeightError > 1.5 * rtnWeightError && soundWeightError > 0.05 }

  /// Rows of a linear that are rounded to the nearest, about.
  private static let nearestRows = 256
  /// Elements of the original that are in memory at a time.
  private static let blockElements = 1 << 22

  init<Failure: Error>(
    _ linear: QuantizedLinear, settings: QuantizationConfigFile, layout: GroupLayout,
    original: (Range<Int>) throws(Failure) -> Matrix<Float>, norm: HessianNorm?,
    engine: any Engine
  ) throws(Failure) {
    let (rows, columns) = (linear.codes.rows, linear.codes.columns)
    var sums = BaseSums()
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

  private mutating func finish(_ sums: BaseSums, _ count: Int) {
    let power = max(sums.power, .leastNormalMagnitude)
    weightError = (sums.error / power).squareRoot()
    soundWeightError = (max(0, sums.error - sums.lost) / power).squareRoot()
    rtnWeightError = (sums.nearest / max(sums.nearestPower, .leastNormalMagnitude)).squareRoot()
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
    _ sums: inout BaseSums, _ weight: Matrix<Float>, _ start: Int, _ linear: QuantizedLinear,
    _ settings: QuantizationConfigFile, _ norm: HessianNorm?, _ engine: any Engine
  ) {
    var config = QuantizeConfig()
    config.bits = linear.bits
    config.groupSize = settings.groupSize
    config.sym = linear.sym
    config.scalesDtype = linear.scalesDtype
    let rows = start..<start + weight.rows
    // What rounding costs, some of the rows tell as well as all of them.
    let step = norm == nil ? max(1, linear.codes.rows / Self.nearestRows) : 1
    let some =
      step == 1
      ? weight : weight.selectingRows(Array(stride(from: 0, to: weight.rows, by: step)))
    let weight = engine.upload(some)
    let nearest = RoundToNearest.quantize(weight, config: config, engine: engine)
      .linear.dequantized()
    sums.nearest += engine.squaredDistance(weight, nearest)
    sums.nearestPower += some.elements.reduce(0) { $0 + Double($1) * Double($1) }
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
}
