import Basics
import Codecs
import GPTQ

/// How much of a size's spread of the metric one setting explains alone: its main effect's share of
/// the variance, the first-order term of a functional ANOVA (Hutter, Hoos, Leyton-Brown, ICML 2014)
/// taken from the trials themselves instead of a forest.
public struct ParameterImportance: Sendable, Equatable {
  /// The setting.
  public var setting: TrialSetting
  /// The size, bits per weight.
  public var bitsPerWeight: ClosedRange<Double>
  /// Trials of that size.
  public var trials: Int
  /// Σ_v n_v (ȳ_v − ȳ)² / Σ_i (y_i − ȳ)² over the setting's values v. In a full grid the shares of
  /// all settings add up to at most 1, and the rest is interaction; elsewhere they may overlap.
  public var share: Double
  /// The 95th percentile of the share when the metric is dealt out to the trials at random: what a
  /// setting without any effect would reach by chance.
  public var noise: Double
  /// The value of the lowest mean loss.
  public var best: JSONValue
  /// Whether trials of the size that differ in nothing but this setting differ beyond noise: the
  /// rule, and the trials, of the report's findings. Where no two differ in it alone, whether the share
  /// is more than chance gives.
  public var isBeyondNoise: Bool

  /// Random deals.
  static let permutations = 1000
  /// Settings of more values than this are cut into as many groups of equal size.
  static let groups = 5

  /// The importances of those `settings` that vary within a size of `trials`, by size, the largest
  /// share first; `loss` is what a trial scored, lower is better.
  public static func all(
    of trials: [TrialResult], settings: [TrialSetting], in standings: Standings, seed: UInt64 = 0,
    loss: (TrialResult) -> Double
  ) -> [ParameterImportance] {
    let trials = trials.filter { $0.config.quantize.algorithm != .rtn && loss($0).isFinite }
    return SizeGrouping.sizes(of: trials.map(\.bitsPerWeight)).flatMap { size in
      let members = size.map { trials[$0] }
      let losses = members.map(loss)
      return settings.compactMap { setting in
        ParameterImportance(setting, members, losses, standings, seed)
      }.sorted { $0.share > $1.share }
    }
  }

  private init?(
    _ setting: TrialSetting, _ trials: [TrialResult], _ losses: [Double],
    _ standings: Standings, _ seed: UInt64
  ) {
    let values = trials.map { setting.value($0.config) }
    let levels = Self.levels(values)
    let count = (levels.max() ?? 0) + 1
    guard count > 1, trials.count > count, let first = trials.first, let last = trials.last,
      let share = Self.share(losses, levels, count)
    else { return nil }
    self.setting = setting
    self.trials = trials.count
    self.share = share
    bitsPerWeight = first.bitsPerWeight...last.bitsPerWeight
    let means = Self.means(losses, levels, count)
    let lowest = means.indices.min { means[$0] < means[$1] } ?? 0
    best = values[levels.firstIndex(of: lowest) ?? 0]
    var random = SplitMix64(seed: seed)
    var shuffled = losses
    var chance: [Double] = []
    for _ in 0..<Self.permutations {
      shuffled.shuffle(using: &random)
      chance.append(Self.share(shuffled, levels, count) ?? 0)
    }
    noise = chance.sorted()[Self.permutations * 95 / 100]
    let judgements = standings.judgements(of: setting, within: bitsPerWeight)
    isBeyondNoise =
      judgements.isEmpty ? share > noise : judgements.contains { !$0.losers.isEmpty }
  }

  /// The level of each value: its rank among the distinct ones, or its fifth of the trials.
  private static func levels(_ values: [JSONValue]) -> [Int] {
    var distinct: [JSONValue] = []
    for value in values where !distinct.contains(where: { $0.equals(value) }) {
      distinct.append(value)
    }
    let numbers = values.compactMap(\.number)
    guard distinct.count > groups, distinct.count * 2 > values.count,
      numbers.count == values.count
    else {
      distinct.sort { ($0.number ?? 0, "\($0)") < ($1.number ?? 0, "\($1)") }
      return values.map { value in distinct.firstIndex { $0.equals(value) } ?? 0 }
    }
    let order = numbers.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }
    var levels = [Int](repeating: 0, count: numbers.count)
    for (rank, index) in order.enumerated() { levels[index] = rank * groups / numbers.count }
    return levels
  }

  private static func means(_ losses: [Double], _ levels: [Int], _ count: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: count)
    var counts = [Double](repeating: 0, count: count)
    for (loss, level) in zip(losses, levels) {
      sums[level] += loss
      counts[level] += 1
    }
    return zip(sums, counts).map { $0 / max($1, 1) }
  }

  private static func share(_ losses: [Double], _ levels: [Int], _ count: Int) -> Double? {
    let mean = losses.reduce(0, +) / Double(losses.count)
    let total = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard total > 0 else { return nil }
    let means = means(losses, levels, count)
    let between = levels.reduce(0.0) { $0 + (means[$1] - mean) * (means[$1] - mean) }
    return between / total
  }
}
