/// How a difference is judged, and its causes ranked.
public struct CauseRanking: Sendable, Equatable {
  /// What the difference comes to.
  public let verdict: DiagnosisVerdict
  /// The metric that causes are ranked by: nll, or KL divergence where nll cannot tell.
  public let metric: DiagnosisMetric
  /// What a difference must exceed, nats per token.
  public let floor: Double

  /// Judges the difference suspect − baseline; `kld` are their divergences from the base.
  public init(nll: Estimate, kld: Estimate, divergences: (suspect: Double, baseline: Double)) {
    let kldFloor = FloatNoise.kldShare * max(divergences.suspect, divergences.baseline)
    // Without any scatter, or from one window whose scores are equal.
    let isSame = [nll, kld].allSatisfy { $0.value == 0 && !($0.stderr > 0) }
    if isSame {
      (verdict, metric, floor) = (.identical, .nll, FloatNoise.nll)
    } else if nll.isBeyondNoise(floor: FloatNoise.nll) {
      verdict = nll.value > 0 ? .regression : .improvement
      (metric, floor) = (.nll, FloatNoise.nll)
    } else if kld.isBeyondNoise(floor: kldFloor) {
      verdict = kld.value > 0 ? .fartherFromBase : .nearerToBase
      (metric, floor) = (.kld, kldFloor)
    } else {
      (verdict, metric, floor) = (.noise, .nll, FloatNoise.nll)
    }
  }

  /// Orders causes by how much of the difference is theirs: those that push the way of the
  /// difference first, the strongest of them at the top.
  public func rank(_ causes: [Cause], difference: Double) -> [Cause] {
    let sign = difference < 0 ? -1.0 : 1.0
    return causes.enumerated().map { index, cause in
      var cause = cause
      let value = cause.value(metric)
      cause.share = difference == 0 ? 0 : value.value / difference
      cause.isBeyondNoise = value.isBeyondNoise(floor: floor)
      return (index, cause)
    }.sorted { left, right in
      let (a, b) = (sign * left.1.value(metric).value, sign * right.1.value(metric).value)
      return a != b ? a > b : left.0 < right.0
    }.map(\.1)
  }
}
