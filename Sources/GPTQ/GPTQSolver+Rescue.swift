import Compute
import Tensor

extension GPTQSolver {
  /// `rescue: off`: float32, the damp asked for; nil if H + λI has no usable factor.
  func solveDirectly(
    _ meter: ReconstructionMeter, _ factors: inout HessianFactors, _ config: QuantizeConfig
  ) -> SolvedLinear? {
    let damping = Damping(dampPercent: config.dampPercent)
    guard
      let factor = try? factors.factor(damping, ColumnOrder(config), engine: engine),
      factor.isFinite
    else { return nil }
    return accept(solve(meter, factor: factor, config: config))
  }

  /// `rescue: auto`: where float32 cannot factorise, Double; where that fails too, or where the
  /// result is not to be trusted, more damp; and where no damp helps, round-to-nearest.
  func rescue(
    _ meter: ReconstructionMeter, _ factors: inout HessianFactors, _ config: QuantizeConfig,
    companion: SolvedLinear
  ) -> SolvedLinear {
    let damping = Damping(dampPercent: config.dampPercent)
    let order = ColumnOrder(config)
    var reason = RescueReason.notPositiveDefinite

    if let solved = solveDirectly(meter, &factors, config) {
      guard let objection = objection(to: solved, meter, companion) else { return solved }
      reason = objection
    } else if let factor = try? factors.doubleFactor(damping, order, engine: engine),
      factor.isFinite
    {
      let solved = solve(meter, factor: factor, config: config, path: .double)
      if objection(to: solved, meter, companion) == nil { return solved.rescued(from: reason) }
    }
    for stronger in damping.stronger {
      var attempt = config
      attempt.dampPercent = stronger.dampPercent
      guard var solved = solveDirectly(meter, &factors, attempt) else { continue }
      solved.path = .damped
      if objection(to: solved, meter, companion) == nil { return solved.rescued(from: reason) }
    }
    return companion.rescued(from: reason)
  }

  /// Why `solved` is not to be trusted, although its factorisation succeeded. Weights of dead
  /// columns are gone on purpose and do not count.
  private func objection(
    to solved: SolvedLinear, _ meter: ReconstructionMeter, _ companion: SolvedLinear
  ) -> RescueReason? {
    var cleared = 0.0
    for column in solved.deadColumns {
      for row in 0..<meter.weight.rows {
        cleared += Double(meter.weight[row, column]) * Double(meter.weight[row, column])
      }
    }
    let limit = Self.explosionFactor * Self.explosionFactor
    if solved.error.squaredWeightError - cleared > limit * companion.error.squaredWeightError {
      return .weightsExploded
    }
    // Where H is diagonal the two are the same, up to the noise of float32.
    return solved.error.squaredError > 1.001 * companion.error.squaredError ? .worseThanRTN : nil
  }

  /// nil for a solve whose numbers overflowed on the way.
  private func accept(_ solved: SolvedLinear) -> SolvedLinear? {
    solved.losses?.isFinite == true ? solved : nil
  }
}

extension SolvedLinear {
  fileprivate func rescued(from reason: RescueReason) -> SolvedLinear {
    var solved = self
    solved.rescueReason = reason
    return solved
  }
}
