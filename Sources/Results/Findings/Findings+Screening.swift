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
  static func screening(_ standings: Standings) -> [Finding] {
    let ranked = standings.results.ranked
    let sizes = SizeGrouping.sizes(of: ranked.map(\.bitsPerWeight))
    let verdicts = sizes.compactMap { size -> ScreeningVerdict? in
      let pairs = size.map { ranked[$0] }.filter { $0.role == .confirm }
        .compactMap { confirmed -> (screened: TrialResult, confirmed: TrialResult)? in
          var shared = confirmed.config
          shared.propagation = .shared
          return ranked.first { $0.config == shared }.map { ($0, confirmed) }
        }
      guard pairs.count > 1,
        let screened = standings.choice(among: pairs.map(\.screened)),
        let first = pairs.first(where: { $0.screened.number == screened.number }),
        let confirmed = standings.choice(among: pairs.map(\.confirmed)),
        let best = pairs.first(where: { $0.confirmed.number == confirmed.number })
      else { return nil }
      let isSame = first.confirmed.number == best.confirmed.number
      return ScreeningVerdict(
        confirmed: pairs.count, screened: first.screened.number, best: best.confirmed.number,
        comparison: isSame
          ? nil
          : standings.judge(
            best.confirmed, first.confirmed, comparisons: pairs.count))
    }
    return verdicts.isEmpty ? [] : [.screening(verdicts)]
  }
}
