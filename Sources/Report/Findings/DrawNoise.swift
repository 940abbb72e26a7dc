import Analysis
import Sweep

/// How much the draw of the calibration set alone moves a trial: the same settings, solved on other
/// tokens of the same kind.
public struct DrawNoise: Sendable, Equatable {
  /// The trial that was repeated.
  public let trial: Int
  /// Its repeats, by draw.
  public let repeats: [Int]
  /// Its bits a weight.
  public let bitsPerWeight: Double
  /// The lowest and the highest perplexity on the main domain, its own among them.
  public let perplexities: ClosedRange<Double>
  /// Highest minus lowest, nats a token: no smaller difference of this size is called one.
  public let spread: Double

  init?(_ trial: TrialResult, repeats: [TrialResult], in results: StudyResults) {
    let evaluations = ([trial] + repeats).compactMap { results.mainEvaluation($0) }
    let values = evaluations.map(\.nllPerToken).filter(\.isFinite)
    let perplexities = evaluations.map(\.perplexity).filter(\.isFinite)
    guard values.count > 1, let low = values.min(), let high = values.max(),
      let least = perplexities.min(), let most = perplexities.max()
    else { return nil }
    self.trial = trial.number
    self.repeats = repeats.map(\.number)
    bitsPerWeight = trial.bitsPerWeight
    self.perplexities = least...most
    spread = high - low
  }
}

extension StudyResults {
  /// The trials that were repeated on other calibration draws, smallest first.
  public var drawNoises: [DrawNoise] {
    let repeats = trials.filter { $0.draw > 0 && $0.state == .complete }
    var configs: [TrialConfig] = []
    for trial in repeats where !configs.contains(trial.config) { configs.append(trial.config) }
    // By way of the few repeated configs, since every comparison asks.
    return configs.compactMap { config in
      let same = repeats.filter { $0.config == config }.sorted { $0.draw < $1.draw }
      let own = trials.first { $0.draw == 0 && $0.state == .complete && $0.config == config }
      return own.flatMap { DrawNoise($0, repeats: same, in: self) }
    }.sorted { ($0.bitsPerWeight, $0.trial) < ($1.bitsPerWeight, $1.trial) }
  }

  /// The widest spread that the draw alone makes at the sizes of these trials; 0 where none is known.
  func drawSpread(_ trials: TrialResult...) -> Double {
    let reach = (1 + SizeGrouping.tolerance) / (1 - SizeGrouping.tolerance)
    return drawNoises.filter { noise in
      trials.contains {
        max($0.bitsPerWeight, noise.bitsPerWeight) <= min($0.bitsPerWeight, noise.bitsPerWeight)
          * reach
      }
    }.map(\.spread).max() ?? 0
  }
}
