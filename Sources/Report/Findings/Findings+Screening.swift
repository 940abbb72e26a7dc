import Sweep

/// Whether the cheap pass on the base's activations picked, at one size, what is best on a trial's
/// own activations.
public struct ScreeningVerdict: Sendable, Equatable {
  /// How many trials were confirmed.
  public let confirmed: Int
  /// The trial that was best in screening.
  public let screened: Int
  /// The best confirmed trial.
  public let best: Int
  /// The best confirmed trial against the confirmation of `screened`; nil where they are the same.
  public let comparison: Comparison?
}

extension Findings {
  /// The confirmed trials of each size against their screening.
  static func screening(_ results: StudyResults) -> [Finding] {
    let ranked = results.ranked
    let perplexity = { (trial: TrialResult) in
      (results.mainEvaluation(trial)?.perplexity ?? .infinity, trial.number)
    }
    let sizes = SizeGrouping.sizes(of: ranked.map(\.bitsPerWeight))
    let verdicts = sizes.compactMap { size -> ScreeningVerdict? in
      let pairs = size.map { ranked[$0] }.filter { $0.role == .confirm }
        .compactMap { confirmed -> (screened: TrialResult, confirmed: TrialResult)? in
          var shared = confirmed.config
          shared.propagation = .shared
          return ranked.first { $0.config == shared }.map { ($0, confirmed) }
        }
      guard pairs.count > 1,
        let first = pairs.min(by: { perplexity($0.screened) < perplexity($1.screened) }),
        let best = pairs.min(by: { perplexity($0.confirmed) < perplexity($1.confirmed) })
      else { return nil }
      let isSame = first.confirmed.number == best.confirmed.number
      return ScreeningVerdict(
        confirmed: pairs.count, screened: first.screened.number, best: best.confirmed.number,
        comparison: isSame ? nil : results.compare(best.confirmed, first.confirmed))
    }
    return verdicts.isEmpty ? [] : [.screening(verdicts)]
  }
}
