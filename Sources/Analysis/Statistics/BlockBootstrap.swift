import Basics
import Foundation

/// The interval of a mean over tokens by the block bootstrap: whole units, within which tokens hang
/// together, are drawn with replacement, and the means of the draws are sorted.
///
/// Percentiles alone are too narrow for few units, which scatter less than what they were drawn from:
/// their level is moved out to Φ(−√(n/(n−1))·t) of n units (Hesterberg 2015, "expanded percentile"; n
/// counts units of uneven size as `WindowedMean` does). No draw lies beyond the outermost unit, so that
/// fewer than about five units still promise too much.
public struct BlockBootstrap: Sendable {
  /// Draws of an interval: the ends move by 1 % of its width from seed to seed.
  public static let draws = 10_000

  /// The ends of the 95 % interval; nil of fewer than two units.
  public let interval: (low: Double, high: Double)?

  /// Takes the sum over each unit's tokens, and their number. The same input gives the same ends.
  public init(sums: [Double], tokens: [Double]) {
    let units = zip(sums, tokens).filter { $0.1 > 0 }
    guard units.count > 1, units.allSatisfy({ $0.0.isFinite }) else {
      interval = nil
      return
    }
    var random = SplitMix64(seed: 0)
    var means: [Double] = []
    means.reserveCapacity(Self.draws)
    for _ in 0..<Self.draws {
      var (sum, count) = (0.0, 0.0)
      for _ in units {
        let unit = units[Int(random.next() % UInt64(units.count))]
        sum += unit.0
        count += unit.1
      }
      means.append(sum / count)
    }
    means.sort()
    let freedom = WindowedMean(sums: sums, tokens: tokens).freedom
    let level = Self.level(freedom: freedom)
    interval = (quantile(level, of: means), quantile(1 - level, of: means))
  }

  /// The share of draws that lie below the lower end.
  private static func level(freedom: Double) -> Double {
    let reach = StudentT.reach(freedom: freedom) * ((freedom + 1) / freedom).squareRoot()
    return erfc(reach / 2.0.squareRoot()) / 2
  }
}
