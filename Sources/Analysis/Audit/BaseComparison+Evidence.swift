import Compute
import Foundation

// What the comparison is evidence of.
extension BaseComparison {
  /// ln of the evidence that codes wrapped: more of them than drift with a heavy tail, and than the
  /// opposite error, would bring about.
  func overflowEvidence(bits: Int) -> Double {
    let jump = 0.75 * Double(1 << bits)
    let chance = Double(topTargets) * heavyTail(jump / max(drift, 1e-3)) + Double(reversed)
    return rareEventEvidence(count: wrapped.count, expected: chance)
  }

  /// ln of the evidence that codes were replaced by others: more of them far from their targets than
  /// t₅ of their column's deviation gives; and how many.
  var corruptionEvidence: (logBayesFactor: Double, codes: Int) {
    guard !hasCoarseScales else { return (0, 0) }
    var best = (logBayesFactor: 0.0, codes: 0)
    for (distance, count) in zip(BaseStatistics.farDistances, far) {
      let evidence =
        rareEventEvidence(count: count, expected: Double(judged) * scaleTail(distance))
        - log(Double(far.count))
      if evidence > best.logBayesFactor { best = (evidence, count) }
    }
    return best
  }

  /// ln of the evidence that part of the zero points are one off: more groups whose codes lean by
  /// about a step than the scatter of the others explains.
  var shiftedGroupEvidence: (logBayesFactor: Double, groups: Int) {
    let values = groupBias.map(Double.init)
    let center = median(values)
    let deviation = max(robustDeviation(values.map { $0 - center }), 0.02)
    let far = values.count { abs($0 - center) > 0.6 && abs($0) > 0.6 && abs($0) < 1.5 }
    let chance = Double(values.count) * heavyTail(0.6 / deviation)
    return (rareEventEvidence(count: far, expected: chance), far)
  }
}
