import GPTQ
import Model
import Results

/// What a sweep file asks for, counted before it starts. Under `bayes`, and where trials may be
/// stopped or tie in size, the counts are upper bounds.
public struct SweepEstimate: Sendable, Equatable {
  /// Rounds of the search.
  public var rounds: Int
  /// Passes over the model: the rounds, one for confirmations, one for repeats.
  public var passes: Int
  /// Trials of the search.
  public var trials: Int
  /// Round-to-nearest companions.
  public var companions: Int
  /// Sizes, within ±3 % of bits_per_weight.
  public var sizes: Int
  /// Trials run again with `propagation: quantized`.
  public var confirmations: Int
  /// Trials run again on other calibration draws.
  public var repeats: Int

  /// Whether there may be fewer of them.
  public var isUpperBound: Bool
  /// All trials.
  public var total: Int { trials + companions + confirmations + repeats }

  /// Counts `file` on a model of `config`'s shapes.
  public init(_ file: SweepFile, on config: ModelConfig) {
    let isOpen = file.search.method == .bayes
    let planned = isOpen ? file.search.sample(1000) : file.trials
    isUpperBound = isOpen || file.earlyTermination != nil
    rounds = file.search.rounds
    trials = isOpen ? file.search.runCap ?? 0 : planned.count
    companions = min(trials, TrialPlan(planned).trials.count - planned.count)
    let all = TrialPlan(planned).trials.map(\.config)
    let groups = SizeGrouping.sizes(of: all.map(config.bitsPerWeight(of:))).map { size in
      size.map { all[$0] }.filter { $0.quantize.algorithm != .rtn }
    }
    let screened = groups.map { group in group.count { $0.propagation == .shared } }
    sizes = groups.count
    let most = { (count: Int) in
      isOpen && count > 0 ? file.confirm : min(count, file.confirm)
    }
    confirmations = screened.map(most).reduce(0, +)
    repeats = groups.count { !$0.isEmpty } * file.draws
    passes = rounds + (confirmations > 0 ? 1 : 0) + (repeats > 0 ? 1 : 0)
  }
}
