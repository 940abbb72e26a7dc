import Foundation
import GPTQ

/// The traces that wrapped codes leave in the codes alone, and how much they speak for an overflow.
///
/// A code that wraps turns the top of its group into 0 and sets the lowest bit of the next code in
/// its word. So (1) symmetric groups end at the bottom more often than at the top, and the more so the coarser
/// the group's scale is rounded; (2) the code after a 0 is odd more often than the one before.
struct WrapCounts: Sendable {
  /// Groups of one risk class.
  struct Bin: Sendable {
    /// Σ of their risk.
    var risk = 0.0
    /// Groups that reach farther up than down.
    var top = 0
    /// Groups that reach farther down than up.
    var bottom = 0
    /// Wraps that AutoGPTQ's packer would have left, a group that was counted.
    var meanRisk: Double { min(risk / Double(max(top + bottom, 1)), 0.96) }
  }

  private(set) var bins = [Bin](repeating: Bin(), count: 16)
  /// Groups that could have wrapped at all.
  private(set) var groupsAtRisk = 0
  /// Wraps that AutoGPTQ's packer would have left among them.
  private(set) var expectedWraps = 0.0
  /// Codes 0 of those groups.
  private(set) var zeroCodes = 0
  /// Those of them with a next code in their word.
  private(set) var followed = 0
  /// Those whose next code is odd.
  private(set) var followedByOdd = 0
  /// Codes before those zeros, and odd ones among them: what parity is like there without a carry.
  private(set) var preceded = 0
  private(set) var precededByOdd = 0

  /// How far healthy modules may lean to one end: the standard deviation of the share of tops.
  static let leaning = 0.03
  /// Shares of the natural overflow that are tried.
  private static let severities = [1, 0.5, 0.25, 0.125, 0.0625]

  init(_ linear: QuantizedLinear, _ codes: GroupCodes) {
    let maxCode = 1 << linear.bits - 1
    var counted = [Bool](repeating: false, count: codes.low.count)
    for place in codes.low.indices where codes.sizes[place % codes.groups] > 1 {
      // Where all other codes sit on the zero point, its parity is theirs.
      guard codes.spread[place] >= 1.5 else { continue }
      let risk = WrapRisk.probability(
        scale: linear.grids.scales.elements[place], zero: linear.grids.zeros.elements[place],
        maxCode: maxCode, storedAs: linear.scalesDtype)
      guard risk > 0 else { continue }
      groupsAtRisk += 1
      counted[place] = true
      let zero = Int(linear.grids.zeros.elements[place])
      let above = Int(codes.high[place]) - zero
      // The lowest code is one step farther from the middle than the highest.
      let below = min(zero - Int(codes.low[place]), maxCode - zero)
      if linear.sym {
        // Near ties say nothing: rounding the scale moves the upper end by a step, and not the lower.
        guard abs(above - below) > 1 else { continue }
        expectedWraps += risk / 2
        let bin = min(Int(risk * 32), bins.count - 1)
        bins[bin].risk += risk
        if above > below { bins[bin].top += 1 } else { bins[bin].bottom += 1 }
      } else if codes.low[place] <= 1 || codes.high[place] >= UInt8(maxCode - 1) {
        expectedWraps += risk
      }
    }
    if groupsAtRisk > 0 { countNeighbours(linear, counted) }
  }

  private mutating func countNeighbours(_ linear: QuantizedLinear, _ counted: [Bool]) {
    let perWord = linear.bits == 3 ? 32 : 32 / linear.bits
    let (rows, columns) = (linear.codes.rows, linear.codes.columns)
    let groups = linear.grids.scales.columns
    for row in 0..<rows {
      for column in 0..<columns where linear.codes.elements[row * columns + column] == 0 {
        guard counted[row * groups + Int(linear.groupIndex[column])] else { continue }
        zeroCodes += 1
        if column > 0 {
          preceded += 1
          precededByOdd += Int(linear.codes.elements[row * columns + column - 1] & 1)
        }
        guard (column + 1) % perWord != 0, column + 1 < columns else { continue }
        followed += 1
        followedByOdd += Int(linear.codes.elements[row * columns + column + 1] & 1)
      }
    }
  }

  /// ln of the Bayes factor for an overflow of unknown severity.
  var logBayesFactor: Double {
    guard expectedWraps > 0 else { return 0 }
    let healthy = endsLikelihood(severity: 0)
    return logMean(
      Self.severities.map {
        endsLikelihood(severity: $0) - healthy + neighbourEvidence(severity: $0)
      })
  }

  /// ln P(tops and bottoms | severity), with the module's own leaning α ~ N(0, `leaning`²)
  /// integrated out by Laplace's method: P(top) = ½(1 − severity·risk) + α.
  private func endsLikelihood(severity: Double) -> Double {
    let bins = bins.filter { $0.top + $0.bottom > 0 }
    func probability(_ bin: Bin, _ leaning: Double) -> Double {
      min(max(0.5 * (1 - severity * bin.meanRisk) + leaning, 1e-6), 1 - 1e-6)
    }
    func posterior(_ leaning: Double) -> Double {
      bins.reduce(-0.5 * leaning * leaning / (Self.leaning * Self.leaning)) { sum, bin in
        let p = probability(bin, leaning)
        return sum + Double(bin.top) * log(p) + Double(bin.bottom) * log(1 - p)
      }
    }
    // The posterior is concave in α.
    var (low, high) = (-0.5, 0.5)
    for _ in 0..<60 {
      let third = (high - low) / 3
      if posterior(low + third) < posterior(high - third) { low += third } else { high -= third }
    }
    let mode = (low + high) / 2
    let information = bins.reduce(0.0) { sum, bin in
      let p = probability(bin, mode)
      return sum + Double(bin.top) / (p * p) + Double(bin.bottom) / ((1 - p) * (1 - p))
    }
    return posterior(mode) - 0.5 * log(1 + Self.leaning * Self.leaning * information)
  }

  /// ln of the Bayes factor of the parities behind the zeros, against those before them, which have
  /// the same neighbourhood and no carry; the share of odd codes there is integrated out.
  private func neighbourEvidence(severity: Double) -> Double {
    guard followed > 0 else { return 0 }
    let wrapped = min(severity * expectedWraps / Double(max(zeroCodes, 1)), 0.95)
    func marginal(_ wrapped: Double) -> Double {
      logMean(
        (1..<Self.shares).map { step in
          let share = Double(step) / Double(Self.shares)
          let odd = share * (1 - wrapped) + wrapped
          return Double(precededByOdd) * log(share)
            + Double(preceded - precededByOdd) * log(1 - share)
            + Double(followedByOdd) * log(odd)
            + Double(followed - followedByOdd) * log(1 - odd)
        })
    }
    return marginal(wrapped) - marginal(0)
  }

  /// Steps of the share of odd codes.
  private static let shares = 200
}
