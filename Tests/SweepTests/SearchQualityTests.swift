import Foundation
import GPTQ
import Results
import Sweep
import Testing

/// `bayes` against `random` at the same number of trials: the tables of docs/sweeps.md.
/// `swift test -c release --disable-xctest --filter SearchQuality` prints them.
@Suite("Search quality")
struct SearchQualityTests {
  static let seeds = 0..<20

  /// Runs a search to its end and returns its trials with their losses.
  static func run(
    _ file: SweepFile, size: @escaping (TrialConfig) -> Double, loss: (TrialConfig) -> Double
  ) throws -> [SearchedTrial] {
    var seen: [SearchedTrial] = []
    for round in 0..<file.search.rounds {
      let configs = try file.search.trials(round: round, after: seen, size: size)
      #expect(Set(configs).isDisjoint(with: Set(seen.map(\.config))))
      seen += configs.map { SearchedTrial(config: $0, loss: loss($0)) }
    }
    return seen
  }

  static func file(_ method: String, _ parameters: String, budget: Int, seed: Int) throws
    -> SweepFile
  {
    try SearchTests.file(
      parameters, method: method, top: "run_cap: \(budget)",
      settings: "seed: {value: \(seed)}" + (method == "bayes" ? "\nbatch: {value: 6}" : ""))
  }

  /// f = (log₁₀ damp + 2.3)² + ((group_size − 96)/64)² + 0.3 [not desc_act] + 0.2 [static_groups]
  static func synthetic(_ config: TrialConfig) -> Double {
    let quantize = config.quantize
    let damp = log10(quantize.dampPercent) + 2.3
    let group = (Double(quantize.groupSize) - 96) / 64
    return damp * damp + group * group + (quantize.descAct ? 0 : 0.3)
      + (quantize.staticGroups ? 0.2 : 0)
  }

  @Test("bayes beats random on a synthetic function over 20 seeds")
  func syntheticFunction() throws {
    let space = """
      damp_percent: {distribution: log_uniform_values, min: 0.00001, max: 1}
      group_size: {distribution: q_uniform, min: 16, max: 256, q: 8}
      desc_act: {values: [true, false]}
      static_groups: {values: [true, false]}
      """
    for budget in [24, 48] {
      let results = try ["random", "bayes"].map { method in
        try Self.seeds.map { seed in
          let file = try Self.file(method, space, budget: budget, seed: seed)
          let trials = try Self.run(file, size: { _ in 4 }, loss: Self.synthetic)
          #expect(trials.count == budget)
          return trials.map(\.loss).min() ?? .infinity
        }
      }
      Self.report("synthetic", budget, results[0], results[1])
    }
  }

  @Test("bayes beats random on a grid of the demo model over 20 seeds")
  func demoGrid() throws {
    let grid = try DemoGrid()
    for budget in [24, 48] {
      let results = try ["random", "bayes"].map { method in
        try Self.seeds.map { seed in
          let file = try Self.file(method, grid.parameters, budget: budget, seed: seed)
          let trials = try Self.run(file, size: grid.size(of:), loss: grid.loss(of:))
          return grid.regret(trials)
        }
      }
      Self.report("demo grid", budget, results[0], results[1])
    }
  }

  /// Prints a row of the table and holds bayes to it: better in the mean, and in most seeds.
  static func report(_ name: String, _ budget: Int, _ random: [Double], _ bayes: [Double]) {
    let mean = { (values: [Double]) in values.reduce(0, +) / Double(values.count) }
    let wins = zip(random, bayes).count { $1 < $0 }
    let losses = zip(random, bayes).count { $1 > $0 }
    print(
      "| \(name) | \(budget) |",
      String(
        format: "%.4f | %.4f | %d : %d |", mean(random), mean(bayes), wins, losses))
    #expect(mean(bayes) < mean(random))
    #expect(wins > losses)
  }
}

/// A real sweep of the demo model, every trial of a grid, as (settings, bits_per_weight, loss).
struct DemoGrid {
  private var rows: [TrialConfig: (size: Double, loss: Double)] = [:]
  private(set) var parameters = ""

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/demo-grid", withExtension: "csv"))
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    let comments = lines.prefix { $0.hasPrefix("#") }
    parameters = comments.filter { $0.hasPrefix("#   ") }.map { String($0.dropFirst(4)) }
      .joined(separator: "\n")
    for line in lines.dropFirst(comments.count + 1) {
      let fields = line.split(separator: ",")
      var quantize = QuantizeConfig()
      quantize.bits = try #require(Int(fields[0]))
      quantize.groupSize = try #require(Int(fields[1]))
      quantize.sym = fields[2] == "true"
      quantize.descAct = fields[3] == "true"
      quantize.dampPercent = try #require(Double(fields[4]))
      rows[TrialConfig(quantize: quantize)] = (
        try #require(Double(fields[5])), try #require(Double(fields[6]))
      )
    }
  }

  func size(of config: TrialConfig) -> Double { rows[config]?.size ?? .nan }
  func loss(of config: TrialConfig) -> Double { rows[config]?.loss ?? .infinity }

  /// How much worse the best trial found is than the best there is, mean over sizes.
  func regret(_ trials: [SearchedTrial]) -> Double {
    let all = rows.map(\.value)
    let found = trials.compactMap { rows[$0.config] }
    let sizes = SizeGrouping.sizes(of: all.map(\.size))
    let regrets = sizes.map { size -> Double in
      let members = size.map { all[$0] }
      let low = members.map(\.size).min() ?? 0
      let high = members.map(\.size).max() ?? 0
      let best = members.map(\.loss).min() ?? .nan
      let worst = members.map(\.loss).max() ?? .nan
      let mine = found.filter { $0.size >= low && $0.size <= high }.map(\.loss).min() ?? worst
      return mine / best - 1
    }
    return regrets.reduce(0, +) / Double(regrets.count)
  }
}
