import Analysis
import Basics
import Testing

@Suite("The multiple-choice knapsack")
struct ChoiceKnapsackTests {
  typealias Option = ChoiceKnapsack.Option

  /// Every choice of all items, tried.
  private func best(_ items: [[Option]], _ budget: Int) -> Double? {
    var sums: [(size: Int, damage: Double)] = [(0, 0)]
    for options in items {
      sums = sums.flatMap { sum in
        options.map { (sum.size + $0.size, sum.damage + $0.damage) }
      }
    }
    return sums.filter { $0.size <= budget }.map(\.damage).min()
  }

  @Test("the choice fits, its bound holds, and it is within one step of the best there is")
  func againstAll() throws {
    var random = SplitMix64(seed: 7)
    for _ in 0..<300 {
      let items = (0..<Int.random(in: 1...6, using: &random)).map { _ in
        (0..<Int.random(in: 1...4, using: &random)).map { _ in
          Option(
            size: Int.random(in: 1...20, using: &random),
            damage: Double(Int.random(in: 0...100, using: &random)))
        }
      }
      let knapsack = ChoiceKnapsack(items)
      for budget in stride(from: 0, through: 80, by: 7) {
        let solution = knapsack.solve(within: budget)
        guard let best = best(items, budget) else {
          #expect(solution == nil)
          continue
        }
        let found = try #require(solution)
        #expect(found.size <= budget)
        let sums = zip(items, found.choices).reduce(into: (0, 0.0)) {
          $0.0 += $1.0[$1.1].size
          $0.1 += $1.0[$1.1].damage
        }
        #expect(sums.0 == found.size && abs(sums.1 - found.damage) < 1e-9)
        #expect(found.bound <= best + 1e-9 && best <= found.damage + 1e-9)
        let largestStep =
          items.map { options in
            (options.map(\.damage).max() ?? 0) - (options.map(\.damage).min() ?? 0)
          }.max() ?? 0
        #expect(found.damage - found.bound <= largestStep + 1e-9)
      }
    }
  }

  @Test("bits go where they take off the most, and what room is left is used")
  func example() throws {
    // Doubling the first item takes off 9 for 4, the second 2 for 4, the third 1 for 1.
    let knapsack = ChoiceKnapsack([
      [Option(size: 4, damage: 10), Option(size: 8, damage: 1)],
      [Option(size: 4, damage: 3), Option(size: 8, damage: 1)],
      [Option(size: 4, damage: 2), Option(size: 5, damage: 1)],
    ])
    #expect(knapsack.leastSize == 12)
    #expect(knapsack.solve(within: 11) == nil)
    #expect(knapsack.solve(within: 12)?.choices == [0, 0, 0])
    #expect(knapsack.solve(within: 15)?.choices == [0, 0, 1])
    #expect(knapsack.solve(within: 16)?.choices == [1, 0, 0])
    let all = try #require(knapsack.solve(within: 100))
    #expect(all.choices == [1, 1, 1] && all.damage == 3 && all.bound == 3)
  }

  @Test("an option without a number is never chosen")
  func notANumber() {
    let knapsack = ChoiceKnapsack([
      [Option(size: 1, damage: .nan), Option(size: 2, damage: 5)]
    ])
    #expect(knapsack.leastSize == 2)
    #expect(knapsack.solve(within: 9)?.choices == [1])
    #expect(ChoiceKnapsack([[Option(size: 1, damage: .nan)]]).solve(within: 9) == nil)
  }
}
