import Basics

/// Who is to thank for the difference between two settings that differ in several factors?
///
/// A coalition is the set of factors that stand as in the suspect, the others as in the baseline;
/// its value is what the model so quantized scores. Shapley's value of a factor is what it adds,
/// averaged over all orders of going from the baseline to the suspect (Shapley 1953); the values sum
/// up to the whole difference. They are linear in the coalitions' scores, so that a factor's value is
/// given as coefficients, and its standard error follows from the paired scores (`LinearContrast`).
public struct ShapleyGame: Sendable {
  /// A set of factors, factor i at bit i.
  public typealias Coalition = UInt64

  /// Up to so many factors every coalition is played: 2⁶ = 64.
  public static let exactLimit = 6

  /// The number of factors.
  public let players: Int
  /// Whether every coalition is played; otherwise orders are sampled.
  public let isExact: Bool
  /// The orders that were drawn, in pairs of an order and its reverse; empty where it is exact.
  public let orders: [[Int]]
  /// Every coalition whose score is needed, ascending: nobody first, all last.
  public let coalitions: [Coalition]

  /// A game of `players` factors, at most 63. Beyond `exactLimit`, `orders` orders are drawn.
  public init(players: Int, orders wanted: Int = 12, seed: UInt64 = 0) {
    precondition((0..<64).contains(players), "a coalition is a word of 64 bits")
    self.players = players
    isExact = players <= Self.exactLimit
    var needed: Set<Coalition> = []
    var drawn: [[Int]] = []
    if isExact {
      needed = Set(0..<(Coalition(1) << Coalition(players)))
    } else {
      var random = SplitMix64(seed: seed)
      for _ in 0..<max(1, wanted / 2) {
        let order = Array(0..<players).shuffled(using: &random)
        drawn += [order, order.reversed()]
      }
      for order in drawn { needed.formUnion(Self.steps(order)) }
      needed.formUnion(Self.corners(players))
    }
    orders = drawn
    coalitions = needed.sorted()
  }

  /// Everybody.
  public var all: Coalition { (Coalition(1) << Coalition(players)) - 1 }

  /// The coalitions of one factor, of all but one, of none and of all: enough to see how much a
  /// factor's part moves from draw to draw.
  public var corners: [Coalition] { Self.corners(players).sorted() }

  /// Shapley's value of a factor, as coefficients of the coalitions' scores.
  public func coefficients(of player: Int) -> [(coalition: Coalition, coefficient: Double)] {
    var sums: [Coalition: Double] = [:]
    let bit = Coalition(1) << Coalition(player)
    if isExact {
      for without in coalitions where without & bit == 0 {
        let weight = Self.weight(size: without.nonzeroBitCount, of: players)
        sums[without | bit, default: 0] += weight
        sums[without, default: 0] -= weight
      }
    } else {
      for order in orders {
        let before = Self.before(player, in: order)
        sums[before | bit, default: 0] += 1 / Double(orders.count)
        sums[before, default: 0] -= 1 / Double(orders.count)
      }
    }
    return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Half of what the factor adds as the first and half of what it adds as the last one: a stand-in
  /// for its value that needs `corners` only.
  public func cornerCoefficients(
    of player: Int
  ) -> [(coalition: Coalition, coefficient: Double)] {
    let bit = Coalition(1) << Coalition(player)
    return [(0, -0.5), (bit, 0.5), (all & ~bit, -0.5), (all, 0.5)]
  }

  /// Shapley's interaction index of two factors (Grabisch and Roubens 1999): what both together add
  /// beyond what each adds alone, averaged over the company they may be in. Nil where orders were
  /// sampled.
  public func interaction(
    _ first: Int, _ second: Int
  ) -> [(coalition: Coalition, coefficient: Double)]? {
    guard isExact, first != second, players >= 2 else { return nil }
    let (a, b) = (Coalition(1) << Coalition(first), Coalition(1) << Coalition(second))
    var sums: [Coalition: Double] = [:]
    for without in coalitions where without & (a | b) == 0 {
      let weight = Self.weight(size: without.nonzeroBitCount, of: players - 1)
      sums[without | a | b, default: 0] += weight
      sums[without | a, default: 0] -= weight
      sums[without | b, default: 0] -= weight
      sums[without, default: 0] += weight
    }
    return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The standard error that sampling orders adds to a factor's value, an order and its reverse
  /// being one draw; 0 where it is exact.
  public func samplingStderr(of player: Int, value: (Coalition) -> Double) -> Double {
    guard !isExact, orders.count >= 4 else { return 0 }
    let bit = Coalition(1) << Coalition(player)
    let parts = stride(from: 0, to: orders.count, by: 2).map { pair -> Double in
      orders[pair..<pair + 2].reduce(0) { sum, order in
        let before = Self.before(player, in: order)
        return sum + (value(before | bit) - value(before)) / 2
      }
    }
    let mean = parts.reduce(0, +) / Double(parts.count)
    let squares = parts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(parts.count - 1) / Double(parts.count)).squareRoot()
  }

  /// s!·(n − s − 1)!/n! for a coalition of s of the n − 1 other factors.
  private static func weight(size: Int, of players: Int) -> Double {
    var weight = 1 / Double(players)
    for index in 0..<size { weight *= Double(index + 1) / Double(players - 1 - index) }
    return weight
  }

  private static func steps(_ order: [Int]) -> [Coalition] {
    order.reduce(into: [0]) { steps, player in
      steps.append(steps[steps.count - 1] | Coalition(1) << Coalition(player))
    }
  }

  private static func before(_ player: Int, in order: [Int]) -> Coalition {
    order.prefix { $0 != player }.reduce(0) { $0 | Coalition(1) << Coalition($1) }
  }

  private static func corners(_ players: Int) -> Set<Coalition> {
    let all = (Coalition(1) << Coalition(players)) - 1
    let single = (0..<players).map { Coalition(1) << Coalition($0) }
    return Set([0, all] + single + single.map { all & ~$0 })
  }
}
