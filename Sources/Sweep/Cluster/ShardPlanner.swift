import Basics
import Foundation
import GPTQ
import Model
import Results

/// Cuts the trials of a sweep into parts of about the same work.
///
/// The largest trial goes first, each to the part that is the least with it. What trials share costs
/// nothing more in a part that has it, so that trials of one damp and column order, and of one grid,
/// find each other. Then single trials change places, or two are exchanged, as long as the largest part
/// gets smaller. This is done with the trials that need the base's calibration tokens kept to so many of
/// the parts; the plan whose largest part is smallest is taken, and among equals the one with the least
/// work in all.
public struct ShardPlanner {
  /// One part.
  public struct Part: Sendable, Equatable {
    /// The numbers of its trials.
    public var trials: [Int]
    /// Floating-point operations of a pass over them.
    public var operations: Double
  }

  private let rates: ShardCost.Rates
  private let items: [ShardCost.Item]

  /// A planner of `trials` on a model of `config`, with calibration windows and domains of these numbers
  /// of tokens.
  public init(
    _ trials: [TrialResult], on config: ModelConfig, calibration windows: [Int],
    evaluation domains: [[Int]]
  ) {
    let rates = ShardCost.Rates(config, calibration: windows, evaluation: domains)
    self.rates = rates
    items = trials.map {
      ShardCost.Item($0, config, calibration: windows, evaluation: domains, rates: rates)
    }.sorted { ($1.own, $0.number) < ($0.own, $1.number) }
  }

  /// Plans whose largest parts differ by less than this are as fast: estimates are no better.
  private static let tolerance = 0.03

  /// `count` parts, or as many as there are trials: by number of their first trial.
  public func parts(_ count: Int) -> [Part] {
    let count = min(max(1, count), items.count)
    let sharers = items.count(where: \.usesBase)
    // Without others beside them there is nothing to keep them to.
    let isMixed = sharers > 0 && sharers < items.count
    var widths = [count]
    if isMixed {
      var width = 1
      while width < min(count, sharers) {
        widths.append(width)
        width += max(1, width / 4)
      }
    }
    let plans = widths.map { bins(count, sharersIn: $0) }
    let peak = { (bins: [Bin]) in bins.reduce(0) { max($0, $1.cost.total) } }
    let work = { (bins: [Bin]) in bins.reduce(0) { $0 + $1.cost.total } }
    let limit = (plans.map(peak).min() ?? 0) * (1 + Self.tolerance)
    let best = plans.filter { peak($0) <= limit }.min { work($0) < work($1) }
    return (best ?? []).filter { !$0.items.isEmpty }.map { bin in
      Part(trials: bin.items.map(\.number).sorted(), operations: bin.cost.total)
    }.sorted { ($0.trials.first ?? 0) < ($1.trials.first ?? 0) }
  }

  /// `count` parts, of which the first `width` may have trials that need the base's calibration tokens.
  private func bins(_ count: Int, sharersIn width: Int) -> [Bin] {
    var bins = (0..<count).map { Bin(rates, takesSharers: $0 < width) }
    let order = width < count ? items.filter(\.usesBase) + items.filter { !$0.usesBase } : items
    for (index, item) in order.enumerated() {
      let open = bins.indices.filter { bins[$0].takes(item) }
      // Nobody stays without a trial.
      let empty = open.filter { bins[$0].items.isEmpty }
      let choices = empty.count >= order.count - index ? empty : open
      let least = choices.min {
        (bins[$0].cost.adding(item).total, $0) < (bins[$1].cost.adding(item).total, $1)
      }
      if let least { bins[least].add(item) }
    }
    // Each step makes the largest part smaller; the limit only bounds the time of planning.
    var steps = 0
    while steps < 200, improve(&bins) { steps += 1 }
    return bins
  }

  /// Takes work off the largest part, by the move or exchange after which the larger of both parts is
  /// smallest; whether there was one.
  private func improve(_ bins: inout [Bin]) -> Bool {
    guard let largest = bins.indices.max(by: { bins[$0].cost.total < bins[$1].cost.total }) else {
      return false
    }
    var best: (peak: Double, from: Int, to: Int, back: Int?)?
    func consider(_ peak: Double, _ from: Int, _ to: Int, _ back: Int?) {
      if peak < best?.peak ?? .infinity { best = (peak, from, to, back) }
    }
    for (from, item) in bins[largest].items.enumerated() where bins[largest].items.count > 1 {
      let rest = bins[largest].cost.removing(item)
      for to in bins.indices where to != largest && bins[to].takes(item) {
        let grown = bins[to].cost.adding(item)
        consider(max(rest.total, grown.total), from, to, nil)
        for (back, other) in bins[to].items.enumerated()
        where other.own < item.own && bins[largest].takes(other) {
          let peak = max(rest.adding(other).total, grown.removing(other).total)
          consider(peak, from, to, back)
        }
      }
    }
    // Rounding must not make it go round in a circle.
    guard let best, best.peak < bins[largest].cost.total * (1 - 1e-9) else { return false }
    let item = bins[largest].remove(best.from)
    if let back = best.back { bins[largest].add(bins[best.to].remove(back)) }
    bins[best.to].add(item)
    return true
  }

  /// A part that is being filled.
  private struct Bin {
    var items: [ShardCost.Item] = []
    var cost: ShardCost

    private let takesSharers: Bool

    init(_ rates: ShardCost.Rates, takesSharers: Bool) {
      cost = ShardCost(rates)
      self.takesSharers = takesSharers
    }

    /// Whether `item` may be in it.
    func takes(_ item: ShardCost.Item) -> Bool { takesSharers || !item.usesBase }

    mutating func add(_ item: ShardCost.Item) {
      items.append(item)
      cost = cost.adding(item)
    }

    mutating func remove(_ index: Int) -> ShardCost.Item {
      let item = items.remove(at: index)
      cost = cost.removing(item)
      return item
    }
  }
}
