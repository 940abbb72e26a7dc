import Compute

extension GPTQSolver {
  /// `algorithm: rtn` with `error_propagation`: the weight is moved, then rounded. Where H + λI has no
  /// factor, or the weight would move by more than itself, more damp as `rescue` allows; without any
  /// that serves, `companion`.
  func roundPropagated(
    _ meter: ReconstructionMeter, _ factors: inout HessianFactors, _ config: QuantizeConfig,
    companion: Solution
  ) -> Solution {
    let asked = Damping(dampPercent: config.dampPercent)
    var reason: RescueReason?
    for damping in [asked] + (config.rescue == .auto ? asked.stronger : []) {
      guard let factor = try? factors.factor(damping, .natural, corrects: false) else {
        reason = reason ?? .notPositiveDefinite
        continue
      }
      let target = factor.propagating(meter.weight, share: config.errorPropagation, engine)
      let search = config.gridSearch(factors.hessian, diagonal: factors.diagonal)
      let rounded = roundToNearest(meter, config: config, search: search, target: target)
      var solved = measuringPropagation(
        refined(rounded, meter, target: target, hessian: factors.hessian, config), meter, target,
        share: config.errorPropagation)
      solved.dampPercentUsed = damping.dampPercent
      solved.rescueReason = reason
      guard let move = solved.propagated?.squaredMove, move.isFinite else {
        reason = reason ?? .notPositiveDefinite
        continue
      }
      if config.rescue == .off || move <= meter.squaredWeight { return solved }
      reason = reason ?? .weightsExploded
    }
    var failed = companion
    failed.rescueReason = reason
    if config.rescue == .off { failed.path = .failed }
    return failed
  }
}
