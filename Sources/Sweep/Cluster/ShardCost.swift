import GPTQ
import Model
import Results

/// The work of a pass over some of a sweep's trials, as trials are added to it: what trials share is
/// counted once for each pass, and so once more for each task that they are spread over.
///
/// Shared are the base's own tokens, with their Hessians where a trial is solved on them; a factor
/// among trials of one damp and column order; the round-to-nearest companion of a grid.
struct ShardCost {
  /// What one trial brings, and what it has in common with others.
  struct Item {
    let number: Int
    /// Operations of its own, its factor and companion aside.
    let own: Double
    let usesBase: Bool
    /// The factor that it is solved with; nil where that is its own, or it has none.
    let factor: String?
    /// The grid whose companion is measured beside it; nil where it brings its own.
    let grid: TrialConfig?
  }

  /// The operations of things that are shared, on one model and its tokens.
  struct Rates {
    /// The base's pass without calibration tokens.
    let base: Double
    /// What its calibration tokens add.
    let calibration: Double
    /// All factors of one damp and column order.
    let factor: Double
    /// All companions of one grid.
    let companion: Double
  }

  private let rates: Rates
  private var items = 0
  private var own = 0.0
  private var sharers = 0
  private var factors: [String: Int] = [:]
  private var grids: [TrialConfig: Int] = [:]

  init(_ rates: Rates) { self.rates = rates }

  /// Operations; 0 without trials.
  var total: Double {
    guard items > 0 else { return 0 }
    return rates.base + own + (sharers > 0 ? rates.calibration : 0)
      + rates.factor * Double(factors.count) + rates.companion * Double(grids.count)
  }

  /// The same pass with `item`, too.
  func adding(_ item: Item) -> ShardCost { changed(item, by: 1) }

  /// The same pass without `item`.
  func removing(_ item: Item) -> ShardCost { changed(item, by: -1) }

  private func changed(_ item: Item, by count: Int) -> ShardCost {
    var cost = self
    cost.items += count
    cost.own = max(0, own + Double(count) * item.own)
    if item.usesBase { cost.sharers += count }
    if let factor = item.factor { Self.count(factor, by: count, in: &cost.factors) }
    if let grid = item.grid { Self.count(grid, by: count, in: &cost.grids) }
    return cost
  }

  private static func count<Key>(_ key: Key, by count: Int, in counts: inout [Key: Int]) {
    let left = counts[key, default: 0] + count
    counts[key] = left > 0 ? left : nil
  }
}

extension ShardCost.Rates {
  /// The rates on a model of `config`, with windows of these numbers of tokens.
  init(_ config: ModelConfig, calibration windows: [Int], evaluation domains: [[Int]]) {
    let evaluation = PassCost.Load(windows: domains.joined())
    func cost(_ calibration: PassCost.Load) -> Double {
      PassCost(config: config, calibration: calibration, evaluation: evaluation, trials: []).total
    }
    base = cost(PassCost.Load())
    calibration = cost(PassCost.Load(windows: windows)) - base
    // Without tokens a trial is its solves. A companion takes two products of a weight with H, the
    // column loop as much as one, a held-out error one more.
    func solve(_ algorithm: QuantizeConfig.Algorithm) -> Double {
      var trial = TrialConfig()
      trial.quantize.algorithm = algorithm
      trial.propagation = .shared
      let none = PassCost.Load()
      return PassCost(
        config: config, calibration: none, evaluation: none,
        trials: [PassCost.Member(number: 0, config: trial, own: none)]
      ).total
    }
    let products = solve(.rtn)
    factor = solve(.gptq) - products / 2
    companion = evaluation.tokens > 0 ? 1.5 * products : products
  }
}

extension ShardCost.Item {
  /// What `trial` brings to a pass whose rates are `rates`.
  init(
    _ trial: TrialResult, _ config: ModelConfig, calibration windows: [Int],
    evaluation domains: [[Int]], rates: ShardCost.Rates
  ) {
    let isOwn = trial.config.propagation == .quantized
    let isSolved = !trial.isRTN
    let load = isOwn ? PassCost.Load(windows: windows) : PassCost.Load()
    let all = PassCost(
      config: config, calibration: PassCost.Load(),
      evaluation: PassCost.Load(windows: domains.joined()),
      trials: [PassCost.Member(number: trial.number, config: trial.config, own: load)]
    ).total
    number = trial.number
    usesBase = !isOwn || trial.config.quantize.usesShift
    let quantize = trial.config.quantize
    factor = isSolved && !isOwn ? "\(quantize.dampPercent) \(ColumnOrder(quantize))" : nil
    grid = isOwn ? nil : trial.config.companion
    own = all - rates.base - (factor != nil ? rates.factor : 0) - (isSolved ? 0 : rates.companion)
  }
}
