import Analysis

/// The one rule by which a trial is chosen among others of its size.
///
/// Of those that tie with the lowest perplexity the one of the lowest KL divergence; of those that tie
/// in that, too, GPTQ before round-to-nearest, then the smaller file, then the simpler recipe. A trial
/// that was chosen and repeated on other calibration draws stays the choice until another one is
/// better beyond noise.
extension Standings {
  /// The choice among `candidates`; nil of none.
  public func choice(among candidates: [TrialResult]) -> TrialResult? {
    let known = candidates.filter(isRepeated)
    guard let best = elect(known.isEmpty ? candidates : known) else { return nil }
    guard !known.isEmpty else { return best }
    return elect(candidates.filter { isBetter($0, best, of: candidates.count) }) ?? best
  }

  /// The `count` first choices among `candidates`, each made without those before it.
  public func choices(_ count: Int, among candidates: [TrialResult]) -> [TrialResult] {
    var left = candidates
    var chosen: [TrialResult] = []
    while chosen.count < count, let next = choice(among: left) {
      chosen.append(next)
      left.removeAll { $0.number == next.number }
    }
    return chosen
  }

  /// How `trial` is worse than `best`, in the first criterion in which it is beyond noise; nil where
  /// the two tie. `count` trials are compared with each other.
  public func loss(of trial: TrialResult, to best: TrialResult, of count: Int) -> Comparison? {
    criteria.lazy.compactMap { judge(trial, best, $0, of: count) }.first { $0.verdict == .worse }
  }

  /// The first against the second, one of so many `comparisons`, in the first criterion in which they
  /// differ beyond noise; in the very first where they tie in all. Nil where either was not scored.
  public func judge(
    _ first: TrialResult, _ second: TrialResult, comparisons: Int
  ) -> Comparison? {
    let all = criteria.compactMap {
      compare(first, second, $0, comparisons: max(1, comparisons) * criteria.count)
    }
    return all.first { $0.verdict != .tie } ?? all.first
  }

  /// Compares two of `count` trials. A best that was repeated was measured after it was chosen: the
  /// others are compared with it alone. Otherwise any two could have been the ones compared.
  private func judge(
    _ trial: TrialResult, _ best: TrialResult, _ metric: DiagnosisMetric, of count: Int
  ) -> Comparison? {
    let pairs = isRepeated(best) ? count - 1 : count * (count - 1) / 2
    // Two claims each: worse breaks a tie, better makes another one the best.
    return compare(trial, best, metric, comparisons: max(1, 2 * pairs * criteria.count))
  }

  private func isBetter(_ trial: TrialResult, _ best: TrialResult, of count: Int) -> Bool {
    for metric in criteria {
      switch judge(trial, best, metric, of: count)?.verdict {
      case .better: return true
      case .worse: return false
      case .tie, nil: continue
      }
    }
    return false
  }

  /// The rule itself. A choice must be made and claims nothing: each pair is compared for itself.
  private func elect(_ candidates: [TrialResult]) -> TrialResult? {
    var left = candidates
    for metric in criteria {
      let values = left.map { ($0, value($0, metric)) }.filter { !$0.1.isNaN }
      guard let first = values.min(by: { ($0.1, $0.0.number) < ($1.1, $1.0.number) })?.0
      else { continue }
      left = left.filter { trial in
        trial.number == first.number
          || compare(trial, first, metric)?.verdict == .tie
      }
    }
    let solved = left.filter { !$0.isRTN }
    return (solved.isEmpty ? left : solved).min {
      ($0.sizeBytes, $0.config.specialties, $0.number)
        < ($1.sizeBytes, $1.config.specialties, $1.number)
    }
  }
}

extension TrialConfig {
  /// How many settings besides the grid are not as usual: a simpler recipe has fewer.
  var specialties: Int {
    Self.columns.count { !Self.ofGrid.contains($0) && !$0.isUsual(self) }
  }
}
