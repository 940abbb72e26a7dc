/// Which option each item takes, so that the sum of the damages is least within a size for all
/// together: the multiple-choice knapsack problem.
///
/// On the lower convex hull of an item's options the next larger one is worth less a bit than the one
/// before. Taking the worthiest steps of all items in turn solves the problem in which the last step may
/// be taken in part, whose damage is a bound of the true one (Sinha and Zoltners 1979); without that
/// part the choice is worse than the bound by less than the damage that the one step takes off. What
/// room is left then goes to any option that fits.
public struct ChoiceKnapsack: Sendable {
  /// A choice that an item has.
  public struct Option: Sendable, Equatable {
    /// What it takes, in whatever unit the budget has.
    public var size: Int
    /// What it costs.
    public var damage: Double

    /// An option.
    public init(size: Int, damage: Double) {
      self.size = size
      self.damage = damage
    }
  }

  /// A choice for every item.
  public struct Solution: Sendable, Equatable {
    /// The option of each item: an index into its options.
    public var choices: [Int]
    /// The sizes together.
    public var size: Int
    /// The damages together.
    public var damage: Double
    /// No choice within the budget has less damage.
    public var bound: Double
  }

  /// The options of each item.
  public let items: [[Option]]

  /// A problem; every item has an option.
  public init(_ items: [[Option]]) {
    self.items = items
  }

  /// The least that any choice takes.
  public var leastSize: Int {
    items.reduce(0) { sum, options in
      sum + (Self.hull(options).first.map { options[$0].size } ?? 0)
    }
  }

  /// A choice within `budget`; nil where none is small enough.
  public func solve(within budget: Int) -> Solution? {
    let hulls = items.map(Self.hull)
    guard hulls.allSatisfy({ !$0.isEmpty }), leastSize <= budget else { return nil }
    var choices = hulls.map { $0[0] }
    var solution = solution(of: choices)
    var bound: Double?
    for step in steps(hulls) {
      if solution.size + step.size > budget {
        let share = Double(budget - solution.size) / Double(step.size)
        // Only the first step that does not fit bounds; smaller ones after it may still fit.
        bound = bound ?? solution.damage - share * step.gain
        continue
      }
      // An item whose step did not fit has no later steps: they come from where it did not get.
      guard choices[step.item] == step.from else { continue }
      choices[step.item] = step.to
      solution.size += step.size
      solution.damage -= step.gain
    }
    fill(&choices, upTo: budget)
    solution = self.solution(of: choices)
    // What rounding left below its own bound is the bound.
    solution.bound = min(bound ?? solution.damage, solution.damage)
    return solution
  }

  private struct Step {
    let item: Int
    let from: Int
    let to: Int
    let size: Int
    let gain: Double
  }

  /// The steps along all hulls, the one that takes off the most a unit of size first.
  private func steps(_ hulls: [[Int]]) -> [Step] {
    var steps: [Step] = []
    for (item, hull) in hulls.enumerated() {
      for (from, to) in zip(hull, hull.dropFirst()) {
        let (less, more) = (items[item][from], items[item][to])
        steps.append(
          Step(
            item: item, from: from, to: to, size: more.size - less.size,
            gain: less.damage - more.damage))
      }
    }
    // A stable order keeps the steps of an item as its hull has them.
    return steps.enumerated().sorted { one, other in
      let (first, second) = (
        one.element.gain / Double(one.element.size), other.element.gain / Double(other.element.size)
      )
      return first == second ? one.offset < other.offset : first > second
    }.map(\.element)
  }

  /// Gives the room that is left to options that take off the most, one after another.
  private func fill(_ choices: inout [Int], upTo budget: Int) {
    var room = budget - solution(of: choices).size
    while true {
      var best: (item: Int, option: Int, gain: Double)?
      for (item, options) in items.enumerated() {
        let now = options[choices[item]]
        for (index, option) in options.enumerated() where option.size - now.size <= room {
          let gain = now.damage - option.damage
          if gain > (best?.gain ?? 0) { best = (item, index, gain) }
        }
      }
      guard let best else { return }
      room -= items[best.item][best.option].size - items[best.item][choices[best.item]].size
      choices[best.item] = best.option
    }
  }

  private func solution(of choices: [Int]) -> Solution {
    var solution = Solution(choices: choices, size: 0, damage: 0, bound: 0)
    for (item, choice) in choices.enumerated() {
      solution.size += items[item][choice].size
      solution.damage += items[item][choice].damage
    }
    return solution
  }

  /// The options on the lower convex hull of damage over size, smallest first: each takes off less a
  /// unit of size than the one before.
  private static func hull(_ options: [Option]) -> [Int] {
    let order = options.indices.filter { !options[$0].damage.isNaN }.sorted {
      (options[$0].size, options[$0].damage, $0) < (options[$1].size, options[$1].damage, $1)
    }
    var hull: [Int] = []
    for index in order {
      guard let last = hull.last else {
        hull.append(index)
        continue
      }
      // Larger without being better is no choice.
      guard options[index].damage < options[last].damage else { continue }
      while hull.count > 1,
        slope(options[hull[hull.count - 2]], options[hull[hull.count - 1]])
          <= slope(options[hull[hull.count - 2]], options[index])
      {
        hull.removeLast()
      }
      hull.append(index)
    }
    return hull
  }

  /// Damage taken off a unit of size.
  private static func slope(_ less: Option, _ more: Option) -> Double {
    (less.damage - more.damage) / Double(more.size - less.size)
  }
}
