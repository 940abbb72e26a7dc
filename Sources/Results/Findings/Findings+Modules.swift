import GPTQ

extension ModuleResult {
  /// `layers.3.mlp.down_proj`.
  public var path: String { "layers.\(layer).\(module)" }
}

extension Findings {
  /// Held-out over calibration error of the GPTQ trials, beside round-to-nearest's.
  static func overfitting(_ results: StudyResults) -> [Finding] {
    var gaps: [(trial: Int, gap: Double)] = []
    var rtnGaps: [Double] = []
    for trial in results.trials
    where !trial.isRTN && trial.state == .complete && trial.draw == 0
      && trial.config.packer == .exact
    {
      if let gap = ratio(trial.mean(\.relativeErrorHeldout), trial.mean(\.relativeErrorCalibration))
      {
        gaps.append((trial.number, gap))
      }
      if let gap = ratio(
        trial.mean(\.rtnRelativeErrorHeldout), trial.mean(\.rtnRelativeErrorCalibration))
      {
        rtnGaps.append(gap)
      }
    }
    guard let widest = gaps.max(by: { $0.gap < $1.gap }) else { return [] }
    return [
      .overfitting(
        OverfittingGap(
          median: median(gaps.map(\.gap)), rtnMedian: median(rtnGaps), widest: widest.trial,
          widestGap: widest.gap))
    ]
  }

  /// Solves that took another path than the one asked for.
  static func rescues(_ results: StudyResults) -> [Finding] {
    var counts: [SolverPath: Int] = [:]
    var solves = 0
    var order: [String] = []
    var trials: [String: [Int]] = [:]
    for trial in results.trials.sorted(by: { $0.number < $1.number })
    where !trial.isRTN && trial.draw == 0 {
      solves += trial.modules.count
      for module in trial.rescued {
        counts[module.solverPath, default: 0] += 1
        if trials[module.path] == nil { order.append(module.path) }
        trials[module.path, default: []].append(trial.number)
      }
    }
    guard !counts.isEmpty else { return [] }
    let places = order.enumerated().sorted {
      (-(trials[$0.element]?.count ?? 0), $0.offset) < (
        -(trials[$1.element]?.count ?? 0), $1.offset
      )
    }.map { RescueSummary.Place(module: $0.element, trials: trials[$0.element] ?? []) }
    return [.rescued(RescueSummary(counts: counts, solves: solves, places: places))]
  }

  private static func ratio(_ numerator: Double?, _ denominator: Double?) -> Double? {
    guard let numerator, let denominator, numerator.isFinite, denominator.isFinite, denominator > 0
    else { return nil }
    return numerator / denominator
  }

  /// The middle of `values`; NaN of none.
  private static func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
      ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}
