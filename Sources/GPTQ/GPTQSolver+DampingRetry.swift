import Compute

extension GPTQSolver {
  /// `rescue: off`: float32, the damp asked for; nil if H + λI has no usable factor.
  func solveDirectly(
    _ meter: ReconstructionMeter, _ factors: inout HessianFactors, _ config: QuantizeConfig
  ) -> Solution? {
    let damping = Damping(dampPercent: config.dampPercent)
    let corrects = config.algorithm == .gptaq
    guard let factor = try? factors.factor(damping, ColumnOrder(config), corrects: corrects)
    else { return nil }
    return accept(solve(meter, factor: factor, config: config))
  }

  /// `rescue: auto`: where float32 cannot factorise, Double; where that fails too, or where the
  /// result is not to be trusted, more damp; and where no damp helps, round-to-nearest.
  func rescue(
    _ meter: ReconstructionMeter, _ factors: inout HessianFactors, _ config: QuantizeConfig,
    companion: Solution
  ) -> Solution {
    let damping = Damping(dampPercent: config.dampPercent)
    let order = ColumnOrder(config)
    var reason = RescueReason.notPositiveDefinite

    if let solved = solveDirectly(meter, &factors, config) {
      guard let rejection = rejectionReason(of: solved, config, meter, factors, companion) else {
        return solved
      }
      reason = rejection
    } else if let factor = try? factors.factor(
      damping, order, .float64, corrects: config.algorithm == .gptaq)
    {
      let solved = solve(meter, factor: factor, config: config, path: .double)
      if rejectionReason(of: solved, config, meter, factors, companion) == nil {
        return solved.rescued(from: reason)
      }
    }
    for stronger in damping.stronger {
      var attempt = config
      attempt.dampPercent = stronger.dampPercent
      guard var solved = solveDirectly(meter, &factors, attempt) else { continue }
      solved.path = .damped
      if rejectionReason(of: solved, config, meter, factors, companion) == nil {
        return solved.rescued(from: reason)
      }
    }
    return companion.rescued(from: reason)
  }

  /// Why `solved` is not to be trusted, although its factorisation succeeded. Weights of dead
  /// columns are gone on purpose and do not count.
  ///
  /// What GPTAQ and error_propagation lower is the distance to the base model's output, ‖W·X₀ − Wq·X‖² (times 2/T)
  /// = tr(ΔW H ΔWᵀ) + 2·tr(W D ΔWᵀ) + a part that no Wq changes; so that is what it is judged by.
  private func rejectionReason(
    of solved: Solution, _ config: QuantizeConfig, _ meter: ReconstructionMeter,
    _ factors: HessianFactors, _ companion: Solution
  ) -> RescueReason? {
    var cleared = 0.0
    if !solved.deadColumns.isEmpty {
      var live = meter.weight
      engine.clearColumns(&live, solved.deadColumns)
      cleared = engine.squaredDistance(meter.weight, live)
    }
    let limit = Self.explosionFactor * Self.explosionFactor
    // Where the weight was moved first, its codes are held against where it was moved to.
    let distance = solved.propagated?.squaredWeightError ?? solved.error.squaredWeightError
    if distance - cleared > limit * companion.error.squaredWeightError { return .weightsExploded }
    if let move = solved.propagated?.squaredMove, move > meter.squaredWeight {
      return .weightsExploded
    }
    // Where H is diagonal the two are the same, up to the noise of float32.
    var excess = solved.error.squaredError - 1.001 * companion.error.squaredError
    if let shift = factors.shift, config.usesShift {
      let moved = engine.multiply(meter.weight, transposingA: false, shift, transposingB: false)
      excess +=
        2
        * (engine.dot(moved, meter.difference(to: solved.linear.dequantized()))
          - engine.dot(moved, meter.difference(to: companion.linear.dequantized())))
    }
    return excess > 0 ? .worseThanRTN : nil
  }

  /// nil for a solve whose numbers overflowed on the way.
  private func accept(_ solved: Solution) -> Solution? {
    solved.losses?.isFinite == true ? solved : nil
  }
}

extension Solution {
  fileprivate func rescued(from reason: RescueReason) -> Solution {
    var solved = self
    solved.rescueReason = reason
    return solved
  }
}

extension Damping {
  /// The dampings that `rescue: auto` tries next: tenfold steps from at least 0.001 up to 1.
  public var stronger: [Damping] {
    var steps: [Damping] = []
    var next = max(10 * dampPercent, 0.001)
    while next <= 1 {
      steps.append(Damping(dampPercent: next))
      next *= 10
    }
    return steps
  }
}
