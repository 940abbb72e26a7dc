import Compute
import Foundation
import GPTQ
import Tensor

/// A quantized linear held against its original weight W, (out, in).
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
  /// Codes near the top whose targets are near the bottom: what chance, or another defect, does.
  public private(set) var reversed = 0
  /// Targets near the top.
  public private(set) var topTargets = 0
  /// The robust deviation of codes from their targets, in steps.
  public private(set) var drift = 0.0
  /// The mean of code − target, in steps, each held within ±3.
  public private(set) var bias = 0.0
  /// ln of the scale that fits codes and weights best, over the stored one: its median.
  public private(set) var scaleBias = 0.0
  /// Groups whose own ratio is off the median by more than a factor `scaleTolerance`.
  public private(set) var strayScales = 0
  /// How many of those the scatter of the rest would explain.
  public private(set) var expectedStrayScales = 0.0
  /// Over all groups, the correlation of the logarithms of stored and best-fitting scale, the means
  /// of the group's place in its row taken off: near 1 in health, 0 for the scales of other rows.
  public private(set) var scaleAgreement = 1.0
  /// Groups that it was taken over; 0 where there are too few.
  public private(set) var scalesCompared = 0
  /// Columns whose codes fit the scales of another group far better than those of theirs.
  public private(set) var misplacedColumns: [Int] = []
  /// ln of the likelihood ratio of the clearest of them.
  public private(set) var strongestMisplacement = 0.0

  /// ln of the factor beyond which a scale is astray.
  static let scaleTolerance = log(1.4)
  /// ln of the likelihood ratio beyond which a column is in the wrong group, before the number of
  /// groups is taken off.
  static let misplacedEvidence = log(1e6)

  init(
    _ linear: QuantizedLinear, settings: QuantizationConfigFile, weight: Matrix<Float>,
    norm: HessianNorm?, engine: any Engine
  ) {
    let decoded = linear.dequantized()
    measureErrors(linear, settings, weight, decoded, norm, engine)
    measureSteps(linear, weight)
    let lost = wrapped.reduce(into: 0.0) { sum, place in
      let error = Double(weight.elements[place]) - Double(decoded.elements[place])
      sum += error * error
    }
    let power = max(weight.squaredNorm, .leastNormalMagnitude)
    soundWeightError = max(0, weightError * weightError - lost / power).squareRoot()
    measureScales(linear, weight)
    measureColumns(linear, weight)
  }

  private mutating func measureErrors(
    _ linear: QuantizedLinear, _ settings: QuantizationConfigFile, _ weight: Matrix<Float>,
    _ decoded: Matrix<Float>, _ norm: HessianNorm?, _ engine: any Engine
  ) {
    var config = QuantizeConfig()
    config.bits = linear.bits
    config.groupSize = settings.groupSize
    config.sym = linear.sym
    config.scalesDtype = linear.scalesDtype
    let nearest = RoundToNearest.quantize(weight, config: config, engine: engine)
      .linear.dequantized()
    let power = max(weight.squaredNorm, .leastNormalMagnitude)
    weightError = (weight.squaredDistance(to: decoded) / power).squareRoot()
    rtnWeightError = (weight.squaredDistance(to: nearest) / power).squareRoot()
    guard let norm else { return }
    let output = max(norm.squared(weight, engine: engine), .leastNormalMagnitude)
    func error(_ other: Matrix<Float>) -> Double {
      var difference = weight
      for index in difference.elements.indices {
        difference.elements[index] -= other.elements[index]
      }
      return norm.squared(difference, engine: engine) / output
    }
    outputError = error(decoded)
    rtnOutputError = error(nearest)
  }

  private mutating func measureSteps(_ linear: QuantizedLinear, _ weight: Matrix<Float>) {
    let columns = weight.columns
    let groups = linear.grids.scales.columns
    let levels = Float(1 << linear.bits)
    let (low, high, jump) = (levels / 4, levels * 3 / 4, levels * 3 / 4)
    let stride = max(1, weight.elements.count / 50_000)
    var sample: [Double] = []
    var (sum, counted) = (0.0, 0)
    for row in 0..<weight.rows {
      for column in 0..<columns {
        let place = row * columns + column
        let grid = row * groups + Int(linear.groupIndex[column])
        let scale = linear.grids.scales.elements[grid]
        guard scale > 0, scale.isFinite else { continue }
        let target = weight.elements[place] / scale + Float(linear.grids.zeros.elements[grid])
        let code = Float(linear.codes.elements[place])
        if target >= high - 1 {
          topTargets += 1
          if code < low, target - code > jump { wrapped.append(place) }
        } else if target <= low, code >= high, code - target > jump {
          reversed += 1
        }
        if place % stride == 0 { sample.append(Double(code - target)) }
        if target >= 0, target <= levels - 1 {
          sum += Double(min(max(code - target, -3), 3))
          counted += 1
        }
      }
    }
    drift = robustDeviation(sample)
    bias = sum / Double(max(counted, 1))
  }

  private mutating func measureScales(_ linear: QuantizedLinear, _ weight: Matrix<Float>) {
    let columns = weight.columns
    let groups = linear.grids.scales.columns
    let skipped = Set(wrapped)
    var logarithms: [(group: Int, stored: Double, fitted: Double)] = []
    var products = [Float](repeating: 0, count: groups)
    var squares = [Float](repeating: 0, count: groups)
    for row in 0..<weight.rows {
      for group in 0..<groups { (products[group], squares[group]) = (0, 0) }
      for column in 0..<columns {
        let place = row * columns + column
        let group = Int(linear.groupIndex[column])
        if !skipped.isEmpty, skipped.contains(place) { continue }
        let steps = Float(
          Int32(linear.codes.elements[place]) - linear.grids.zeros[row, group])
        products[group] += weight.elements[place] * steps
        squares[group] += steps * steps
      }
      for group in 0..<groups {
        let stored = Double(linear.grids.scales[row, group])
        let fitted = Double(products[group] / squares[group])
        guard stored > 0, stored.isFinite, fitted.isFinite else { continue }
        logarithms.append((group, log(stored), log(max(fitted, stored * 1e-6))))
      }
    }
    let ratios = logarithms.map { $0.fitted - $0.stored }
    scaleBias = median(ratios)
    let off = ratios.map { $0 - scaleBias }
    strayScales = off.count { abs($0) > Self.scaleTolerance }
    let deviation = max(robustDeviation(off), 1e-6)
    expectedStrayScales = Double(ratios.count) * heavyTail(Self.scaleTolerance / deviation)
    compareScales(logarithms, groups: groups)
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

  /// For each column, how well its weights follow scale·(code − zero) down the rows with the scales
  /// of every group, a common factor left free: residuals R = Σw² − (Σwq)²/Σq², over some of the rows.
  /// The gain of the best group is judged as n/2 · ln(R of its own group / R of the best).
  private mutating func measureColumns(_ linear: QuantizedLinear, _ weight: Matrix<Float>) {
    let columns = weight.columns
    let groups = linear.grids.scales.columns
    guard groups > 1 else { return }
    let skipped = Set(wrapped)
    let rows = Array(stride(from: 0, to: weight.rows, by: max(1, weight.rows / 256)))
    for column in 0..<columns {
      var products = [Double](repeating: 0, count: groups)
      var squares = products
      var (power, informative) = (0.0, 0)
      for row in rows where skipped.isEmpty || !skipped.contains(row * columns + column) {
        let w = Double(weight[row, column])
        let code = Int32(linear.codes[row, column])
        power += w * w
        if code != linear.grids.zeros[row, Int(linear.groupIndex[column])] { informative += 1 }
        for group in 0..<groups {
          let steps = Double(code - linear.grids.zeros[row, group])
          let q = Double(linear.grids.scales[row, group]) * steps
          products[group] += w * q
          squares[group] += q * q
        }
      }
      guard informative >= 32 else { continue }
      let residuals = zip(products, squares).map { $1 > 0 ? power - $0 * $0 / $1 : power }
      let own = residuals[Int(linear.groupIndex[column])]
      guard let best = residuals.min(), own > 1.3 * best else { continue }
      let evidence =
        Double(informative) / 2 * log(own / max(best, power * 1e-12)) - log(Double(groups))
      guard evidence > Self.misplacedEvidence else { continue }
      misplacedColumns.append(column)
      strongestMisplacement = max(strongestMisplacement, evidence)
    }
  }

  /// ln of the evidence that codes wrapped: more of them than drift with a heavy tail, and than the
  /// opposite error, would bring about.
  func overflowEvidence(bits: Int) -> Double {
    let jump = 0.75 * Double(1 << bits)
    let chance = Double(topTargets) * heavyTail(jump / max(drift, 1e-3)) + Double(reversed)
    return rareEventEvidence(count: wrapped.count, expected: chance)
  }
}
